import { and, asc, count, desc, eq, gt, gte, inArray, isNotNull, lt, lte, min, or, type SQL, sql } from 'drizzle-orm'
import type { SQLiteColumn } from 'drizzle-orm/sqlite-core'
import {
  ANSWERED,
  EXECUTING,
  NOT_BY_POLICY,
  requests,
  SAID_YES,
  WAITING,
  WENT_WRONG,
} from '../store/schema/approvals.ts'
import type { Db, Tx } from '../store/store.ts'
import { STATES, type State } from './lifecycle.ts'

/** How a call stands or ended, as a person tells calls apart: a tool that ran and reported an error is not one that did its work. */
export type Ending = State | 'tool_error'
export const ENDINGS: readonly Ending[] = STATES.flatMap((state): Ending[] =>
  state === 'executed' ? [state, 'tool_error'] : [state],
)

/** Who said that a call may run, or may not: nobody but the policy, or a person. */
export const DECISIONS = ['policy', 'approved', 'denied'] as const
export type Decided = (typeof DECISIONS)[number]

/** What is absent does not matter. */
export interface CallFilter {
  principalId?: string
  connectionSlug?: string
  toolName?: string
  ending?: Ending
  decided?: Decided
  /** Asked at this time or later. */
  from?: number
  /** Asked before this time. */
  until?: number
}

/** The place of a call in the log. The id decides between calls of one millisecond. */
export interface CallPlace {
  askedAt: number
  id: string
}

/** Without payloads: they may be a megabyte each, and a list shows none. */
export const SHOWN = {
  id: requests.id,
  userId: requests.userId,
  state: requests.state,
  principalId: requests.principalId,
  principalKind: requests.principalKind,
  principalName: requests.principalName,
  connectionSlug: requests.connectionSlug,
  connectionName: requests.connectionName,
  toolName: requests.toolName,
  definitionHash: requests.definitionHash,
  askedAt: requests.askedAt,
  expiresAt: requests.expiresAt,
  decisionMode: requests.decisionMode,
  decidedBy: requests.decidedBy,
  decidedAt: requests.decidedAt,
  reason: requests.reason,
  settledAt: requests.settledAt,
  durationMs: requests.durationMs,
  outcome: requests.outcome,
  isError: requests.isError,
}

export type PastCall = ReturnType<ReturnType<typeof callsOf>['all']>[number]

/** Newest first. A statement not run yet, so that a test can see how SQLite would. */
export function callsOf(db: Db, userId: string, filter: CallFilter, before: CallPlace | null, limit: number) {
  return db
    .select(SHOWN)
    .from(requests)
    .where(and(matches(db, userId, filter), before === null ? undefined : isOlder(before)))
    .orderBy(desc(requests.askedAt), desc(requests.id))
    .limit(limit)
}

/** The next ones after a place, oldest first. */
export function callsAfter(db: Db, userId: string, filter: CallFilter, after: CallPlace, limit: number) {
  return db
    .select(SHOWN)
    .from(requests)
    .where(and(matches(db, userId, filter), isNewer(after)))
    .orderBy(asc(requests.askedAt), asc(requests.id))
    .limit(limit)
}

export const isOlder = ({ askedAt, id }: CallPlace): SQL =>
  sql`(${requests.askedAt}, ${requests.id}) < (${askedAt}, ${id})`
const isNewer = ({ askedAt, id }: CallPlace): SQL => sql`(${requests.askedAt}, ${requests.id}) > (${askedAt}, ${id})`

/** How many came after a place, counted no further than `most`. */
export const countCallsAfter = (db: Db, userId: string, filter: CallFilter, after: CallPlace, most: number): number =>
  db
    .select({ id: requests.id })
    .from(requests)
    .where(and(matches(db, userId, filter), isNewer(after)))
    .orderBy(asc(requests.askedAt))
    .limit(most)
    .all().length

/** How many there are, counted no further than `most`. */
export const countCallsOf = (db: Db, userId: string, filter: CallFilter, most: number): number =>
  db
    .select({ n: count() })
    .from(
      db
        .select({ id: requests.id })
        .from(requests)
        .where(matches(db, userId, filter))
        .orderBy(desc(requests.askedAt))
        .limit(most)
        .as('counted'),
    )
    .get()?.n ?? 0

/** Everything that a filter asks for, led by its rarest condition. */
export function matches(db: Db, userId: string, filter: CallFilter): SQL | undefined {
  const { from, until } = filter
  const conditions = conditionsOf(userId, filter)
  const leader = rarest(db, conditions)
  return and(
    leader?.search ?? eq(requests.userId, userId),
    ...conditions.filter((each) => each !== leader).map(({ check }) => check),
    from === undefined ? undefined : gte(requests.askedAt, from),
    until === undefined ? undefined : lt(requests.askedAt, until),
  )
}

/**
 * What a filter asks for, in two forms. A plus before a column hides the condition from SQLite's planner, which does not know how often
 * a value occurs and would as soon walk through half of the log as through five calls.
 */
interface Condition {
  /** With the user's, so that its own index is searched; null where it has none. */
  search: SQL | null
  /** For calls found otherwise. */
  check: SQL
}

function conditionsOf(userId: string, filter: CallFilter): Condition[] {
  const { principalId, connectionSlug, toolName, ending, decided } = filter
  const ofUser = sql`${requests.userId} = ${userId}`
  const conditions: Condition[] = []
  const add = (column: SQLiteColumn, value: string | undefined, user: SQL) => {
    if (value === undefined) return
    conditions.push({ search: sql`${user} and ${column} = ${value}`, check: sql`+${column} = ${value}` })
  }
  if (ending !== undefined) conditions.push(endsAs(ending, ofUser))
  if (decided !== undefined) conditions.push(decidedAs(decided, ofUser))
  add(requests.principalId, principalId, sql`+${ofUser}`)
  add(requests.connectionSlug, connectionSlug, ofUser)
  add(requests.toolName, toolName, ofUser)
  return conditions
}

/** A search repeats the condition of the partial index that holds these calls, to the letter. */
function endsAs(ending: Ending, ofUser: SQL): Condition {
  const is = (state: string) => sql`${requests.state} = ${state}`
  switch (ending) {
    case 'pending':
    case 'approved':
      return { search: sql`${ofUser} and ${WAITING} and ${is(ending)}`, check: sql`+${is(ending)}` }
    case 'executing':
      return { search: sql`+${ofUser} and ${EXECUTING}`, check: sql`+${is(ending)}` }
    case 'executed':
      // Most calls end so: the next fifty are never far.
      return { search: null, check: sql`+${is(ending)} and ${requests.isError} = 0` }
    case 'tool_error': {
      const erred = sql`${is('executed')} and ${requests.isError} = 1`
      return { search: sql`${ofUser} and (${WENT_WRONG}) and ${erred}`, check: sql`+${erred}` }
    }
    default:
      return { search: sql`${ofUser} and (${WENT_WRONG}) and ${is(ending)}`, check: sql`+${is(ending)}` }
  }
}

function decidedAs(decided: Decided, ofUser: SQL): Condition {
  // As those that ran well, these are most.
  if (decided === 'policy') return { search: null, check: sql`+${requests.decisionMode} = 'policy'` }
  const word = sql`${NOT_BY_POLICY} and ${SAID_YES} = ${decided === 'approved' ? 1 : 0}`
  return { search: sql`${ofUser} and ${word}`, check: sql`+(${word})` }
}

/** Counting further would cost more than it saves. */
const COUNTED_AT_MOST = 1_000

/** The condition that the fewest calls meet. One alone needs no counting. */
function rarest(db: Db, conditions: Condition[]): Condition | undefined {
  const searchable = conditions.filter(({ search }) => search !== null)
  if (searchable.length < 2) return searchable[0]
  const counted = searchable.map((condition) => {
    const some = sql`SELECT 1 FROM ${requests} WHERE ${condition.search} LIMIT ${COUNTED_AT_MOST}`
    return { condition, calls: db.all<object>(some).length }
  })
  return counted.sort((a, b) => a.calls - b.calls)[0]?.condition
}

type OneCall = Pick<
  typeof requests.$inferSelect,
  'id' | 'userId' | 'connectionId' | 'fingerprint' | 'toolName' | 'askedAt'
>

/** What a person was asked about the same tool of the same account before this call. Newest first. */
export function answeredBefore(db: Db, call: OneCall, limit: number) {
  const { id, userId, connectionId, fingerprint, toolName, askedAt } = call
  return db
    .select({ ...SHOWN, argumentsHash: requests.argumentsHash })
    .from(requests)
    .where(
      and(
        eq(requests.userId, userId),
        eq(requests.connectionId, connectionId),
        // A yes for the account that the connection led to before says nothing about this one.
        eq(requests.fingerprint, fingerprint),
        eq(requests.toolName, toolName),
        sql`(${ANSWERED})`,
        sql`(${requests.askedAt}, ${requests.id}) < (${askedAt}, ${id})`,
      ),
    )
    .orderBy(desc(requests.askedAt), desc(requests.id))
    .limit(limit)
}

/** Of those of these calls that still have them and are not too long to be compared. */
export const argumentsOf = (db: Db, ids: string[], longest: number) =>
  db
    .select({ id: requests.id, arguments: requests.arguments })
    .from(requests)
    .where(and(inArray(requests.id, ids), sql`length(${requests.arguments}) <= ${longest}`))
    .all()

/** Calls that were asked for since a time, by who decided. */
export function countDecidedSince(db: Db, userId: string, since: number) {
  const number = (condition?: SQL) =>
    db
      .select({ n: count() })
      .from(requests)
      .where(and(eq(requests.userId, userId), condition, gte(requests.askedAt, since)))
      .get()?.n ?? 0
  const said = (word: SQL) => number(sql`${NOT_BY_POLICY} and ${SAID_YES} ${word}`)
  const [all, approved, denied, undecided] = [number(), said(sql`= 1`), said(sql`= 0`), said(sql`is null`)]
  return { all, byPolicy: all - approved - denied - undecided, approved, denied }
}

/** Calls that were asked for since a time and ended so. */
export const countEndedSince = (db: Db, userId: string, ending: Ending, since: number): number =>
  db
    .select({ n: count() })
    .from(requests)
    .where(and(endsAs(ending, sql`${requests.userId} = ${userId}`).search ?? sql`false`, gte(requests.askedAt, since)))
    .get()?.n ?? 0

/** Connections that calls of this user were meant for, gone or not: one step down the index for each, however many calls there are. */
export const connectionSlugsOf = (db: Db, userId: string, most: number): string[] =>
  db
    .all<{ slug: string }>(sql`
      WITH RECURSIVE seen(slug) AS (
        SELECT min(connection_slug) FROM requests WHERE user_id = ${userId}
        UNION ALL
        SELECT (SELECT min(connection_slug) FROM requests WHERE user_id = ${userId} AND connection_slug > seen.slug)
        FROM seen WHERE seen.slug IS NOT NULL LIMIT ${most}
      )
      SELECT slug FROM seen WHERE slug IS NOT NULL`)
    .map(({ slug }) => slug)

/** When the call was asked that comes so many after a time; null when there are fewer up to `until`. */
export const askedAtAfter = (db: Db, userId: string, from: number, until: number, count: number): number | null =>
  db
    .select({ at: requests.askedAt })
    .from(requests)
    .where(and(eq(requests.userId, userId), gt(requests.askedAt, from), lte(requests.askedAt, until)))
    .orderBy(requests.askedAt)
    .limit(1)
    .offset(count)
    .get()?.at ?? null

/** When the oldest call was asked that is not over yet. */
export function oldestOpenOf(db: Db, userId: string): number | null {
  const oldest = (where: SQL) =>
    db
      .select({ at: min(requests.askedAt) })
      .from(requests)
      .where(where)
      .get()?.at ?? null
  const waiting = oldest(sql`${WAITING} and ${requests.userId} = ${userId}`)
  const executing = oldest(sql`${EXECUTING} and +${requests.userId} = ${userId}`)
  return waiting === null || executing === null ? (waiting ?? executing) : Math.min(waiting, executing)
}

/** Payloads of one user's calls that are over, asked between the two times; digests stay, so the record still proves what they were. */
export const prunePayloads = (tx: Tx, userId: string, from: number, until: number): void =>
  void tx.db
    .update(requests)
    .set({ arguments: null, result: null })
    .where(
      and(
        eq(requests.userId, userId),
        gt(requests.askedAt, from),
        lte(requests.askedAt, until),
        or(isNotNull(requests.arguments), isNotNull(requests.result)),
        sql`state not in ('pending','approved','executing')`,
      ),
    )
    .run()
