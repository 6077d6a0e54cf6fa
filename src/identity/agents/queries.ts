import { and, desc, eq, isNull, sql } from 'drizzle-orm'
import { apiKeys } from '../../store/schema/identity.ts'
import type { Db, Store, Tx } from '../../store/store.ts'

export type ApiKeyRow = typeof apiKeys.$inferSelect

/** Prepared: they are asked at every request and every claim. */
export function keyQueries(store: Store) {
  const live = isNull(apiKeys.revokedAt)
  const byHash = store.db
    .select()
    .from(apiKeys)
    .where(and(eq(apiKeys.keyHash, sql.placeholder('hash')), live))
    .prepare()
  const byId = store.db
    .select({ id: apiKeys.id })
    .from(apiKeys)
    .where(and(eq(apiKeys.id, sql.placeholder('id')), live))
    .prepare()
  return {
    findByHash: (hash: string): ApiKeyRow | undefined => byHash.get({ hash }),
    isLive: (id: string): boolean => byId.get({ id }) !== undefined,
  }
}

export const insertKey = (tx: Tx, row: ApiKeyRow): void => void tx.db.insert(apiKeys).values(row).run()
export const keysOf = (db: Db, userId: string): ApiKeyRow[] =>
  db.select().from(apiKeys).where(eq(apiKeys.userId, userId)).orderBy(desc(apiKeys.createdAt)).all()
export const revokeKey = (tx: Tx, userId: string, id: string): ApiKeyRow | undefined =>
  tx.db
    .update(apiKeys)
    .set({ revokedAt: tx.now })
    .where(and(eq(apiKeys.id, id), eq(apiKeys.userId, userId), isNull(apiKeys.revokedAt)))
    .returning()
    .get()
export const touchKey = (tx: Tx, id: string, from: string | null): void =>
  void tx.db.update(apiKeys).set({ lastUsedAt: tx.now, lastUsedFrom: from }).where(eq(apiKeys.id, id)).run()
