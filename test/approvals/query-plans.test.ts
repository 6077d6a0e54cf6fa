import { Database } from 'bun:sqlite'
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { join } from 'node:path'
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

test.each(Object.entries(ASKED_OFTEN))('%s is found by an index', (_, where) => {
  const plan = sqlite.query(`EXPLAIN QUERY PLAN SELECT id FROM requests WHERE ${where}`).all() as { detail: string }[]
  expect(plan.map((step) => step.detail).join()).toContain('USING')
  expect(plan.map((step) => step.detail).join()).toMatch(/INDEX requests_/)
})

test('the conditions are those that the rooms ask with', async () => {
  const source = await Bun.file(join(import.meta.dir, '../../src/store/schema/approvals.ts')).text()
  for (const literal of ["state in ('pending','approved')", "state = 'executing'"]) expect(source).toContain(literal)
})
