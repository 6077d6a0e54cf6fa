import type { Store } from '../store/store.ts'
import * as rows from './history-queries.ts'
import { type LastCall, lastCallsOf } from './last-call-queries.ts'
import { concernTheSame } from './nearly-same.ts'
import type { RequestRow } from './queries.ts'
import { callsByIds, looker } from './search-queries.ts'
import { type Found, searchCalls } from './searching.ts'

export {
  type CallFilter,
  type CallPlace,
  DECISIONS,
  type Decided,
  ENDINGS,
  type Ending,
  type PastCall,
} from './history-queries.ts'
export type { LastCall } from './last-call-queries.ts'
export type { Found } from './searching.ts'

/** Opaque to whoever follows it. */
export const writePlace = ({ askedAt, id }: rows.CallPlace): string => `${askedAt}.${id}`

export const placeOf = (call: rows.PastCall | undefined): rows.CallPlace | null =>
  call ? { askedAt: call.askedAt, id: call.id } : null

/** Null for what is none of ours. */
export function readPlace(text: string): rows.CallPlace | null {
  const [, askedAt, id] = /^(\d{1,15})\.([0-9a-z]{1,40})$/.exec(text) ?? []
  return askedAt === undefined || id === undefined ? null : { askedAt: Number(askedAt), id }
}

export interface CallPage {
  calls: rows.PastCall[]
  /** Where the next page begins; null on the last. */
  older: rows.CallPlace | null
}

export interface NewerPage {
  calls: rows.PastCall[]
  newer: rows.CallPlace | null
}

/** Calls since a time: all, by who decided, and those that did not end well. */
export interface Numbers {
  all: number
  byPolicy: number
  approved: number
  denied: number
  failed: number
  unknown: number
  toolErrors: number
  refused: number
}

/** What a person was asked before a call about the same tool of the same account, and how that went. Newest first. */
export interface Earlier {
  calls: (rows.PastCall & { isSame: boolean })[]
  /** Whether there are older ones, which nobody looked at. */
  more: boolean
  /** The newest that was about the same thing and differs in something, with what it was called with. */
  alike: { call: rows.PastCall; arguments: string } | null
}

/** The log as a person reads it, and how long it keeps what was sent and answered. */
export interface History {
  /** Newest first, from behind `before`. */
  calls(userId: string, filter: rows.CallFilter, before: rows.CallPlace | null, limit?: number): Promise<CallPage>
  /** The page before: what comes next after a place, also newest first. `newer` is where the page before that one ends. */
  callsAfter(userId: string, filter: rows.CallFilter, after: rows.CallPlace): Promise<NewerPage>
  /** How many came after a place, counted up to MOST_NEWER. */
  countAfter(userId: string, filter: rows.CallFilter, after: rows.CallPlace): Promise<number>
  /** Those of the calls with this text in what was asked or said, newest first; looks through so many as it can in a moment. */
  search(userId: string, filter: rows.CallFilter, text: string, before: rows.CallPlace | null): Promise<Found>
  numbers(userId: string, since: number): Promise<Numbers>
  /** How many there are; whoever asks is not waited for beyond MOST_TOTAL. */
  count(userId: string, filter: rows.CallFilter): Promise<{ calls: number; isExact: boolean }>
  /** How the like of a call was answered before it. */
  earlier(call: RequestRow): Promise<Earlier>
  /** When each tool was last asked for, of one connection or of all that are there. A tool that never was is not among them. */
  lastCalls(userId: string, connectionId?: string): Promise<LastCall[]>
  /** The connections that calls were meant for, also those that are gone or never were: the first MOST_SLUGS by name. */
  connectionSlugs(userId: string): Promise<string[]>
  /** Forgets arguments and results of calls that are over and older than their user wants them kept. */
  prune(): Promise<void>
}

export const CALLS_PER_PAGE = 50
export const MOST_TOTAL = 10_000
export const MOST_NEWER = 100
/** An agent may call for connections that do not exist, each time for another. */
const MOST_SLUGS = 200
/** A person learns nothing from more; so a page costs the same however often a tool was asked for. */
export const MOST_EARLIER = 200
const MOST_COMPARED = 20
const LONGEST_COMPARED = 64 * 1024
/** So many calls a step, since nobody else is served during one. */
const PRUNED_AT_ONCE = 500

export function createHistory({
  store,
  users,
  keptMs,
}: {
  store: Store
  users: () => Promise<{ id: string }[]>
  keptMs: (userId: string) => number
}): History {
  /** By user: what was pruned once need not be looked through again. */
  const prunedUntil = new Map<string, number>()

  async function prune(userId: string): Promise<void> {
    const until = store.clock.now() - keptMs(userId)
    // What is still open stays whole, and is come back for.
    const open = rows.oldestOpenOf(store.db, userId)
    let from = prunedUntil.get(userId) ?? 0
    while (from < until) {
      const to = rows.askedAtAfter(store.db, userId, from, until, PRUNED_AT_ONCE - 1) ?? until
      store.quickTransaction((tx) => rows.prunePayloads(tx, userId, from, to))
      from = to
      await Bun.sleep(0)
    }
    prunedUntil.set(userId, open === null ? from : Math.min(from, open - 1))
  }

  function newestAlike(call: RequestRow, calls: (rows.PastCall & { argumentsHash: string })[]): Earlier['alike'] {
    if (call.arguments === null || call.arguments.length > LONGEST_COMPARED) return null
    const others = calls.filter(({ argumentsHash }) => argumentsHash !== call.argumentsHash).slice(0, MOST_COMPARED)
    const kept = rows.argumentsOf(
      store.db,
      others.map(({ id }) => id),
      LONGEST_COMPARED,
    )
    const argumentsOf = new Map(kept.map((each) => [each.id, each.arguments]))
    for (const each of others) {
      const json = argumentsOf.get(each.id)
      if (json && concernTheSame(JSON.parse(json), JSON.parse(call.arguments))) return { call: each, arguments: json }
    }
    return null
  }

  return {
    async calls(userId, filter, before, limit = CALLS_PER_PAGE) {
      // One more than is shown tells whether there is a next page.
      const found = rows.callsOf(store.db, userId, filter, before, limit + 1).all()
      const calls = found.slice(0, limit)
      return { calls, older: found.length > limit ? placeOf(calls.at(-1)) : null }
    },
    async callsAfter(userId, filter, after) {
      const found = rows.callsAfter(store.db, userId, filter, after, CALLS_PER_PAGE + 1).all()
      const calls = found.slice(0, CALLS_PER_PAGE).reverse()
      return { calls, newer: found.length > CALLS_PER_PAGE ? placeOf(calls[0]) : null }
    },
    countAfter: async (userId, filter, after) => rows.countCallsAfter(store.db, userId, filter, after, MOST_NEWER),
    async search(userId, filter, text, before) {
      const look = looker(store.db, userId, filter, text)
      const { ids, ...end } = await searchCalls(look, before, CALLS_PER_PAGE)
      return { calls: callsByIds(store.db, ids), ...end }
    },
    async numbers(userId, since) {
      const ended = (ending: rows.Ending) => rows.countEndedSince(store.db, userId, ending, since)
      return {
        ...rows.countDecidedSince(store.db, userId, since),
        failed: ended('failed'),
        unknown: ended('unknown'),
        toolErrors: ended('tool_error'),
        refused: ended('refused'),
      }
    },
    async count(userId, filter) {
      const calls = rows.countCallsOf(store.db, userId, filter, MOST_TOTAL + 1)
      return { calls: Math.min(calls, MOST_TOTAL), isExact: calls <= MOST_TOTAL }
    },
    async earlier(call) {
      const found = rows.answeredBefore(store.db, call, MOST_EARLIER + 1).all()
      const calls = found.slice(0, MOST_EARLIER)
      return {
        calls: calls.map((each) => ({ ...each, isSame: each.argumentsHash === call.argumentsHash })),
        more: found.length > MOST_EARLIER,
        alike: newestAlike(call, calls),
      }
    },
    lastCalls: async (userId, connectionId) => lastCallsOf(store.db, userId, connectionId ?? null),
    connectionSlugs: async (userId) => rows.connectionSlugsOf(store.db, userId, MOST_SLUGS),
    async prune() {
      for (const { id } of await users()) await prune(id)
    },
  }
}
