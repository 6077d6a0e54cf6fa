import { and, count, eq, gt, isNull, lt, notExists, notInArray } from 'drizzle-orm'
import { agents, oauthClients, oauthCodes, oauthTokens } from '../../store/schema/identity.ts'
import type { Db, Tx } from '../../store/store.ts'

export type ClientRow = typeof oauthClients.$inferSelect
export type CodeRow = typeof oauthCodes.$inferSelect
export type TokenRow = typeof oauthTokens.$inferSelect

export const findClient = (db: Db, id: string): ClientRow | undefined =>
  db.select().from(oauthClients).where(eq(oauthClients.id, id)).get()

export const putClient = (tx: Tx, row: ClientRow): void =>
  void tx.db
    .insert(oauthClients)
    .values(row)
    .onConflictDoUpdate({
      target: oauthClients.id,
      set: { name: row.name, redirectUris: row.redirectUris, staleAt: row.staleAt },
    })
    .run()

/** Registrations since `at`: of all, or from one address. */
export const countRegistrations = (tx: Tx, at: number, from: string | null | undefined): number =>
  tx.db
    .select({ n: count() })
    .from(oauthClients)
    .where(
      and(
        eq(oauthClients.source, 'registered'),
        gt(oauthClients.createdAt, at),
        from === undefined
          ? undefined
          : from === null
            ? isNull(oauthClients.createdFrom)
            : eq(oauthClients.createdFrom, from),
      ),
    )
    .get()?.n ?? 0

/** Those made before `at` that no agent ever signed in with: one that was revoked may sign in again by the same name. */
export const deleteUnusedClients = (tx: Tx, at: number): void =>
  void tx.db
    .delete(oauthClients)
    .where(
      and(
        lt(oauthClients.createdAt, at),
        notInArray(
          oauthClients.id,
          tx.db.select({ id: agents.clientId }).from(agents).where(eq(agents.kind, 'oauth_client')),
        ),
      ),
    )
    .run()

export const insertCode = (tx: Tx, row: CodeRow): void => void tx.db.insert(oauthCodes).values(row).run()
export const findCode = (tx: Tx, codeHash: string): CodeRow | undefined =>
  tx.db.select().from(oauthCodes).where(eq(oauthCodes.codeHash, codeHash)).get()
/** Nothing when it was used before or is too old. */
export const useCode = (tx: Tx, codeHash: string): CodeRow | undefined =>
  tx.db
    .update(oauthCodes)
    .set({ usedAt: tx.now })
    .where(and(eq(oauthCodes.codeHash, codeHash), isNull(oauthCodes.usedAt), gt(oauthCodes.expiresAt, tx.now)))
    .returning()
    .get()
export const noteAgentOfCode = (tx: Tx, codeHash: string, agentId: string): void =>
  void tx.db.update(oauthCodes).set({ agentId }).where(eq(oauthCodes.codeHash, codeHash)).run()
export const deleteCodesBefore = (tx: Tx, at: number): void =>
  void tx.db.delete(oauthCodes).where(lt(oauthCodes.expiresAt, at)).run()

export const insertToken = (tx: Tx, row: TokenRow): void =>
  void tx.db.insert(oauthTokens).values(row).onConflictDoNothing().run()
export const findToken = (tx: Tx, tokenHash: string): TokenRow | undefined =>
  tx.db.select().from(oauthTokens).where(eq(oauthTokens.tokenHash, tokenHash)).get()
/** Of one agent, that are still good. */
export const countAccessTokens = (tx: Tx, agentId: string): number =>
  tx.db
    .select({ n: count() })
    .from(oauthTokens)
    .where(and(eq(oauthTokens.agentId, agentId), eq(oauthTokens.kind, 'access'), gt(oauthTokens.expiresAt, tx.now)))
    .get()?.n ?? 0
/** The time of the first use stays: a race is measured from there. */
export const useRefreshToken = (tx: Tx, tokenHash: string): void =>
  void tx.db
    .update(oauthTokens)
    .set({ usedAt: tx.now })
    .where(and(eq(oauthTokens.tokenHash, tokenHash), eq(oauthTokens.kind, 'refresh'), isNull(oauthTokens.usedAt)))
    .run()
export const deleteToken = (tx: Tx, tokenHash: string): void =>
  void tx.db.delete(oauthTokens).where(eq(oauthTokens.tokenHash, tokenHash)).run()
export const deleteTokensOf = (tx: Tx, agentId: string): void =>
  void tx.db.delete(oauthTokens).where(eq(oauthTokens.agentId, agentId)).run()
export const deleteTokensBefore = (tx: Tx, at: number): void =>
  void tx.db.delete(oauthTokens).where(lt(oauthTokens.expiresAt, at)).run()
/** Signed-in agents that hold no token any more. */
export const agentsWithoutTokens = (tx: Tx): { id: string; userId: string }[] =>
  tx.db
    .select({ id: agents.id, userId: agents.userId })
    .from(agents)
    .where(
      and(
        eq(agents.kind, 'oauth_client'),
        isNull(agents.revokedAt),
        notExists(
          tx.db.select({ id: oauthTokens.agentId }).from(oauthTokens).where(eq(oauthTokens.agentId, agents.id)),
        ),
      ),
    )
    .all()
export const agentClientId = (tx: Tx, agentId: string): string | null =>
  tx.db.select({ clientId: agents.clientId }).from(agents).where(eq(agents.id, agentId)).get()?.clientId ?? null
