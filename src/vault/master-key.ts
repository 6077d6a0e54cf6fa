import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { randomBytes } from '../lib/ids.ts'

export const MASTER_KEY_FILE = 'master.key'
const KEY_BYTES = 32

/** @returns null when the text is not 32 bytes of base64. */
export function parseMasterKey(text: string): Buffer | null {
  const trimmed = text.trim()
  const key = Buffer.from(trimmed, 'base64')
  const same = (encoding: 'base64' | 'base64url') =>
    key.toString(encoding).replace(/=+$/, '') === trimmed.replace(/=+$/, '')
  return key.length === KEY_BYTES && (same('base64') || same('base64url')) ? key : null
}

/** The key in the data directory, made on first use with mode 0600. @throws when the file is there but holds no key. */
export function masterKeyFromFile(dataDir: string): Buffer {
  const path = join(dataDir, MASTER_KEY_FILE)
  if (!existsSync(path)) {
    // `wx` lets one of two first starts win; the other reads what the winner wrote.
    try {
      writeFileSync(path, `${randomBytes(KEY_BYTES).toString('base64')}\n`, { mode: 0o600, flag: 'wx' })
      chmodSync(path, 0o600)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
  }
  const key = parseMasterKey(readFileSync(path, 'utf8'))
  if (!key)
    throw new Error(
      `${path} does not hold a master key (base64 of 32 bytes). Put back the file that belongs to this data directory.`,
    )
  return key
}
