import { and, desc, eq, gt, isNotNull, isNull, min, or, sql } from 'drizzle-orm'
import { agents, oauthTokens } from '../../store/schema/identity.ts'
import type { Db, Store, Tx } from '../../store/store.ts'

export type AgentRow = typeof agents.$inferSelect

/** The place of a revoked agent in their list. The id decides between those of one millisecond. */
export interface AgentPlace {
  revokedAt: number
  id: string
}

/** Prepared: they are asked at every request and every claim. */
export function agentQueries(store: Store) {
  const now = sql.placeholder('now')
  const live = and(isNull(agents.revokedAt), or(isNull(agents.expiresAt), gt(agents.expiresAt, now)))
  const byKey = store.db
    .select()
    .from(agents)
    .where(and(eq(agents.keyHash, sql.placeholder('hash')), live))
    .prepare()
  const byAccessToken = store.db
    .select({ agent: agents })
    .from(oauthTokens)
    .innerJoin(agents, eq(agents.id, oauthTokens.agentId))
    .where(
      and(
        eq(oauthTokens.tokenHash, sql.placeholder('hash')),
        eq(oauthTokens.kind, 'access'),
        gt(oauthTokens.expiresAt, now),
        live,
      ),
    )
    .prepare()
  const byId = store.db
    .select({ connections: agents.connections })
    .from(agents)
    .where(and(eq(agents.id, sql.placeholder('id')), live))
    .prepare()
  return {
    byKey: (hash: string, at: number): AgentRow | undefined => byKey.get({ hash, now: at }),
    byAccessToken: (hash: string, at: number): AgentRow | undefined => byAccessToken.get({ hash, now: at })?.agent,
    /** Of a live agent. */
    limitsOf: (id: string, at: number): { connections: string | null } | undefined => byId.get({ id, now: at }),
  }
}

export const insertAgent = (tx: Tx, row: AgentRow): void => void tx.db.insert(agents).values(row).run()
export const agentsOf = (db: Db, userId: string): AgentRow[] =>
  db.select().from(agents).where(eq(agents.userId, userId)).orderBy(desc(agents.createdAt)).all()
export const unrevokedOf = (db: Db, userId: string): AgentRow[] =>
  db
    .select()
    .from(agents)
    .where(and(eq(agents.userId, userId), isNull(agents.revokedAt)))
    .orderBy(desc(agents.createdAt))
    .all()
/** Those revoked last come first, from behind `before`. */
export const revokedOf = (db: Db, userId: string, before: AgentPlace | null, limit: number): AgentRow[] =>
  db
    .select()
    .from(agents)
    .where(
      and(
        eq(agents.userId, userId),
        isNotNull(agents.revokedAt),
        before === null ? undefined : sql`(${agents.revokedAt}, ${agents.id}) < (${before.revokedAt}, ${before.id})`,
      ),
    )
    .orderBy(desc(agents.revokedAt), desc(agents.id))
    .limit(limit)
    .all()
export const findAgent = (db: Db, userId: string, id: string): AgentRow | undefined =>
  db
    .select()
    .from(agents)
    .where(and(eq(agents.id, id), eq(agents.userId, userId)))
    .get()

export const nextEnd = (db: Db, after: number): number | null =>
  db
    .select({ at: min(agents.expiresAt) })
    .from(agents)
    .where(and(isNull(agents.revokedAt), gt(agents.expiresAt, after)))
    .get()?.at ?? null

/** Only one that is not revoked; the changed row. */
export const updateAgent = (tx: Tx, userId: string, id: string, set: Partial<AgentRow>): AgentRow | undefined =>
  tx.db
    .update(agents)
    .set(set)
    .where(and(eq(agents.id, id), eq(agents.userId, userId), isNull(agents.revokedAt)))
    .returning()
    .get()
/** Unrevoked sign-ins of one program for one user. */
export const signInsOf = (db: Db, userId: string, clientId: string): AgentRow[] =>
  db
    .select()
    .from(agents)
    .where(and(eq(agents.userId, userId), eq(agents.clientId, clientId), isNull(agents.revokedAt)))
    .all()
/** A program's own name, once it has given one, is worth more than its User-Agent. */
export const touchAgent = (
  tx: Tx,
  id: string,
  { address, program }: { address: string | null; program: string | null },
): void =>
  void tx.db
    .update(agents)
    .set({
      firstUsedAt: sql`iif(${agents.lastUsedAt} is null, ${tx.now}, ${agents.firstUsedAt})`,
      lastUsedAt: tx.now,
      lastUsedFrom: address,
      program: sql`coalesce(${agents.program}, ${program})`,
    })
    .where(eq(agents.id, id))
    .run()
