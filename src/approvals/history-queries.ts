import { and, desc, eq, gt, gte, isNotNull, lt, lte, min, or, type SQL, sql } from 'drizzle-orm'
import { EXECUTING, requests, WAITING, WENT_WRONG } from '../store/schema/approvals.ts'
import type { Db, Tx } from '../store/store.ts'

/** How a call stands or ended, as a person tells calls apart: a tool that ran and reported an error is not one that did its work. */
export const ENDINGS = [
  'pending',
  'approved',
  'executing',
  'executed',
  'tool_error',
  'failed',
  'unknown',
  'denied',
  'expired',
  'refused',
] as const
export type Ending = (typeof ENDINGS)[number]

/** What is absent does not matter. */
export interface CallFilter {
  principalId?: string
  connectionSlug?: string
  toolName?: string
  ending?: Ending
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
const SHOWN = {
  id: requests.id,
  userId: requests.userId,
  state: requests.state,
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
  const { principalId, connectionSlug, toolName, ending, from, until } = filter
  // The plus hides the condition from the planner, which knows nothing of how often a value occurs and would take the user's whole log.
  const ofUser =
    principalId !== undefined || ending === 'executing'
      ? sql`+${requests.userId} = ${userId}`
      : eq(requests.userId, userId)
  return db
    .select(SHOWN)
    .from(requests)
    .where(
      and(
        ofUser,
        principalId === undefined ? undefined : eq(requests.principalId, principalId),
        connectionSlug === undefined ? undefined : eq(requests.connectionSlug, connectionSlug),
        toolName === undefined ? undefined : eq(requests.toolName, toolName),
        ending === undefined ? undefined : endsAs(ending),
        from === undefined ? undefined : gte(requests.askedAt, from),
        until === undefined ? undefined : lt(requests.askedAt, until),
        before === null ? undefined : sql`(${requests.askedAt}, ${requests.id}) < (${before.askedAt}, ${before.id})`,
      ),
    )
    .orderBy(desc(requests.askedAt), desc(requests.id))
    .limit(limit)
}

/** With the condition of the partial index that holds these calls, to the letter. */
function endsAs(ending: Ending): SQL | undefined {
  switch (ending) {
    case 'pending':
    case 'approved':
      return and(WAITING, eq(requests.state, ending))
    case 'executing':
      return EXECUTING
    case 'executed':
      return and(eq(requests.state, 'executed'), eq(requests.isError, false))
    case 'tool_error':
      return and(sql`(${WENT_WRONG})`, eq(requests.state, 'executed'), eq(requests.isError, true))
    default:
      return and(sql`(${WENT_WRONG})`, eq(requests.state, ending))
  }
}

/** Every connection that a call of this user went to, gone or not: one step down the index for each, however many calls there are. */
export const connectionSlugsOf = (db: Db, userId: string): string[] =>
  db
    .all<{ slug: string }>(sql`
      WITH RECURSIVE seen(slug) AS (
        SELECT min(connection_slug) FROM requests WHERE user_id = ${userId}
        UNION ALL
        SELECT (SELECT min(connection_slug) FROM requests WHERE user_id = ${userId} AND connection_slug > seen.slug)
        FROM seen WHERE seen.slug IS NOT NULL
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
