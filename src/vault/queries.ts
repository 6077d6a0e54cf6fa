import { and, eq, isNull } from 'drizzle-orm'
import { secrets } from '../store/schema/vault.ts'
import type { Db, Tx } from '../store/store.ts'

export type SecretRow = typeof secrets.$inferSelect

export const findSecret = (db: Db, id: string): SecretRow | undefined =>
  db.select().from(secrets).where(eq(secrets.id, id)).get()

export const findInstanceSecret = (db: Db, purpose: string): SecretRow | undefined =>
  db
    .select()
    .from(secrets)
    .where(and(isNull(secrets.userId), eq(secrets.purpose, purpose)))
    .get()

export const allSecrets = (db: Db): SecretRow[] => db.select().from(secrets).all()

export const resealSecret = (tx: Tx, id: string, sealed: string): void =>
  void tx.db.update(secrets).set({ sealed }).where(eq(secrets.id, id)).run()

export const insertSecret = (tx: Tx, row: SecretRow): void => void tx.db.insert(secrets).values(row).run()

export const deleteSecret = (tx: Tx, id: string): void => void tx.db.delete(secrets).where(eq(secrets.id, id)).run()
