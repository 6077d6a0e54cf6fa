import type { BunSQLiteDatabase } from 'drizzle-orm/bun-sqlite'

export type Db = BunSQLiteDatabase

export interface Tx {
  readonly db: Db
  /** One time for the whole transaction. */
  readonly now: number
  /** Runs once the transaction is durable; never when it is rolled back. */
  afterCommit(effect: () => void): void
}
