import { and, eq, sql } from 'drizzle-orm'
import { lastCalls } from '../store/schema/approvals.ts'
import type { Db, Store, Tx } from '../store/store.ts'

export type LastCall = typeof lastCalls.$inferSelect

/** Prepared: it is part of every call. */
export function noteCallQuery(store: Store) {
  const statement = store.db
    .insert(lastCalls)
    .values({
      userId: sql.placeholder('userId'),
      connectionId: sql.placeholder('connectionId'),
      toolName: sql.placeholder('toolName'),
      at: sql.placeholder('at'),
    })
    .onConflictDoUpdate({
      target: [lastCalls.userId, lastCalls.connectionId, lastCalls.toolName],
      set: { at: sql`excluded.at` },
    })
    .prepare()
  return (call: LastCall): void => void statement.run(call)
}

/** @param connectionId null for all of the user's. */
export const lastCallsOf = (db: Db, userId: string, connectionId: string | null): LastCall[] =>
  db
    .select()
    .from(lastCalls)
    .where(
      and(eq(lastCalls.userId, userId), connectionId === null ? undefined : eq(lastCalls.connectionId, connectionId)),
    )
    .all()

export const forgetLastCalls = (tx: Tx, userId: string, connectionId: string): void =>
  void tx.db
    .delete(lastCalls)
    .where(and(eq(lastCalls.userId, userId), eq(lastCalls.connectionId, connectionId)))
    .run()
