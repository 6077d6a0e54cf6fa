import { and, asc, eq, gt, inArray, isNull, lt, lte, or } from 'drizzle-orm'
import { clientRegistrations, connections, signInAttempts } from '../../store/schema/upstreams.ts'
import type { Db, Tx } from '../../store/store.ts'

export type AttemptRow = typeof signInAttempts.$inferSelect
export type RegistrationRow = typeof clientRegistrations.$inferSelect

export const insertAttempt = (tx: Tx, row: AttemptRow): void => void tx.db.insert(signInAttempts).values(row).run()
export const findAttempt = (db: Db, stateHash: string): AttemptRow | undefined =>
  db.select().from(signInAttempts).where(eq(signInAttempts.stateHash, stateHash)).get()
/** The deleted row, so that of two answers to one attempt only one gets it, and only in the session that began it. */
export const takeAttempt = (tx: Tx, stateHash: string, sessionHash: string): AttemptRow | undefined =>
  tx.db
    .delete(signInAttempts)
    .where(
      and(
        eq(signInAttempts.stateHash, stateHash),
        eq(signInAttempts.sessionHash, sessionHash),
        gt(signInAttempts.expiresAt, tx.now),
      ),
    )
    .returning()
    .get()
export const attemptsOf = (db: Db, connectionId: string): AttemptRow[] =>
  db
    .select()
    .from(signInAttempts)
    .where(eq(signInAttempts.connectionId, connectionId))
    .orderBy(asc(signInAttempts.createdAt))
    .all()
export const deleteAttempts = (tx: Tx, stateHashes: string[]): void =>
  void tx.db.delete(signInAttempts).where(inArray(signInAttempts.stateHash, stateHashes)).run()
export const deleteOverdueAttempts = (tx: Tx): AttemptRow[] =>
  tx.db.delete(signInAttempts).where(lte(signInAttempts.expiresAt, tx.now)).returning().all()

export const findRegistration = (db: Db, connectionId: string, issuer: string): RegistrationRow | undefined =>
  db
    .select()
    .from(clientRegistrations)
    .where(and(eq(clientRegistrations.connectionId, connectionId), eq(clientRegistrations.issuer, issuer)))
    .get()
export const registrationsOf = (tx: Tx, connectionId: string): RegistrationRow[] =>
  tx.db.select().from(clientRegistrations).where(eq(clientRegistrations.connectionId, connectionId)).all()
export const insertRegistration = (tx: Tx, row: RegistrationRow): void =>
  void tx.db.insert(clientRegistrations).values(row).run()
export const deleteRegistration = (tx: Tx, connectionId: string, issuer: string): RegistrationRow | undefined =>
  tx.db
    .delete(clientRegistrations)
    .where(and(eq(clientRegistrations.connectionId, connectionId), eq(clientRegistrations.issuer, issuer)))
    .returning()
    .get()

/**
 * Until when this process may renew; null while another one may. A lease that reaches further than any can is of a clock that was set
 * back, and holds nobody.
 */
export const takeLease = (tx: Tx, connectionId: string, ms: number): number | null =>
  tx.db
    .update(connections)
    .set({ renewingUntil: tx.now + ms })
    .where(
      and(
        eq(connections.id, connectionId),
        or(
          isNull(connections.renewingUntil),
          lt(connections.renewingUntil, tx.now),
          gt(connections.renewingUntil, tx.now + ms),
        ),
      ),
    )
    .returning({ until: connections.renewingUntil })
    .get()?.until ?? null
/** Only one's own: after its time another process may have taken one. */
export const endLease = (tx: Tx, connectionId: string, until: number): void =>
  void tx.db
    .update(connections)
    .set({ renewingUntil: null })
    .where(and(eq(connections.id, connectionId), eq(connections.renewingUntil, until)))
    .run()
