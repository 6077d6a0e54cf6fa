import { afterAll, beforeAll, expect, test } from 'bun:test'
import { type App, startApp } from '../harness/app.ts'
import type { Person } from '../harness/person.ts'
import { TestClock } from '../harness/test-clock.ts'
import { Wire } from '../harness/wire.ts'

const MINUTE = 60_000
const clock = new TestClock()
let app: App
let person: Person

beforeAll(async () => {
  app = await startApp({ clock })
  person = await app.person()
})
afterAll(() => app.stop())

const arrived = async (since: number) => (await person.get(`/connect/arrivals?since=${since}`)).text()

test('who has called before is no arrival, however busy; who calls for the first time is', async () => {
  const [busy, fresh] = [await app.newKey('the busy one'), await app.newKey('the fresh one')]
  const call = (key: string) => new Wire(app.origin, key).modern('tools/list')
  await call(busy.key)
  await clock.advance(2 * MINUTE)
  const since = clock.now()
  await call(busy.key)
  expect(await arrived(since)).toContain('Nobody has called yet.')
  await call(fresh.key)
  await clock.advance(2 * MINUTE)
  await call(fresh.key)
  expect(await arrived(since)).toContain('the fresh one')
  expect(await arrived(since)).not.toContain('the busy one')
})
