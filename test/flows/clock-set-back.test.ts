import { Database } from 'bun:sqlite'
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { join } from 'node:path'
import { clockReading } from '../../src/lib/clock.ts'
import { type Agent, outcome, requestId } from '../harness/agent.ts'
import { type App, startApp } from '../harness/app.ts'
import { FarEnd } from '../harness/far-end.ts'
import { HOUR_MS, MINUTE_MS } from '../harness/stage.ts'

let offsetMs = 0
const clock = clockReading(() => Date.now() + offsetMs)
let far: FarEnd
let app: App
let agent: Agent
let asked = 0
const ask = async () => requestId(await agent.call('far', 'run', { n: ++asked }))

beforeAll(async () => {
  far = new FarEnd().start()
  app = await startApp({ clock })
  await app.install('far', far.url)
  agent = await app.agent()
})
afterAll(async () => {
  await agent.close()
  await app.stop()
  await far.stop()
})

test('a decision that came too late stays too late', async () => {
  const id = await ask()
  const person = await app.person()
  offsetMs += 61 * MINUTE_MS
  await person.decide(id, 'once')
  offsetMs -= 61 * MINUTE_MS
  expect(outcome(await agent.await(id, 1))).toBe('expired')
  expect((await app.rooms.approvals.decide(app.userId, id, { mode: 'once' })).decided).toBe(false)
  expect(far.calls).toHaveLength(0)
})

test('a wait lasts as long as was asked for, whatever happens meanwhile', async () => {
  const id = await ask()
  const began = performance.now()
  const waiting = agent.await(id, 1)
  await Bun.sleep(200)
  offsetMs -= 3 * HOUR_MS
  // Another process changes the file, and all who wait look again.
  const other = new Database(join(app.dataDir, 'agentport.db'))
  other.run("INSERT INTO instance_facts (name, value) VALUES ('another', 'process')")
  other.close()
  expect(outcome(await waiting)).toBe('pending')
  expect(performance.now() - began).toBeLessThan(3_000)
}, 8_000)

test('a definition that seems to be read later than now is read again before an approved call', async () => {
  const person = await app.person()
  const id = await ask()
  await person.decide(id, 'once')
  offsetMs -= HOUR_MS
  const listings = () => far.seen.filter((line) => line.endsWith('tools/list')).length
  const before = listings()
  expect(outcome(await agent.await(id, 5))).toBe('executed')
  expect(listings()).toBe(before + 1)
})
