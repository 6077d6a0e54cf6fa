/**
 * Owns the SQLite file: its schema, migrations, transactions and the watch for changes by other processes.
 * Promises that a transaction is immediate, short and synchronous, with one time for all its rows, and that effects run only after commit.
 * Deliberately knows no table by name but its own list of migrations: tables belong to the rooms, in their queries.ts.
 */
import { Database, type Statement } from 'bun:sqlite'
import { chmodSync, existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { drizzle } from 'drizzle-orm/bun-sqlite'
import { type Clock, systemClock } from '../lib/clock.ts'
import { DATABASE_FILE } from './database-files.ts'
import { applyMigrations, isEmptyDatabase, pendingMigrations } from './migrations.ts'
import type { Db, Tx } from './tx.ts'

export { type DataLock, takeDataLock } from './data-lock.ts'
export { DATABASE_FILE, flawOfBackup, placeDatabase, swapDatabase } from './database-files.ts'
export { findFact, setFact } from './instance-facts.ts'
export { NewerDatabase } from './migrations.ts'
export type { Db, Tx } from './tx.ts'

/** A transaction that awaited would hold the file's only write lock across the wait, and drizzle would commit too early. */
type Synchronous<T> = T extends Promise<unknown> ? never : T

export interface Store {
  readonly db: Db
  readonly clock: Clock
  /** Survives power loss once it returns (`synchronous=FULL`): for a person's word. */
  transaction<T>(act: (tx: Tx) => Synchronous<T>): T
  /** Survives a crash of this process, but power loss may take the last moments: for the bookkeeping of allowed calls. */
  quickTransaction<T>(act: (tx: Tx) => Synchronous<T>): T
  /**
   * Like quickTransaction, but what is written in the same moment shares one commit, since a commit costs more than what it holds.
   * Each act stands or falls alone. Resolves once it is committed; then its effects have run.
   */
  groupedTransaction<T>(act: (tx: Tx) => Synchronous<T>): Promise<T>
  /** Calls `act` after another process has changed the file, within about a tenth of a second. */
  onOutsideChange(act: () => void): void
  /** A consistent copy of the whole database at `path`, which must not exist yet. */
  copyTo(path: string): void
  /** @throws when the file cannot be written. */
  probeWrite(): void
  /** Of the database, without what is still to be merged into it. */
  sizeBytes(): number
  close(): void
}

const WATCH_EVERY_MS = 100
const BUSY_TIMEOUT_MS = 5_000
const PROBE_TIMEOUT_MS = 250

export interface OpenStore {
  dataDir: string
  clock?: Clock
  /** False while a server holds the data directory: then only that server may change the schema. */
  mayMigrate?: boolean
}

/** Opens the database, made or migrated as needed. @throws NewerDatabase */
export function openStore({ dataDir, clock = systemClock, mayMigrate = true }: OpenStore): Store {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const path = join(dataDir, DATABASE_FILE)
  const isNew = !existsSync(path)
  const sqlite = new Database(path, { create: true, strict: true })
  try {
    if (isNew) chmodSync(path, 0o600)
    sqlite.run(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`)
    sqlite.run('PRAGMA journal_mode = WAL')
    sqlite.run('PRAGMA foreign_keys = ON')
    sqlite.run('PRAGMA trusted_schema = OFF')
    migrate(sqlite, dataDir, clock.now(), mayMigrate)
  } catch (error) {
    sqlite.close()
    throw error
  }
  return new SqliteStore(sqlite, clock)
}

function migrate(sqlite: Database, dataDir: string, now: number, mayMigrate: boolean): void {
  const pending = pendingMigrations(sqlite)
  const next = pending[0]
  if (!next) return
  if (!mayMigrate) {
    throw new Error(
      'The database has an older schema than this program. Start the server once with this version; it brings the schema up to date.',
    )
  }
  if (!isEmptyDatabase(sqlite)) copyDatabase(sqlite, join(dataDir, `agentport-before-${next.tag}-${now}.db`))
  applyMigrations(sqlite, pending, now)
}

function copyDatabase(sqlite: Database, path: string): void {
  sqlite.run('VACUUM INTO ?', [path])
  chmodSync(path, 0o600)
}

class SqliteStore implements Store {
  readonly db: Db
  #inTransaction = false
  #group: { effects: (() => void)[]; commits: ((error: unknown) => void)[] } | null = null
  /** Grouped acts in this turn of the event loop, and in the last that had any. */
  #actsThisTurn = 0
  #actsLastTurn = 0
  #synchronous: 'FULL' | 'NORMAL' | null = null
  #epoch = 0
  #dataVersion: number | null = null
  #watch: ReturnType<typeof setInterval> | null = null
  readonly #outsideChange: (() => void)[] = []

  readonly #begin: Statement
  readonly #commit: Statement
  readonly #readDataVersion: Statement<{ data_version: number }, []>

  constructor(
    readonly sqlite: Database,
    readonly clock: Clock,
  ) {
    this.db = drizzle(sqlite)
    this.#begin = sqlite.prepare('BEGIN IMMEDIATE')
    this.#commit = sqlite.prepare('COMMIT')
    this.#readDataVersion = sqlite.prepare('PRAGMA data_version')
  }

  transaction<T>(act: (tx: Tx) => Synchronous<T>): T {
    return this.#run('FULL', act)
  }

  quickTransaction<T>(act: (tx: Tx) => Synchronous<T>): T {
    return this.#run('NORMAL', act)
  }

  #run<T>(synchronous: 'FULL' | 'NORMAL', act: (tx: Tx) => Synchronous<T>): T {
    this.#commitGroup()
    const effects: (() => void)[] = []
    this.#open(synchronous)
    let result: T
    try {
      result = this.#act(act, effects)
      this.#commit.run()
    } catch (error) {
      this.#rollBack()
      throw error
    }
    for (const effect of effects) effect()
    return result
  }

  async groupedTransaction<T>(act: (tx: Tx) => Synchronous<T>): Promise<T> {
    if (this.#actsThisTurn++ === 0) setImmediate(() => this.#endTurn())
    // Waiting for the turn's end pays only if somebody shares the commit, as in the turn before.
    const alone = this.#actsThisTurn === 1 && this.#actsLastTurn <= 1
    if (alone) return this.quickTransaction(act)
    if (!this.#group) {
      this.#open('NORMAL')
      this.#group = { effects: [], commits: [] }
    }
    const group = this.#group
    const effects: (() => void)[] = []
    this.sqlite.run('SAVEPOINT act')
    let result: T
    try {
      result = this.#act(act, effects)
    } catch (error) {
      this.#epoch++
      // On a full disk SQLite gives up the whole transaction: what comes next must not go on in what is left of the group.
      if (this.sqlite.inTransaction) {
        this.sqlite.run('ROLLBACK TO act')
        this.sqlite.run('RELEASE act')
      } else this.#endGroup(error)
      throw error
    }
    this.sqlite.run('RELEASE act')
    group.effects.push(...effects)
    await new Promise<void>((resolve, reject) => {
      group.commits.push((error) => (error === null ? resolve() : reject(error)))
    })
    return result
  }

  #endTurn(): void {
    this.#actsLastTurn = this.#actsThisTurn
    this.#actsThisTurn = 0
    this.#commitGroup()
  }

  /** Ends the open group, if there is one: the next transaction, and the turn's end, do. */
  #commitGroup(): void {
    if (!this.#group) return
    if (this.#inTransaction) throw new Error('A transaction was started inside another one')
    let failure: unknown = null
    try {
      this.#commit.run()
    } catch (error) {
      this.#rollBack()
      failure = error
    }
    this.#endGroup(failure)
  }

  #endGroup(failure: unknown): void {
    const group = this.#group
    this.#group = null
    if (failure === null) for (const effect of group?.effects ?? []) effect()
    for (const committed of group?.commits ?? []) committed(failure)
  }

  #open(synchronous: 'FULL' | 'NORMAL'): void {
    if (this.#inTransaction) throw new Error('A transaction was started inside another one')
    if (this.#synchronous !== synchronous) {
      this.sqlite.run(`PRAGMA synchronous = ${synchronous}`)
      this.#synchronous = synchronous
    }
    this.#begin.run()
    this.#noticeOthers()
  }

  /** SQLite counts the commits of other connections, and only those. */
  #dataVersionNow(): number {
    return this.#readDataVersion.get()?.data_version ?? 0
  }

  #noticeOthers(): void {
    const version = this.#dataVersionNow()
    if (version === this.#dataVersion) return
    this.#dataVersion = version
    this.#epoch++
  }

  #act<T>(act: (tx: Tx) => Synchronous<T>, effects: (() => void)[]): T {
    if (this.#inTransaction) throw new Error('A transaction was started inside another one')
    this.#inTransaction = true
    try {
      const afterCommit = (effect: () => void) => void effects.push(effect)
      return act({ db: this.db, now: this.clock.now(), epoch: this.#epoch, afterCommit })
    } finally {
      this.#inTransaction = false
    }
  }

  /** A full disk may have rolled back already; the first error is the one to report. */
  #rollBack(): void {
    this.#epoch++
    if (this.sqlite.inTransaction) this.sqlite.run('ROLLBACK')
  }

  onOutsideChange(act: () => void): void {
    this.#outsideChange.push(act)
    if (this.#watch) return
    let seen = this.#dataVersionNow()
    this.#watch = setInterval(() => {
      const current = this.#dataVersionNow()
      if (current === seen) return
      seen = current
      for (const notify of this.#outsideChange) notify()
    }, WATCH_EVERY_MS)
    this.#watch.unref()
  }

  copyTo(path: string): void {
    this.#commitGroup()
    copyDatabase(this.sqlite, path)
  }

  probeWrite(): void {
    this.#commitGroup()
    // A check that anybody may ask for must not hold up everybody while another process holds the store.
    this.sqlite.run(`PRAGMA busy_timeout = ${PROBE_TIMEOUT_MS}`)
    try {
      this.quickTransaction(() => {
        this.sqlite.run(
          "INSERT INTO instance_facts (name, value) VALUES ('probed_at', ?1) ON CONFLICT DO UPDATE SET value = ?1",
          [String(this.clock.now())],
        )
      })
    } finally {
      this.sqlite.run(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`)
    }
  }

  sizeBytes(): number {
    const pages = 'SELECT page_count * page_size AS bytes FROM pragma_page_count(), pragma_page_size()'
    return (this.sqlite.query(pages).get() as { bytes: number }).bytes
  }

  close(): void {
    if (this.#watch) clearInterval(this.#watch)
    this.#commitGroup()
    this.sqlite.close()
  }
}
