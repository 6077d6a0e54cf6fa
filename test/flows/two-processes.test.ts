import { afterAll, beforeAll, expect, test } from 'bun:test'
import { join } from 'node:path'
import type { Outcome } from '../../src/approvals/approvals.ts'
import { type Agent, outcome, requestId } from '../harness/agent.ts'
import { type App, startApp } from '../harness/app.ts'
import { FarEnd } from '../harness/far-end.ts'
import { LineProcess } from '../harness/line-process.ts'

const ROUNDS = 10

let app: App
let far: FarEnd
let agent: Agent
let key: { id: string; key: string }
/** Other processes with rooms over the same data directory. */
let claimers: LineProcess[]

const claim = async (claimer: LineProcess, id: string, startAt: number) =>
  (await claimer.ask(`${id} ${key.id} ${app.userId} ${startAt}`)) as Outcome

beforeAll(async () => {
  far = new FarEnd().start()
  far.act = (call) => ({ content: [{ type: 'text', text: `run ${call.arguments.n}` }] })
  app = await startApp()
  await app.install('far', far.url)
  key = await app.newKey()
  agent = await app.agent('v2-2026', key.key)
  claimers = [1, 2].map(() => new LineProcess(join(import.meta.dir, '../harness/claimer.ts'), app.dataDir))
  for (const claimer of claimers) await claimer.ready()
})
afterAll(async () => {
  for (const claimer of claimers) await claimer.stop()
  await agent.close()
  await app.stop()
  await far.stop()
})

test('two processes that claim one approved request at once run it once, and both have its result', async () => {
  for (let n = 0; n < ROUNDS; n++) {
    const before = far.calls.length
    const id = requestId(await agent.call('far', 'run', { n }))
    await app.rooms.approvals.decide(app.userId, id, { mode: 'once' })
    const startAt = Date.now() + 25
    const outcomes = await Promise.all(claimers.map((claimer) => claim(claimer, id, startAt)))
    expect(far.calls.slice(before).map((call) => call.arguments)).toEqual([{ n }])
    for (const each of outcomes) {
      expect(each).toMatchObject({ word: 'executed', requestId: id })
      expect(each.word === 'executed' && each.resultJson).toContain(`run ${n}`)
    }
    expect(outcome(await agent.await(id))).toBe('executed')
  }
  expect(far.calls).toHaveLength(ROUNDS)
  expect((await app.rooms.audit.verify()).fault).toBeNull()
})

test('a decision in one process ends the waits in the others, and still there is one run', async () => {
  for (let n = 100; n < 103; n++) {
    const before = far.calls.length
    const id = requestId(await agent.call('far', 'run', { n }))
    const waits = [...claimers.map((claimer) => claim(claimer, id, 0)), agent.await(id).then(outcome)]
    await Bun.sleep(50)
    await app.rooms.approvals.decide(app.userId, id, { mode: 'once' })
    const ends = await Promise.all(waits)
    expect(ends.map((end) => (typeof end === 'object' && end !== null && 'word' in end ? end.word : end))).toEqual([
      'executed',
      'executed',
      'executed',
    ])
    expect(far.calls.slice(before)).toHaveLength(1)
  }
})

test('a denial against claims from two processes runs nothing', async () => {
  const before = far.calls.length
  const id = requestId(await agent.call('far', 'run', { n: 200 }))
  const waits = claimers.map((claimer) => claim(claimer, id, 0))
  await app.rooms.approvals.decide(app.userId, id, { mode: 'deny', reason: 'no' })
  for (const end of await Promise.all(waits)) expect(end).toMatchObject({ word: 'denied', reason: 'no' })
  expect(far.calls).toHaveLength(before)
})
