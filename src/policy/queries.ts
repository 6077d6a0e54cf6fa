import { and, asc, eq, sql } from 'drizzle-orm'
import { policies } from '../store/schema/policy.ts'
import type { Db, Store, Tx } from '../store/store.ts'

export type PolicyRow = typeof policies.$inferSelect

/** Prepared: it is asked at every call. */
export function findRuleQuery(store: Store) {
  const statement = store.db
    .select({ mode: policies.mode, definitionHash: policies.definitionHash })
    .from(policies)
    .where(
      and(
        eq(policies.connectionId, sql.placeholder('connectionId')),
        eq(policies.toolName, sql.placeholder('toolName')),
      ),
    )
    .prepare()
  return (connectionId: string, toolName: string) => statement.get({ connectionId, toolName })
}

export function upsertRule(tx: Tx, row: PolicyRow): void {
  const { mode, definitionHash, setAt, setBy } = row
  tx.db
    .insert(policies)
    .values(row)
    .onConflictDoUpdate({
      target: [policies.connectionId, policies.toolName],
      set: { mode, definitionHash, setAt, setBy },
    })
    .run()
}

export const deleteRules = (tx: Tx, connectionId: string): number =>
  tx.db.delete(policies).where(eq(policies.connectionId, connectionId)).returning({ tool: policies.toolName }).all()
    .length

export const deleteRule = (tx: Tx, connectionId: string, toolName: string): number =>
  tx.db
    .delete(policies)
    .where(and(eq(policies.connectionId, connectionId), eq(policies.toolName, toolName)))
    .returning({ tool: policies.toolName })
    .all().length

export const rulesOf = (db: Db, connectionId: string): PolicyRow[] =>
  db.select().from(policies).where(eq(policies.connectionId, connectionId)).orderBy(asc(policies.toolName)).all()

export const rulesOfUser = (db: Db, userId: string): PolicyRow[] =>
  db.select().from(policies).where(eq(policies.userId, userId)).all()
