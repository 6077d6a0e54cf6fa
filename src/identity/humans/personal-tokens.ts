import type { Actor, Audit } from '../../audit/audit.ts'
import { AppError } from '../../lib/errors.ts'
import { sha256Hex } from '../../lib/hashes.ts'
import { newId, newSecret } from '../../lib/ids.ts'
import type { Store, Tx } from '../../store/store.ts'
import type { Provenance } from './humans.ts'
import * as rows from './personal-token-queries.ts'

/** `tighten` may also take away what agents may do. There is no scope that approves or allows anything. */
export const TOKEN_SCOPES = ['read', 'tighten'] as const
export type TokenScope = (typeof TOKEN_SCOPES)[number]

/** A person's script, named by its token. */
export interface TokenHolder {
  id: string
  userId: string
  name: string
  scope: TokenScope
  expiresAt: number
}

export interface PersonalToken extends Omit<TokenHolder, 'userId'> {
  /** The first characters of the token. */
  prefix: string
  createdAt: number
  lastUsedAt: number | null
  lastUsedFrom: string | null
}

export interface PersonalTokens {
  /** @returns the token itself, which is shown once and never again. @throws AppError bad_request, conflict */
  create(
    userId: string,
    wanted: { name: string; scope: TokenScope; lifetimeMs: number },
  ): Promise<{ id: string; token: string }>
  /** The newest first, without those that are revoked. */
  list(userId: string): Promise<PersonalToken[]>
  /** @throws AppError not_found when there is no such token. */
  revoke(userId: string, id: string): Promise<void>
  /** As part of a larger act. */
  revokeAllWithin(tx: Tx, userId: string, actor: Actor): void
  /** Whose this is now; null when it is nobody's. */
  resolve(token: string, from: Provenance): Promise<TokenHolder | null>
  isLive(id: string): boolean
}

/** Neither an agent's key (ap_) nor one of its tokens (apa_, apr_) begins so. */
const PREFIX = 'app_'
const SHOWN = PREFIX.length + 6
const MAX_NAME_LENGTH = 80
const DAY_MS = 24 * 60 * 60_000
const LONGEST_MS = 366 * DAY_MS
const MOST_TOKENS = 50
/** Last use is shown to people; a write a minute is exact enough. */
const TOUCH_EVERY_MS = 60_000

export function createPersonalTokens({ store, audit }: { store: Store; audit: Audit }): PersonalTokens {
  const queries = rows.personalTokenQueries(store)
  const recordRevoked = (tx: Tx, userId: string, id: string, actor: Actor) =>
    audit.append(tx, { name: 'token.revoked', userId, actor, subject: id, details: {} })

  return {
    async create(userId, { name, scope, lifetimeMs }) {
      const label = name.trim()
      if (!label || label.length > MAX_NAME_LENGTH)
        throw new AppError('bad_request', `Give the token a name of 1 to ${MAX_NAME_LENGTH} characters.`)
      if (!(lifetimeMs > 0 && lifetimeMs <= LONGEST_MS)) throw new AppError('bad_request', 'Choose for how long.')
      const id = newId()
      const token = PREFIX + newSecret()
      store.transaction((tx) => {
        if (rows.personalTokensOf(tx.db, userId).length >= MOST_TOKENS)
          throw new AppError('conflict', `There are ${MOST_TOKENS} tokens already. Revoke one first.`)
        const expiresAt = tx.now + lifetimeMs
        rows.insertPersonalToken(tx, {
          id,
          userId,
          name: label,
          scope,
          prefix: token.slice(0, SHOWN),
          tokenHash: sha256Hex(token),
          createdAt: tx.now,
          expiresAt,
          lastUsedAt: null,
          lastUsedFrom: null,
          revokedAt: null,
        })
        const details = { name: label, scope, until: expiresAt }
        audit.append(tx, { name: 'token.created', userId, actor: `user:${userId}`, subject: id, details })
      })
      return { id, token }
    },
    async list(userId) {
      return rows
        .personalTokensOf(store.db, userId)
        .map(({ userId: _, tokenHash: __, revokedAt: ___, ...token }) => token)
    },
    async revoke(userId, id) {
      store.transaction((tx) => {
        if (!rows.revokePersonalToken(tx, userId, id))
          throw new AppError('not_found', 'There is no such token, or it is revoked already.')
        recordRevoked(tx, userId, id, `user:${userId}`)
      })
    },
    revokeAllWithin(tx, userId, actor) {
      for (const id of rows.revokePersonalTokensOf(tx, userId)) recordRevoked(tx, userId, id, actor)
    },

    async resolve(token, from) {
      const now = store.clock.now()
      const row = token.startsWith(PREFIX) ? queries.byToken(sha256Hex(token), now) : undefined
      if (!row) return null
      const touched = row.lastUsedAt !== null && Math.abs(now - row.lastUsedAt) < TOUCH_EVERY_MS
      if (!touched || row.lastUsedFrom !== from.address)
        store.quickTransaction((tx) => rows.touchPersonalToken(tx, row.id, from.address))
      const { id, userId, name, scope, expiresAt } = row
      return { id, userId, name, scope, expiresAt }
    },
    isLive: (id) => queries.isLive(id, store.clock.now()),
  }
}
