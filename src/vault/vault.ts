/**
 * Owns secrets at rest: each is sealed with AES-256-GCM under the master key, bound to its row, owner and purpose.
 * Promises that a secret leaves only through `open`, and that a wrong master key is noticed at start.
 * Deliberately does not hash: what is only compared (keys, sessions, passwords) belongs to identity and is never sealed.
 */
import { newId, randomBytes } from '../lib/ids.ts'
import type { Store, Tx } from '../store/store.ts'
import { open, seal } from './envelope.ts'
import { deleteSecret, findInstanceSecret, findSecret, insertSecret, type SecretRow } from './queries.ts'

export { CannotOpen } from './envelope.ts'
export { masterKeyFromFile, parseMasterKey } from './master-key.ts'

export interface Vault {
  /** @returns the id to keep in the row that uses the secret. */
  seal(tx: Tx, owner: { userId: string; purpose: string }, plaintext: string): string
  open(id: string): Promise<string>
  remove(tx: Tx, id: string): void
}

export function createVault({ store, masterKey }: { store: Store; masterKey: Uint8Array }): Vault {
  return {
    seal(tx, { userId, purpose }, plaintext) {
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
    remove: deleteSecret,
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
