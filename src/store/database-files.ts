import { Database } from 'bun:sqlite'
import { chmodSync, closeSync, copyFileSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { isEmptyDatabase, pendingMigrations } from './migrations.ts'

export const DATABASE_FILE = 'agentport.db'

/** Why a file cannot be restored from; null when it can. */
export function flawOfBackup(path: string): string | null {
  if (!existsSync(path)) return `There is no file ${path}.`
  let sqlite: Database | null = null
  try {
    sqlite = new Database(path, { readonly: true })
    const { integrity_check: verdict } = sqlite.query('PRAGMA integrity_check').get() as { integrity_check: string }
    if (verdict !== 'ok') return `${path} is damaged: ${verdict}.`
    if (isEmptyDatabase(sqlite)) return `${path} is no AgentPort database.`
    pendingMigrations(sqlite)
    return null
  } catch (error) {
    return `${path} cannot be restored: ${(error as Error).message}`
  } finally {
    sqlite?.close()
  }
}

/** Copies a backup into a folder, as the database of that folder. */
export function placeDatabase(from: string, dataDir: string): void {
  const path = join(dataDir, DATABASE_FILE)
  copyFileSync(from, path)
  chmodSync(path, 0o600)
}

/**
 * Puts the database of `readyDir` in the place of that of `dataDir`, in one rename, and keeps the old one.
 * Only while no server runs. @returns where the old one lies; null when there was none.
 */
export function swapDatabase(readyDir: string, dataDir: string, now: number): string | null {
  const current = join(dataDir, DATABASE_FILE)
  const kept = existsSync(current) ? join(dataDir, `agentport-before-restore-${now}.db`) : null
  if (kept) {
    copyWhole(current, kept)
    // Pages of the old database must not be replayed into the new one.
    for (const suffix of ['-wal', '-shm']) rmSync(current + suffix, { force: true })
  }
  syncToDisk(join(readyDir, DATABASE_FILE))
  renameSync(join(readyDir, DATABASE_FILE), current)
  syncToDisk(dataDir)
  return kept
}

/** With what still stands in its write-ahead log; a database too damaged to open is copied as it lies. */
function copyWhole(from: string, to: string): void {
  try {
    const sqlite = new Database(from)
    sqlite.run('PRAGMA wal_checkpoint(TRUNCATE)')
    sqlite.close()
  } catch {
    for (const suffix of ['-wal', '-shm']) if (existsSync(from + suffix)) copyFileSync(from + suffix, to + suffix)
  }
  copyFileSync(from, to)
  chmodSync(to, 0o600)
  syncToDisk(to)
}

function syncToDisk(path: string): void {
  const file = openSync(path, 'r')
  fsyncSync(file)
  closeSync(file)
}
