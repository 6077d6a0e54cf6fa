import type { BunSQLiteDatabase } from 'drizzle-orm/bun-sqlite'

export type Db = BunSQLiteDatabase

export interface Tx {
  readonly db: Db
  /** One time for the whole transaction. */
  readonly now: number
  /** Another number says that what earlier transactions saw may no longer be so: another process has written, or one of ours was undone. */
  readonly epoch: number
  /** Runs once the transaction is durable; never when it is rolled back. */
  afterCommit(effect: () => void): void
}
