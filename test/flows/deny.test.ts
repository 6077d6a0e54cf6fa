import { afterAll, beforeAll, expect, test } from 'bun:test'
import { outcome, requestId, text } from '../harness/agent.ts'
import { MINUTE_MS, type Stage, startStage } from '../harness/stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => stage.strike())

test('a denial reaches the waiting agent with its reason, as an error, and nothing runs', async () => {
  const scene = await stage.scene()
  const id = await scene.ask({ amount: 100 })
  const waiting = scene.await(id)
  expect((await stage.person.decide(id, 'deny', 'Too much money.')).status).toBe(303)

  const denied = await waiting
  expect(outcome(denied)).toBe('denied')
  expect(denied.isError).toBe(true)
  expect(requestId(denied)).toBe(id)
  expect(text(denied)).toContain('Too much money.')
  expect(text(denied)).toContain('Do not try another way')
  expect(scene.far.calls).toHaveLength(0)
})

test('a denial without a reason says so without inventing one', async () => {
  const scene = await stage.scene()
  const id = await scene.ask()
  await stage.person.decide(id, 'deny')
  const denied = await scene.await(id)
  expect(outcome(denied)).toBe('denied')
  expect(text(denied)).not.toContain('reason')
  expect(text(denied)).not.toContain('null')
})

test('asking again identically within ten minutes gets that denial again, and nobody is asked', async () => {
  const scene = await stage.scene()
  const id = await scene.ask({ a: 1, b: { c: [1, 2] } })
  await stage.person.decide(id, 'deny', 'Not today.')
  await stage.clock.advance(10 * MINUTE_MS - 1)

  const again = await scene.call({ b: { c: [1, 2] }, a: 1 })
  expect(outcome(again)).toBe('denied')
  expect(again.isError).toBe(true)
  expect(requestId(again)).toBe(id)
  expect(text(again)).toContain('Not today.')
  expect(await stage.app.rooms.approvals.waiting(stage.app.userId)).toEqual([])
})

test('ten minutes after a denial the same call asks anew', async () => {
  const scene = await stage.scene()
  const id = await scene.ask({ a: 1 })
  await stage.person.decide(id, 'deny')
  await stage.clock.advance(10 * MINUTE_MS)
  const again = await scene.call({ a: 1 })
  expect(outcome(again)).toBe('approval_required')
  expect(requestId(again)).not.toBe(id)
  // The denied one stays what it was.
  expect(outcome(await scene.await(id))).toBe('denied')
})

test('a denial holds for exactly what was denied: other arguments ask', async () => {
  const scene = await stage.scene()
  const id = await scene.ask({ a: 1 })
  await stage.person.decide(id, 'deny')
  const other = await scene.call({ a: 2 })
  expect(outcome(other)).toBe('approval_required')
  expect(requestId(other)).not.toBe(id)
})

test('approving what was denied changes nothing', async () => {
  const scene = await stage.scene()
  const id = await scene.ask()
  await stage.person.decide(id, 'deny', 'No.')
  expect((await stage.person.decide(id, 'once')).status).toBe(303)
  expect(outcome(await scene.await(id))).toBe('denied')
  expect(scene.far.calls).toHaveLength(0)
})
