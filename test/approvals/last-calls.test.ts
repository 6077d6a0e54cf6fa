import { Database } from 'bun:sqlite'
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { join } from 'node:path'
import { lastCallsOf } from '../../src/approvals/last-call-queries.ts'
import { applyMigrations, MIGRATIONS } from '../../src/store/migrations.ts'
import { outcome } from '../harness/agent.ts'
import { MINUTE_MS, type Scene, type Stage, startStage } from '../harness/stage.ts'
import { statementsOf } from '../harness/statements.ts'

let stage: Stage
let bank: Scene
let shop: Scene

beforeAll(async () => {
  stage = await startStage()
  bank = await stage.scene([{ name: 'pay' }, { name: 'lend' }, { name: 'never' }])
  shop = await stage.scene([{ name: 'pay' }])
})
afterAll(() => stage.strike())

const lastCalls = async (connectionId?: string) =>
  Object.fromEntries(
    (await stage.app.rooms.approvals.history.lastCalls(stage.app.userId, connectionId)).map((call) => [
      `${call.connectionId === bank.connectionId ? 'bank' : 'shop'} ${call.toolName}`,
      call.at,
    ]),
  )

test('of each tool it is known when it was last asked for, however that ended, and of two with one name apart', async () => {
  await stage.app.setPolicy(bank.slug, 'pay', 'allow')
  await stage.app.setPolicy(bank.slug, 'lend', 'deny')
  await bank.call()
  await stage.clock.advance(MINUTE_MS)
  const later = stage.clock.now()
  await bank.call()
  await bank.agent.call(bank.slug, 'lend')
  await stage.clock.advance(MINUTE_MS)
  await shop.ask()
  expect(await lastCalls()).toEqual({ 'bank pay': later, 'bank lend': later, 'shop pay': stage.clock.now() })
  expect(await lastCalls(bank.connectionId)).toEqual({ 'bank pay': later, 'bank lend': later })
})

test('a name that no tool has, or of no connection, leaves nothing behind', async () => {
  const before = await lastCalls()
  expect(outcome(await bank.agent.call(bank.slug, 'made up'))).toBe('invalid')
  expect(outcome(await bank.agent.call('nowhere', 'made up'))).toBe('invalid')
  expect(await lastCalls()).toEqual(before)
})

test('a connection that is removed takes its own with it', async () => {
  await stage.app.rooms.upstreams.remove(shop.connectionId, 'operator')
  expect(Object.keys(await lastCalls()).toSorted()).toEqual(['bank lend', 'bank pay'])
})

test('they are found by their key, without a look into the log', () => {
  const [asked = ''] = statementsOf(stage.app.rooms.store, () =>
    lastCallsOf(stage.app.rooms.store.db, 'user', 'connection'),
  )
  const sqlite = new Database(join(stage.app.dataDir, 'agentport.db'), { readonly: true })
  const plan = sqlite.query(`EXPLAIN QUERY PLAN ${asked}`).all('user', 'connection') as { detail: string }[]
  sqlite.close()
  expect(plan.map(({ detail }) => detail)).toEqual([
    'SEARCH last_calls USING INDEX sqlite_autoindex_last_calls_1 (user_id=? AND connection_id=?)',
  ])
})

test('a log that was there before has its last calls read out of it', () => {
  const sqlite = new Database(':memory:')
  const at = MIGRATIONS.findIndex(({ tag }) => tag.endsWith('_last_calls'))
  applyMigrations(sqlite, MIGRATIONS.slice(0, at), 1)
  sqlite.run('PRAGMA foreign_keys = OFF')
  sqlite.run(
    `INSERT INTO connections (id, user_id, slug, integration_id, name, url, auth_method, call_timeout_ms, result_limit_bytes, fingerprint, added_at)
     VALUES ('c1', 'u1', 'bank', 'custom', 'bank', 'http://127.0.0.1:9/mcp', 'none', 1, 1, 'f', 1)`,
  )
  for (const [id, connection, askedAt] of [
    ['r1', 'c1', 5],
    ['r2', 'c1', 9],
    ['r3', 'gone', 7],
  ] as const) {
    sqlite.run(
      `INSERT INTO requests (id, user_id, state, principal_id, principal_kind, principal_name, connection_id, connection_slug, connection_name,
         target, fingerprint, tool_name, definition_hash, arguments_hash, asked_at)
       VALUES (?, 'u1', 'executed', 'p', 'api_key', 'p', ?, 'bank', 'bank', 't', 'f', 'pay', 'd', 'a', ?)`,
      [id, connection, askedAt],
    )
  }
  applyMigrations(sqlite, MIGRATIONS.slice(at), 1)
  expect(sqlite.query('SELECT * FROM last_calls').all()).toEqual([
    { user_id: 'u1', connection_id: 'c1', tool_name: 'pay', at: 9 },
  ])
  sqlite.close()
})
