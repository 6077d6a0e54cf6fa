import { Database } from 'bun:sqlite'
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import type { SQL } from 'drizzle-orm'
import { SQLiteSyncDialect } from 'drizzle-orm/sqlite-core'
import {
  type CallFilter,
  callsOf,
  connectionSlugsOf,
  ENDINGS,
  type Ending,
} from '../../src/approvals/history-queries.ts'
import { type App, startApp } from '../harness/app.ts'

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

/** The log only grows: what is asked at each call, page and minute must not look through all of it. */
const ASKED_OFTEN = {
  'how many wait of an agent':
    "state in ('pending','approved') and principal_id = ? and state = 'pending' and expires_at > ?",
  'what waits for a person': "state in ('pending','approved') and user_id = ? and state = 'pending' and expires_at > ?",
  'what is open of a tool': "state in ('pending','approved') and connection_id = ? and tool_name = ?",
  'what has lapsed': "state in ('pending','approved') and expires_at <= ?",
  'what is executing': "state = 'executing' and claimed_at <= ?",
  'what is the same':
    "principal_id = ? and connection_id = ? and tool_name = ? and arguments_hash = ? and (state in ('pending','approved','denied') or (state = 'executing' and decision_mode <> 'policy'))",
  'what can be pruned': 'user_id = ? and asked_at > ? and asked_at <= ?',
}

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
  ...ENDINGS.map((ending): [string, CallFilter, string] => [
    `the ending ${ending}`,
    { ending },
    BY_ENDING[ending] ?? 'requests_went_wrong',
  ]),
]

test.each(Object.entries(ASKED_OFTEN))('%s is found by an index', (_, where) => {
  const plan = sqlite.query(`EXPLAIN QUERY PLAN SELECT id FROM requests WHERE ${where}`).all() as { detail: string }[]
  expect(plan.map((step) => step.detail).join()).toContain('USING')
  expect(plan.map((step) => step.detail).join()).toMatch(/INDEX requests_/)
})

test('the conditions are those that the rooms ask with', async () => {
  const source = await Bun.file(join(import.meta.dir, '../../src/store/schema/approvals.ts')).text()
  for (const literal of ["state in ('pending','approved')", "state = 'executing'"]) expect(source).toContain(literal)
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

test('the connections that were called are looked up one by one, not gathered from all calls', () => {
  const asked: string[] = []
  const spy = { all: (query: SQL) => asked.push(new SQLiteSyncDialect().sqlToQuery(query).sql) && [] }
  connectionSlugsOf(spy as never, 'user')
  const plan = sqlite.query(`EXPLAIN QUERY PLAN ${asked[0]}`).all('user', 'user') as { detail: string }[]
  const reads = plan.map((step) => step.detail).filter((detail) => detail.includes('requests'))
  expect(reads).toEqual([
    'SEARCH requests USING COVERING INDEX requests_connection (user_id=?)',
    'SEARCH requests USING COVERING INDEX requests_connection (user_id=? AND connection_slug>?)',
  ])
})
