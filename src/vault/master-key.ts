import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { randomBytes } from '../lib/ids.ts'

export const MASTER_KEY_FILE = 'master.key'
/** During a rotation the new key lies beside the old one, until the database is known to be sealed under it. */
const NEXT_KEY_FILE = 'master.key.next'
const KEY_BYTES = 32

export const newMasterKey = (): Buffer => randomBytes(KEY_BYTES)

/** @returns null when the text is not 32 bytes of base64. */
export function parseMasterKey(text: string): Buffer | null {
  const trimmed = text.trim()
  const key = Buffer.from(trimmed, 'base64')
  const same = (encoding: 'base64' | 'base64url') =>
    key.toString(encoding).replace(/=+$/, '') === trimmed.replace(/=+$/, '')
  return key.length === KEY_BYTES && (same('base64') || same('base64url')) ? key : null
}

/**
 * The key in the data directory; made with mode 0600 when there is neither a key nor a database that would need one.
 * @param fits whether a key opens the database; it decides after a rotation that was cut off.
 * @param alone whether nobody else works on the data directory. Only then are key files put right: another process may be rotating.
 * @throws when the file is missing beside a database, or holds no key.
 */
export function masterKeyFromFile(dataDir: string, fits: (key: Buffer) => boolean, alone: boolean): Buffer {
  const path = join(dataDir, MASTER_KEY_FILE)
  const next = join(dataDir, NEXT_KEY_FILE)
  if (existsSync(next)) {
    const nextKey = readKey(next)
    const nextFits = fits(nextKey)
    if (alone && nextFits) promoteNextKey(dataDir)
    else if (alone) rmSync(next)
    else if (nextFits) return nextKey
  }
  if (!existsSync(path)) {
    const first = newMasterKey()
    if (!fits(first)) {
      throw new Error(
        `${path} is missing, and what is stored was sealed with it. Put it back, or set AGENTPORT_MASTER_KEY.`,
      )
    }
    writeKey(path, first)
  }
  return readKey(path)
}

/** The key that was put there by hand, for a database that is still to come. */
export function masterKeyPutThere(dataDir: string): Buffer | null {
  const path = join(dataDir, MASTER_KEY_FILE)
  return existsSync(path) ? readKey(path) : null
}

export function writeNextKey(dataDir: string, key: Uint8Array): void {
  rmSync(join(dataDir, NEXT_KEY_FILE), { force: true })
  writeKey(join(dataDir, NEXT_KEY_FILE), key)
}

export function promoteNextKey(dataDir: string): void {
  renameSync(join(dataDir, NEXT_KEY_FILE), join(dataDir, MASTER_KEY_FILE))
  syncToDisk(dataDir)
}

/** On disk before it is used: a key that power loss takes would take all secrets with it. */
function writeKey(path: string, key: Uint8Array): void {
  try {
    // `wx` lets one of two first starts win; the other reads what the winner wrote.
    writeFileSync(path, `${Buffer.from(key).toString('base64')}\n`, { mode: 0o600, flag: 'wx' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  syncToDisk(path)
  syncToDisk(dirname(path))
}

function syncToDisk(path: string): void {
  const file = openSync(path, 'r')
  fsyncSync(file)
  closeSync(file)
}

function readKey(path: string): Buffer {
  const key = parseMasterKey(readFileSync(path, 'utf8'))
  if (!key) {
    throw new Error(
      `${path} does not hold a master key (base64 of 32 bytes). Put back the file that belongs to this data directory.`,
    )
  }
  return key
}
