import { and, asc, count, desc, eq, gt, inArray, isNotNull, lte, ne, or, type SQL, sql } from 'drizzle-orm'
import { approvalSettings, requestNotes, requests } from '../store/schema/approvals.ts'
import type { Db, Store, Tx } from '../store/store.ts'
import { edge, type Step } from './lifecycle.ts'

export type RequestRow = typeof requests.$inferSelect
export type NoteRow = typeof requestNotes.$inferSelect

/** Prepared: they are part of every call. */
export function requestQueries(store: Store) {
  const columns = Object.keys(requests) as (keyof RequestRow)[]
  const placeholders = Object.fromEntries(columns.map((name) => [name, sql.placeholder(name)]))
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
        // Literals, so that SQLite sees that the partial index serves.
        sql`state in ('pending','approved','executing','denied')`,
      ),
    )
    .orderBy(desc(requests.askedAt))
    .prepare()
  return {
    insert: (row: RequestRow): void => void insert.run(row),
    byId: (id: string): RequestRow | undefined => byId.get({ id }),
    same: (call: Pick<RequestRow, 'principalId' | 'connectionId' | 'toolName' | 'argumentsHash'>): RequestRow[] =>
      same.all(call),
  }
}

/** Takes a step from where the lifecycle lets it be taken, and says whether it was: the moved row, or nothing. */
export function step(tx: Tx, id: string, name: Step, set: Partial<RequestRow>, also?: SQL): RequestRow | undefined {
  const { from, to } = edge(name)
  return tx.db
    .update(requests)
    .set({ ...set, state: to })
    .where(and(eq(requests.id, id), inArray(requests.state, [...from]), also))
    .returning()
    .get()
}

export const notLapsed = (tx: Tx): SQL => gt(requests.expiresAt, tx.now)

export const countPending = (tx: Tx, principalId: string): number =>
  tx.db
    .select({ n: count() })
    .from(requests)
    .where(and(eq(requests.principalId, principalId), eq(requests.state, 'pending'), gt(requests.expiresAt, tx.now)))
    .get()?.n ?? 0

const open = sql`state in ('pending','approved')`

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
function openWhere(tx: Tx, where: SQL | undefined): { id: string; userId: string }[] {
  return tx.db.select({ id: requests.id, userId: requests.userId }).from(requests).where(and(open, where)).all()
}

export const overdue = (db: Db, now: number, limit: number): { id: string }[] =>
  db
    .select({ id: requests.id })
    .from(requests)
    .where(
      and(
        sql`state in ('pending','approved','executing')`,
        ne(requests.state, 'executing'),
        lte(requests.expiresAt, now),
      ),
    )
    .limit(limit)
    .all()

export const executingBefore = (db: Db, at: number): { id: string }[] =>
  db
    .select({ id: requests.id })
    .from(requests)
    .where(and(eq(requests.state, 'executing'), lte(requests.claimedAt, at)))
    .all()

export const insertNote = (tx: Tx, note: Omit<NoteRow, 'id'>): void =>
  void tx.db.insert(requestNotes).values(note).run()
export const notesOf = (db: Db, requestId: string): NoteRow[] =>
  db.select().from(requestNotes).where(eq(requestNotes.requestId, requestId)).orderBy(asc(requestNotes.id)).all()

export const waitingOf = (db: Db, userId: string, now: number): RequestRow[] =>
  db
    .select()
    .from(requests)
    .where(and(eq(requests.userId, userId), eq(requests.state, 'pending'), gt(requests.expiresAt, now)))
    .orderBy(desc(requests.askedAt))
    .all()
export const recentOf = (db: Db, userId: string, limit: number): RequestRow[] =>
  db.select().from(requests).where(eq(requests.userId, userId)).orderBy(desc(requests.askedAt)).limit(limit).all()

export const findSettings = (db: Db, userId: string) =>
  db.select().from(approvalSettings).where(eq(approvalSettings.userId, userId)).get()
export const putSettings = (tx: Tx, row: typeof approvalSettings.$inferInsert): void =>
  void tx.db
    .insert(approvalSettings)
    .values(row)
    .onConflictDoUpdate({
      target: approvalSettings.userId,
      set: { pendingMs: row.pendingMs, approvedMs: row.approvedMs },
    })
    .run()

/** Payloads of calls that are over; digests stay, so the record still proves what they were. */
export const prunePayloads = (tx: Tx, askedBefore: number): number =>
  tx.db
    .update(requests)
    .set({ arguments: null, result: null })
    .where(
      and(
        lte(requests.askedAt, askedBefore),
        or(isNotNull(requests.arguments), isNotNull(requests.result)),
        sql`state not in ('pending','approved','executing')`,
      ),
    )
    .returning({ id: requests.id })
    .all().length
