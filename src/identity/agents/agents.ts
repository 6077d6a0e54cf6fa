/**
 * Owns the agents' credentials: API keys, kept as SHA-256.
 * Promises that identity is resolved afresh at each request, and that a revocation is felt at once, inside its own transaction.
 * Deliberately grants nothing beyond a name: what a principal may do is policy's to say.
 */
import type { Actor, Audit } from '../../audit/audit.ts'
import { AppError } from '../../lib/errors.ts'
import { sha256Hex } from '../../lib/hashes.ts'
import { newId, newSecret } from '../../lib/ids.ts'
import type { Store, Tx } from '../../store/store.ts'
import { type ApiKeyRow, insertKey, keyQueries, keysOf, revokeKey, touchKey } from './queries.ts'

/** Whoever calls, always of one user. */
export interface Principal {
  id: string
  kind: 'api_key'
  userId: string
  name: string
}

export interface ApiKey {
  id: string
  name: string
  prefix: string
  createdAt: number
  lastUsedAt: number | null
  lastUsedFrom: string | null
  revokedAt: number | null
}

export interface Agents {
  /** @returns the key itself, which is shown once and never again. @throws AppError bad_request */
  createKey(userId: string, name: string, actor: Actor): Promise<{ id: string; key: string }>
  keys(userId: string): Promise<ApiKey[]>
  /** @throws AppError not_found when there is no such live key. */
  revokeKey(userId: string, id: string, actor: Actor): Promise<void>
  /** Whose credential this is now; null when it is nobody's. */
  resolve(credential: string, from: string | null): Promise<Principal | null>
  /** Synchronous, for use inside a transaction. */
  isLive(principalId: string): boolean
  /** `act` runs inside the transaction that revokes. */
  onRevoked(act: (tx: Tx, revoked: { principalId: string; userId: string; actor: Actor }) => void): void
}

export const KEY_PREFIX = 'ap_'
const MAX_NAME_LENGTH = 80
/** Last use is shown to people; a write a minute is exact enough. */
const TOUCH_EVERY_MS = 60_000

export function createAgents({ store, audit }: { store: Store; audit: Audit }): Agents {
  const queries = keyQueries(store)
  const listeners: Parameters<Agents['onRevoked']>[0][] = []
  return {
    async createKey(userId, name, actor) {
      const label = name.trim()
      if (!label || label.length > MAX_NAME_LENGTH) {
        throw new AppError('bad_request', `Give the key a name of 1 to ${MAX_NAME_LENGTH} characters.`)
      }
      const key = KEY_PREFIX + newSecret()
      const id = newId()
      store.transaction((tx) => {
        insertKey(tx, {
          id,
          userId,
          name: label,
          prefix: key.slice(0, KEY_PREFIX.length + 6),
          keyHash: sha256Hex(key),
          createdAt: tx.now,
          lastUsedAt: null,
          lastUsedFrom: null,
          revokedAt: null,
        })
        audit.append(tx, { name: 'key.created', userId, actor, subject: id, details: { name: label } })
      })
      return { id, key }
    },
    async keys(userId) {
      return keysOf(store.db, userId).map(({ keyHash: _, userId: __, ...key }: ApiKeyRow) => key)
    },
    async revokeKey(userId, id, actor) {
      store.transaction((tx) => {
        if (!revokeKey(tx, userId, id))
          throw new AppError('not_found', 'There is no such key, or it is revoked already.')
        audit.append(tx, { name: 'key.revoked', userId, actor, subject: id, details: {} })
        for (const act of listeners) act(tx, { principalId: id, userId, actor })
      })
    },
    async resolve(credential, from) {
      if (!credential.startsWith(KEY_PREFIX)) return null
      const row = queries.findByHash(sha256Hex(credential))
      if (!row) return null
      if (store.clock.now() - (row.lastUsedAt ?? 0) >= TOUCH_EVERY_MS || row.lastUsedFrom !== from) {
        store.quickTransaction((tx) => touchKey(tx, row.id, from))
      }
      return { id: row.id, kind: 'api_key', userId: row.userId, name: row.name }
    },
    isLive: queries.isLive,
    onRevoked(act) {
      listeners.push(act)
    },
  }
}
