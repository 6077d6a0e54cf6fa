import { and, asc, count, eq, gt, lte, ne, sql } from 'drizzle-orm'
import { sessions, setupTokens, signInFailures, users } from '../../store/schema/identity.ts'
import type { Db, Store, Tx } from '../../store/store.ts'

export type UserRow = typeof users.$inferSelect
export type SessionRow = typeof sessions.$inferSelect
export type SetupTokenRow = typeof setupTokens.$inferSelect

export const countUsers = (db: Db): number => db.select({ n: count() }).from(users).get()?.n ?? 0
export const allUsers = (db: Db): UserRow[] => db.select().from(users).orderBy(asc(users.createdAt)).all()
export const findUser = (db: Db, id: string) => db.select().from(users).where(eq(users.id, id)).get()
export const findUserByEmail = (db: Db, email: string) => db.select().from(users).where(eq(users.email, email)).get()
export const insertUser = (tx: Tx, row: UserRow): void => void tx.db.insert(users).values(row).run()
export const setAppearance = (tx: Tx, id: string, appearance: UserRow['appearance']): void =>
  void tx.db.update(users).set({ appearance }).where(eq(users.id, id)).run()
export const setPasswordHash = (tx: Tx, id: string, passwordHash: string): void =>
  void tx.db.update(users).set({ passwordHash }).where(eq(users.id, id)).run()

export const insertSetupToken = (tx: Tx, row: SetupTokenRow): void => void tx.db.insert(setupTokens).values(row).run()
export const findSetupToken = (db: Db, tokenHash: string, now: number) =>
  db
    .select()
    .from(setupTokens)
    .where(and(eq(setupTokens.tokenHash, tokenHash), gt(setupTokens.expiresAt, now)))
    .get()
/** The deleted row, so that of two uses of one link only one gets it. */
export const takeSetupToken = (tx: Tx, tokenHash: string) =>
  tx.db
    .delete(setupTokens)
    .where(and(eq(setupTokens.tokenHash, tokenHash), gt(setupTokens.expiresAt, tx.now)))
    .returning()
    .get()
export const deleteClaims = (tx: Tx): void =>
  void tx.db.delete(setupTokens).where(eq(setupTokens.purpose, 'claim')).run()
export const deleteSetupTokens = (tx: Tx): void => void tx.db.delete(setupTokens).run()
export const deletePasswordTokens = (tx: Tx, userId: string): void =>
  void tx.db.delete(setupTokens).where(eq(setupTokens.userId, userId)).run()

export const insertSession = (tx: Tx, row: SessionRow): void => void tx.db.insert(sessions).values(row).run()
export function findSessionQuery(store: Store) {
  const statement = store.db
    .select({ session: sessions, email: users.email, appearance: users.appearance })
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId))
    .where(and(eq(sessions.tokenHash, sql.placeholder('tokenHash')), gt(sessions.expiresAt, sql.placeholder('now'))))
    .prepare()
  return (tokenHash: string, now: number) => statement.get({ tokenHash, now })
}
export const hasSession = (tx: Tx, tokenHash: string): boolean =>
  tx.db.select({ id: sessions.tokenHash }).from(sessions).where(eq(sessions.tokenHash, tokenHash)).get() !== undefined
export const sessionsOf = (db: Db, userId: string, now: number): SessionRow[] =>
  db
    .select()
    .from(sessions)
    .where(and(eq(sessions.userId, userId), gt(sessions.expiresAt, now)))
    .all()
export const touchSession = (tx: Tx, tokenHash: string): void =>
  void tx.db.update(sessions).set({ lastSeenAt: tx.now }).where(eq(sessions.tokenHash, tokenHash)).run()
export const deleteSession = (tx: Tx, tokenHash: string) =>
  tx.db.delete(sessions).where(eq(sessions.tokenHash, tokenHash)).returning().get()
/** @param except the one that stays. */
export const deleteSessionsOf = (tx: Tx, userId: string, except: string | null = null): number =>
  tx.db
    .delete(sessions)
    .where(and(eq(sessions.userId, userId), except === null ? undefined : ne(sessions.tokenHash, except)))
    .returning({ id: sessions.tokenHash })
    .all().length
export const deleteOverdueSessions = (tx: Tx): void =>
  void tx.db.delete(sessions).where(lte(sessions.expiresAt, tx.now)).run()

export const findFailures = (db: Db, subject: string) =>
  db.select().from(signInFailures).where(eq(signInFailures.subject, subject)).get()
export const addFailure = (tx: Tx, subject: string): void =>
  void tx.db
    .insert(signInFailures)
    .values({ subject, count: 1, lastAt: tx.now })
    .onConflictDoUpdate({
      target: signInFailures.subject,
      set: { count: sql`${signInFailures.count} + 1`, lastAt: tx.now },
    })
    .run()
export const forgetFailures = (tx: Tx, subject: string): void =>
  void tx.db.delete(signInFailures).where(eq(signInFailures.subject, subject)).run()
export const forgetFailuresBefore = (tx: Tx, at: number): void =>
  void tx.db.delete(signInFailures).where(lte(signInFailures.lastAt, at)).run()
