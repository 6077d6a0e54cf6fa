import { afterAll, beforeAll, expect, test } from 'bun:test'
import { type App, startApp } from '../harness/app.ts'
import { allRows } from '../harness/tables.ts'
import { TestClock } from '../harness/test-clock.ts'
import { Wire } from '../harness/wire.ts'

const CLIENT_INFO = 'io.modelcontextprotocol/clientInfo'
const clock = new TestClock()
let app: App

beforeAll(async () => {
  app = await startApp({ clock })
})
afterAll(() => app.stop())

const programOf = async (id: string) => (await app.rooms.identity.agents.find(app.userId, id))?.program

test('an agent that calls itself something else in each request is noted a few times a minute, and no page hears of the rest', async () => {
  const { id, key } = await app.newKey()
  const wire = new Wire(app.origin, key)
  const listAs = (name: string) => wire.modern('tools/list', '{}', { meta: { [CLIENT_INFO]: { name, version: '1' } } })
  await listAs('the first')
  let news = 0
  const unlisten = app.rooms.identity.agents.onChange(() => news++)
  for (let i = 0; i < 100; i++) expect((await listAs(`program ${i}`)).status).toBe(200)
  expect(news).toBeGreaterThan(0)
  expect(news).toBeLessThanOrEqual(10)
  await clock.advance(60_000)
  await listAs('the last')
  expect(await programOf(id)).toBe('the last 1')
  unlisten()
})

test('a key that calls from another address each time is written down a few times a minute', async () => {
  const { key } = await app.newKey()
  const { resolve } = app.rooms.identity.agents
  const seen = new Set<string>()
  for (let i = 0; i < 100; i++) {
    expect(await resolve(key, { address: `203.0.113.${i}`, program: null })).not.toBeNull()
    seen.add(JSON.stringify(allRows(app.dataDir).agents))
  }
  expect(seen.size).toBeGreaterThan(1)
  expect(seen.size).toBeLessThanOrEqual(11)
})
