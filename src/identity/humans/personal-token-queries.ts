import { and, desc, eq, gt, isNull, sql } from 'drizzle-orm'
import { personalTokens } from '../../store/schema/identity.ts'
import type { Db, Store, Tx } from '../../store/store.ts'

export type PersonalTokenRow = typeof personalTokens.$inferSelect

/** Prepared: they are asked at every request. */
export function personalTokenQueries(store: Store) {
  const live = and(isNull(personalTokens.revokedAt), gt(personalTokens.expiresAt, sql.placeholder('now')))
  const byToken = store.db
    .select()
    .from(personalTokens)
    .where(and(eq(personalTokens.tokenHash, sql.placeholder('hash')), live))
    .prepare()
  const byId = store.db
    .select({ id: personalTokens.id })
    .from(personalTokens)
    .where(and(eq(personalTokens.id, sql.placeholder('id')), live))
    .prepare()
  return {
    byToken: (hash: string, now: number): PersonalTokenRow | undefined => byToken.get({ hash, now }),
    isLive: (id: string, now: number): boolean => byId.get({ id, now }) !== undefined,
  }
}

export const insertPersonalToken = (tx: Tx, row: PersonalTokenRow): void =>
  void tx.db.insert(personalTokens).values(row).run()
export const personalTokensOf = (db: Db, userId: string): PersonalTokenRow[] =>
  db
    .select()
    .from(personalTokens)
    .where(and(eq(personalTokens.userId, userId), isNull(personalTokens.revokedAt)))
    .orderBy(desc(personalTokens.createdAt))
    .all()
/** Only one that is not revoked; whether there was one. */
export const revokePersonalToken = (tx: Tx, userId: string, id: string): boolean =>
  tx.db
    .update(personalTokens)
    .set({ revokedAt: tx.now })
    .where(and(eq(personalTokens.id, id), eq(personalTokens.userId, userId), isNull(personalTokens.revokedAt)))
    .returning({ id: personalTokens.id })
    .get() !== undefined
/** Those that could still be used. */
export const revokePersonalTokensOf = (tx: Tx, userId: string): string[] =>
  tx.db
    .update(personalTokens)
    .set({ revokedAt: tx.now })
    .where(
      and(eq(personalTokens.userId, userId), isNull(personalTokens.revokedAt), gt(personalTokens.expiresAt, tx.now)),
    )
    .returning({ id: personalTokens.id })
    .all()
    .map(({ id }) => id)
export const touchPersonalToken = (tx: Tx, id: string, from: string | null): void =>
  void tx.db
    .update(personalTokens)
    .set({ lastUsedAt: tx.now, lastUsedFrom: from })
    .where(eq(personalTokens.id, id))
    .run()
