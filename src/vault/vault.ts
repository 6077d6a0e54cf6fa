/**
 * Owns secrets at rest: each is sealed with AES-256-GCM under the master key, bound to its row, owner and purpose.
 * Promises that a secret leaves only through `open`, and that a wrong master key is noticed at start.
 * Deliberately does not hash: what is only compared (keys, sessions, passwords) belongs to identity and is never sealed.
 */
import { newId, randomBytes } from '../lib/ids.ts'
import type { Store, Tx } from '../store/store.ts'
import { CannotOpen, open, seal } from './envelope.ts'
import {
  allSecrets,
  deleteSecret,
  findInstanceSecret,
  findSecret,
  insertSecret,
  resealSecret,
  type SecretRow,
} from './queries.ts'

export { CannotOpen } from './envelope.ts'
export {
  MASTER_KEY_FILE,
  masterKeyFromFile,
  masterKeyPutThere,
  newMasterKey,
  parseMasterKey,
  promoteNextKey,
  writeNextKey,
} from './master-key.ts'

export interface Vault {
  /** @returns the id to keep in the row that uses the secret. */
  seal(tx: Tx, owner: { userId: string; purpose: string }, plaintext: string): string
  open(id: string): Promise<string>
  /** Another content under the same id: for what is renewed without becoming another thing. */
  replace(tx: Tx, id: string, plaintext: string): void
  remove(tx: Tx, id: string): void
  /** Seals everything anew under another master key, all of it or nothing. @returns how many secrets. */
  reseal(tx: Tx, newKey: Uint8Array): number
}

export function createVault({ store, masterKey }: { store: Store; masterKey: Uint8Array }): Vault {
  // A rotation may have happened since this process read its key: what is sealed under the old one would be lost.
  function checkKey(): void {
    if (!fits(store, masterKey)) throw new CannotOpen('The master key was changed meanwhile. Run this again')
  }

  return {
    seal(tx, { userId, purpose }, plaintext) {
      checkKey()
      const id = newId()
      const row = { id, userId, purpose, createdAt: tx.now }
      insertSecret(tx, { ...row, sealed: seal(masterKey, Buffer.from(plaintext), context(row)) })
      return id
    },
    async open(id) {
      const row = findSecret(store.db, id)
      if (!row) throw new Error('A secret that is still referred to is gone from the vault')
      return open(masterKey, row.sealed, context(row)).toString()
    },
    replace(tx, id, plaintext) {
      checkKey()
      const row = findSecret(tx.db, id)
      if (!row) throw new Error('A secret that is to be replaced is gone from the vault')
      resealSecret(tx, id, seal(masterKey, Buffer.from(plaintext), context(row)))
    },
    remove: deleteSecret,
    reseal(tx, newKey) {
      const all = allSecrets(tx.db)
      for (const row of all)
        resealSecret(tx, row.id, seal(newKey, open(masterKey, row.sealed, context(row)), context(row)))
      return all.length
    },
  }
}

/** Whether this is the master key of this database; any key is, while there is nothing sealed. */
export function fits(store: Store, masterKey: Uint8Array): boolean {
  const [row] = allSecrets(store.db)
  try {
    if (row) open(masterKey, row.sealed, context(row))
    return true
  } catch (error) {
    if (error instanceof CannotOpen) return false
    throw error
  }
}

/**
 * A random key of the instance's own, made on first use and sealed by the master key, so that rotating the master key keeps it.
 * @throws CannotOpen when the master key is not the one of this data directory.
 */
export function instanceKey({ store, masterKey }: { store: Store; masterKey: Uint8Array }, purpose: string): Buffer {
  return store.transaction((tx) => {
    const row = findInstanceSecret(tx.db, purpose)
    if (row) return open(masterKey, row.sealed, context(row))
    const key = randomBytes(32)
    const fresh = { id: newId(), userId: null, purpose, createdAt: tx.now }
    insertSecret(tx, { ...fresh, sealed: seal(masterKey, key, context(fresh)) })
    return key
  })
}

const context = (row: Pick<SecretRow, 'id' | 'userId' | 'purpose'>): string =>
  `agentport/${row.purpose}/${row.userId ?? 'instance'}/${row.id}`
