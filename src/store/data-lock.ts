import { Database } from 'bun:sqlite'
import { join } from 'node:path'

/**
 * The one-server-per-data-directory lock.
 * It is SQLite's own file lock on an otherwise empty file: the kernel holds it for the process and drops it with the process,
 * so a crash leaves none behind.
 */
export interface DataLock {
  release(): void
}

/** Null when another process holds it. */
export function takeDataLock(dataDir: string): DataLock | null {
  const file = new Database(join(dataDir, 'serve.lock'), { create: true })
  try {
    file.run('PRAGMA busy_timeout = 0')
    file.run('BEGIN EXCLUSIVE')
  } catch (error) {
    file.close()
    if ((error as { code?: string }).code === 'SQLITE_BUSY') return null
    throw error
  }
  return { release: () => file.close() }
}
