import { Database } from 'bun:sqlite'
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import type { SQL } from 'drizzle-orm'
import { SQLiteSyncDialect } from 'drizzle-orm/sqlite-core'
import {
  answeredBefore,
  askedAtAfter,
  type CallFilter,
  callsAfter,
  callsOf,
  connectionSlugsOf,
  countCallsAfter,
  countCallsOf,
  countDecidedSince,
  countEndedSince,
  ENDINGS,
  type Ending,
  prunePayloads,
} from '../../src/approvals/history-queries.ts'
import * as rows from '../../src/approvals/queries.ts'
import { looker } from '../../src/approvals/search-queries.ts'
import type { Db, Tx } from '../../src/store/store.ts'
import { type App, startApp } from '../harness/app.ts'
import { statementsOf } from '../harness/statements.ts'

let app: App
let sqlite: Database

beforeAll(async () => {
  app = await startApp()
  sqlite = new Database(join(app.dataDir, 'agentport.db'), { readonly: true })
})
afterAll(async () => {
  sqlite.close()
  await app.stop()
})

const inTransaction = (act: (tx: Tx) => void) => app.rooms.store.transaction((tx) => void act(tx))
const CALL = { principalId: 'x', connectionId: 'x', toolName: 'x', argumentsHash: 'x' }

/** The log only grows: what is asked at each call, page and minute must look through none of what is over. */
const ASKED_OFTEN: [what: string, act: () => void, index: string][] = [
  ['how many wait of an agent', () => inTransaction((tx) => rows.countPending(tx, 'x')), 'waiting_principal'],
  ['what is open of an agent', () => inTransaction((tx) => rows.openOfPrincipal(tx, 'x')), 'waiting_principal'],
  ['which agents have something open', () => rows.agentsWaiting(app.rooms.store.db), 'waiting_principal'],
  ['what is open of a connection', () => inTransaction((tx) => rows.openOfConnection(tx, 'x')), 'waiting_connection'],
  ['what is open of a tool', () => inTransaction((tx) => rows.openOfTool(tx, 'x', 'x')), 'waiting_connection'],
  [
    'what is open of another definition',
    () => inTransaction((tx) => rows.openOfOtherDefinition(tx, 'x', 'x', 'x')),
    'waiting_connection',
  ],
  ['what an agent waits for', () => rows.waitingOfAgent(app.rooms.store.db, 'x', 'x', 1), 'waiting_principal'],
  ['what waits for a person', () => rows.waitingOf(app.rooms.store.db, 'x', 1), 'waiting_user'],
  ['how many wait for a person', () => rows.countWaitingOf(app.rooms.store.db, 'x', 1), 'waiting_user'],
  ['what has lapsed', () => rows.overdue(app.rooms.store.db, 1, 1), 'waiting_[a-z]+'],
  ['what is executing', () => rows.executingBefore(app.rooms.store.db, 1), 'executing'],
  ['what is the same', () => rows.requestQueries(app.rooms.store).same(CALL), 'same'],
  ['where the next payloads to prune end', () => askedAtAfter(app.rooms.store.db, 'x', 1, 2, 3), 'user_asked'],
  ['what can be pruned', () => inTransaction((tx) => prunePayloads(tx, 'x', 1, 2)), 'user_asked'],
  ['the newest calls', () => rows.recentOf(app.rooms.store.db, 'x', 20), 'user_asked'],
]

/** By index, and in its order: then a page of fifty reads fifty rows, however long the log is. */
const BY_ENDING: Partial<Record<Ending, string>> = {
  pending: 'requests_waiting_user',
  approved: 'requests_waiting_user',
  executing: 'requests_executing',
  // Most calls end so: the next fifty are never far.
  executed: 'requests_user_asked',
}
const LOG: [what: string, filter: CallFilter, index: string][] = [
  ['nothing', {}, 'requests_user_asked'],
  ['an agent', { principalId: 'x' }, 'requests_agent'],
  ['a connection', { connectionSlug: 'x' }, 'requests_connection'],
  ['a tool', { toolName: 'x' }, 'requests_tool'],
  ['a time', { from: 1, until: 2 }, 'requests_user_asked'],
  ['an agent and a time', { principalId: 'x', from: 1, until: 2 }, 'requests_agent'],
  ['a connection and its tool', { connectionSlug: 'x', toolName: 'x' }, 'requests_(tool|connection)'],
  ['what policy let run', { decided: 'policy' }, 'requests_user_asked'],
  ['what a person approved', { decided: 'approved' }, 'requests_not_by_policy'],
  ['what a person denied', { decided: 'denied' }, 'requests_not_by_policy'],
  ...ENDINGS.map((ending): [string, CallFilter, string] => [
    `the ending ${ending}`,
    { ending },
    BY_ENDING[ending] ?? 'requests_went_wrong',
  ]),
]

test.each(ASKED_OFTEN)('%s is found by its index', (_, act, index) => {
  const asked = statementsOf(app.rooms.store, act).filter((text) => !text.startsWith('insert'))
  const plans = asked.map((text) => sqlite.query(`EXPLAIN QUERY PLAN ${text}`).all() as { detail: string }[])
  const searched = plans.map((plan) =>
    plan.map((step) => step.detail).find((detail) => detail.includes(`INDEX requests_`)),
  )
  expect(searched.filter((detail) => detail !== undefined)).toEqual([
    expect.stringMatching(new RegExp(`USING (COVERING )?INDEX requests_${index}\\b`)),
  ])
})

describe.each([
  ['the first page', null],
  ['a later page', { askedAt: 1, id: 'x' }],
])('%s of the log', (_, before) => {
  test.each(LOG)('filtered by %s is found by its index', (_, filter, index) => {
    const { sql, params } = callsOf(app.rooms.store.db, 'user', filter, before, 51).toSQL()
    const plan = sqlite.query(`EXPLAIN QUERY PLAN ${sql}`).all(...(params as string[])) as { detail: string }[]
    const steps = plan.map((step) => step.detail)
    expect(steps[0]).toMatch(new RegExp(`USING INDEX ${index}\\b`))
    // Few run at a time. Else only calls of one millisecond are sorted.
    if (filter.ending !== 'executing') expect(steps.slice(1)).toEqual(['USE TEMP B-TREE FOR LAST TERM OF ORDER BY'])
  })
})

test.each(LOG)('how many there are, filtered by %s, is counted by the same index', (_, filter, index) => {
  const counting =
    statementsOf(app.rooms.store, () => void countCallsOf(app.rooms.store.db, 'user', filter, 10)).at(-1) ?? ''
  const plan = sqlite.query(`EXPLAIN QUERY PLAN ${counting}`).all() as { detail: string }[]
  const search = plan.find(({ detail }) => detail.includes('requests'))
  expect(search?.detail).toMatch(new RegExp(`USING (COVERING )?INDEX ${index}\\b`))
})

test('how the like of a call was answered is read off an index that allowed calls are not in, and in its order', () => {
  const call = { id: 'x', userId: 'x', connectionId: 'x', fingerprint: 'x', toolName: 'x', askedAt: 1 }
  const { sql, params } = answeredBefore(app.rooms.store.db, call, 201).toSQL()
  const plan = sqlite.query(`EXPLAIN QUERY PLAN ${sql}`).all(...(params as string[])) as { detail: string }[]
  expect(plan.map((step) => step.detail)).toEqual([
    'SEARCH requests USING INDEX requests_answered (user_id=? AND connection_id=? AND tool_name=? AND asked_at<?)',
    'USE TEMP B-TREE FOR LAST TERM OF ORDER BY',
  ])
})

const PLACE = { askedAt: 1, id: 'x' }
const ALSO_BY_FILTER: [what: string, ask: (db: Db, filter: CallFilter) => unknown][] = [
  ['the page before', (db, filter) => callsAfter(db, 'user', filter, PLACE, 51).all()],
  ['how many are new', (db, filter) => countCallsAfter(db, 'user', filter, PLACE, 100)],
  ['what is looked through for a text', (db, filter) => looker(db, 'user', filter, 'text')(PLACE, 50)],
]
describe.each(ALSO_BY_FILTER)('%s', (_, ask) => {
  test.each(LOG)('filtered by %s is found by the same index', (_, filter, index) => {
    const { store } = app.rooms
    const asked = statementsOf(store, () => void ask(store.db, filter)).at(-1) ?? ''
    const plan = sqlite.query(`EXPLAIN QUERY PLAN ${asked}`).all() as { detail: string }[]
    expect(plan[0]?.detail).toMatch(new RegExp(`USING (COVERING )?INDEX ${index}\\b`))
  })
})

test('a day is counted along indexes that hold what is counted and nothing else', () => {
  const { store } = app.rooms
  const planned = (act: () => void) =>
    statementsOf(store, act).map((text) => {
      const plan = sqlite.query(`EXPLAIN QUERY PLAN ${text}`).all() as { detail: string }[]
      return plan.map((step) => step.detail.replace('COVERING ', '')).join()
    })
  expect(planned(() => void countDecidedSince(store.db, 'user', 1))).toEqual([
    'SEARCH requests USING INDEX requests_user_asked (user_id=? AND asked_at>?)',
    ...Array(3).fill('SEARCH requests USING INDEX requests_not_by_policy (user_id=? AND <expr>=? AND asked_at>?)'),
  ])
  for (const ending of ['failed', 'unknown', 'refused', 'tool_error'] as const) {
    expect(planned(() => void countEndedSince(store.db, 'user', ending, 1))).toEqual([
      'SEARCH requests USING INDEX requests_went_wrong (user_id=? AND state=? AND asked_at>?)',
    ])
  }
})

test('the connections that were called are looked up one by one, not gathered from all calls', () => {
  const asked: string[] = []
  const spy = { all: (query: SQL) => asked.push(new SQLiteSyncDialect().sqlToQuery(query).sql) && [] }
  connectionSlugsOf(spy as never, 'user', 10)
  const plan = sqlite.query(`EXPLAIN QUERY PLAN ${asked[0]}`).all('user', 'user', 10) as { detail: string }[]
  const reads = plan.map((step) => step.detail).filter((detail) => detail.includes('requests'))
  expect(reads).toEqual([
    'SEARCH requests USING COVERING INDEX requests_connection (user_id=?)',
    'SEARCH requests USING COVERING INDEX requests_connection (user_id=? AND connection_slug>?)',
  ])
})
