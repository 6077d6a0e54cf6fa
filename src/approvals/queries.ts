import { and, asc, count, desc, eq, gt, inArray, lte, ne, type SQL, sql } from 'drizzle-orm'
import { approvalSettings, EXECUTING, REPEATABLE, requestNotes, requests, WAITING } from '../store/schema/approvals.ts'
import type { Db, Store, Tx } from '../store/store.ts'
import { type PastCall, SHOWN } from './history-queries.ts'
import { edge, type Step } from './lifecycle.ts'

export { DEFAULT_KEPT_MS } from '../store/schema/approvals.ts'

export type RequestRow = typeof requests.$inferSelect
export type NoteRow = typeof requestNotes.$inferSelect

/** Prepared: they are part of every call. */
export function requestQueries(store: Store) {
  const columns = Object.keys(requests) as (keyof RequestRow)[]
  // Bare placeholders, since the encoder of a boolean column would make false of null.
  const placeholders = Object.fromEntries(columns.map((name) => [name, sql`${sql.placeholder(name)}`]))
  const insert = store.db
    .insert(requests)
    .values(placeholders as never)
    .prepare()
  const byId = store.db
    .select()
    .from(requests)
    .where(eq(requests.id, sql.placeholder('id')))
    .prepare()
  const same = store.db
    .select()
    .from(requests)
    .where(
      and(
        eq(requests.principalId, sql.placeholder('principalId')),
        eq(requests.connectionId, sql.placeholder('connectionId')),
        eq(requests.toolName, sql.placeholder('toolName')),
        eq(requests.argumentsHash, sql.placeholder('argumentsHash')),
        sql`(${REPEATABLE})`,
      ),
    )
    .prepare()
  const note = store.db
    .insert(requestNotes)
    .values({
      requestId: sql.placeholder('requestId'),
      userId: sql.placeholder('userId'),
      at: sql.placeholder('at'),
      text: sql.placeholder('text'),
    })
    .prepare()
  const settings = store.db
    .select()
    .from(approvalSettings)
    .where(eq(approvalSettings.userId, sql.placeholder('userId')))
    .prepare()
  const steps = new Map<string, ReturnType<typeof prepareStep>>()
  function prepared(name: Step, set: Partial<RequestRow>, inTime: boolean): ReturnType<typeof prepareStep> {
    const columns = Object.keys(set) as (keyof RequestRow)[]
    const key = [name, inTime, ...columns].join()
    let statement = steps.get(key)
    if (!statement) {
      statement = prepareStep(store.db, name, columns, inTime)
      steps.set(key, statement)
    }
    return statement
  }

  return {
    insert: (row: RequestRow): void => void insert.run(row),
    byId: (id: string): RequestRow | undefined => byId.get({ id }),
    /** Newest first. Sorted here: SQLite sets up a sorter even for no rows, which costs more than the search. */
    same: (call: Pick<RequestRow, 'principalId' | 'connectionId' | 'toolName' | 'argumentsHash'>): RequestRow[] =>
      same.all(call).sort((a, b) => b.askedAt - a.askedAt),
    insertNote: (row: Omit<NoteRow, 'id'>): void => void note.run(row),
    settings: (userId: string) => settings.get({ userId }),
    /**
     * Takes a step from where the lifecycle lets it be taken, and says whether it was: the moved row, or nothing.
     * @param inTimeAt when given, the request must not have lapsed by then.
     */
    step(id: string, name: Step, set: Partial<RequestRow>, inTimeAt: number | null): RequestRow | undefined {
      const statement = prepared(name, set, inTimeAt !== null)
      return statement.returning.get({ ...set, requestId: id, inTimeAt })
    },
    /** The same for a row that nobody else changes: what it has become need not be read back. */
    end(row: RequestRow, name: Step, set: Partial<RequestRow>): RequestRow | undefined {
      const { changes } = prepared(name, set, false).plain.run({ ...set, requestId: row.id }) as unknown as Changes
      return changes === 1 ? { ...row, ...set, state: edge(name).to } : undefined
    },
  }
}

/** What bun:sqlite tells of a write; drizzle's type leaves it out. */
type Changes = { changes: number }

/** One statement for each step and the columns it sets: building it costs several times what running it does. */
function prepareStep(db: Db, name: Step, columns: (keyof RequestRow)[], inTime: boolean) {
  const { from, to } = edge(name)
  // Bare placeholders, since the encoder of a boolean column would make false of null.
  const set = Object.fromEntries(columns.map((column) => [column, sql`${sql.placeholder(column)}`]))
  const update = () =>
    db
      .update(requests)
      .set({ ...set, state: to })
      .where(
        and(
          eq(requests.id, sql.placeholder('requestId')),
          inArray(requests.state, [...from]),
          inTime ? gt(requests.expiresAt, sql.placeholder('inTimeAt')) : undefined,
        ),
      )
  return { returning: update().returning().prepare(), plain: update().prepare() }
}

export const countPending = (tx: Tx, principalId: string): number =>
  tx.db
    .select({ n: count() })
    .from(requests)
    .where(
      and(
        WAITING,
        eq(requests.principalId, principalId),
        eq(requests.state, 'pending'),
        gt(requests.expiresAt, tx.now),
      ),
    )
    .get()?.n ?? 0

export const allOpen = (tx: Tx) => openWhere(tx, undefined)
export const openOfPrincipal = (tx: Tx, principalId: string) => openWhere(tx, eq(requests.principalId, principalId))
export const openOfConnection = (tx: Tx, connectionId: string) => openWhere(tx, eq(requests.connectionId, connectionId))
export const openOfTool = (tx: Tx, connectionId: string, toolName: string) =>
  openWhere(tx, and(eq(requests.connectionId, connectionId), eq(requests.toolName, toolName)))
export const openOfOtherDefinition = (tx: Tx, connectionId: string, toolName: string, hash: string | null) =>
  openWhere(
    tx,
    and(
      eq(requests.connectionId, connectionId),
      eq(requests.toolName, toolName),
      hash === null ? undefined : ne(requests.definitionHash, hash),
    ),
  )
/** Agents that have something open. A person's own time is never over. */
export const agentsWaiting = (db: Db): string[] =>
  db
    .selectDistinct({ id: requests.principalId })
    .from(requests)
    .where(and(WAITING, ne(requests.principalKind, 'person')))
    .all()
    .map(({ id }) => id)
function openWhere(tx: Tx, where: SQL | undefined): { id: string; userId: string; connectionId: string }[] {
  const { id, userId, connectionId } = requests
  return tx.db.select({ id, userId, connectionId }).from(requests).where(and(WAITING, where)).all()
}

export const overdue = (db: Db, now: number, limit: number): { id: string }[] =>
  db
    .select({ id: requests.id })
    .from(requests)
    .where(and(WAITING, lte(requests.expiresAt, now)))
    .limit(limit)
    .all()

export const executingBefore = (db: Db, at: number): { id: string }[] =>
  db
    .select({ id: requests.id })
    .from(requests)
    .where(and(EXECUTING, lte(requests.claimedAt, at)))
    .all()

export const notesOf = (db: Db, requestId: string): NoteRow[] =>
  db.select().from(requestNotes).where(eq(requestNotes.requestId, requestId)).orderBy(asc(requestNotes.id)).all()

/** Each asked in the order of its index, without which SQLite takes one that holds every call of the user. */
const waitsFor = (userId: string, now: number) =>
  and(WAITING, eq(requests.userId, userId), eq(requests.state, 'pending'), gt(requests.expiresAt, now))
export const waitingOf = (db: Db, userId: string, now: number): PastCall[] =>
  db.select(SHOWN).from(requests).where(waitsFor(userId, now)).orderBy(desc(requests.askedAt)).all()
export const waitingOfAgent = (db: Db, userId: string, principalId: string, now: number): string[] =>
  db
    .select({ id: requests.id, askedAt: requests.askedAt })
    .from(requests)
    .where(
      and(
        WAITING,
        eq(requests.principalId, principalId),
        eq(requests.state, 'pending'),
        gt(requests.expiresAt, now),
        eq(requests.userId, userId),
      ),
    )
    .all()
    .sort((a, b) => a.askedAt - b.askedAt)
    .map(({ id }) => id)
export const countWaitingOf = (db: Db, userId: string, now: number): number =>
  db.select({ id: requests.id }).from(requests).where(waitsFor(userId, now)).orderBy(desc(requests.askedAt)).all()
    .length
export const recentOf = (db: Db, userId: string, limit: number): PastCall[] =>
  db
    .select(SHOWN)
    .from(requests)
    .where(and(eq(requests.userId, userId), sql`+${requests.state} <> 'pending'`))
    .orderBy(desc(requests.askedAt))
    .limit(limit)
    .all()

export const putSettings = (tx: Tx, row: typeof approvalSettings.$inferSelect): void =>
  void tx.db
    .insert(approvalSettings)
    .values(row)
    .onConflictDoUpdate({
      target: approvalSettings.userId,
      set: { pendingMs: row.pendingMs, approvedMs: row.approvedMs, keptMs: row.keptMs },
    })
    .run()
