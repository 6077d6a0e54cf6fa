import { afterAll, beforeAll, expect, test } from 'bun:test'
import { outcome, requestId, text } from '../harness/agent.ts'
import { until } from '../harness/everything.ts'
import { latch, MINUTE_MS, type Stage, startStage } from '../harness/stage.ts'

const MOST_PENDING = 50

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => stage.strike())

test('the 51st waiting request of a principal is refused as limited, and a decision makes room', async () => {
  const scene = await stage.scene()
  const ids: string[] = []
  for (let n = 0; n < MOST_PENDING; n++) ids.push(await scene.ask({ n }))
  const limited = await scene.call({ n: MOST_PENDING })
  expect(outcome(limited)).toBe('limited')
  expect(limited.isError).toBe(true)
  expect(text(limited)).toContain('50')

  // What is asked already may be asked again, and another principal has room of its own.
  expect(requestId(await scene.call({ n: 7 }))).toBe(ids[7] ?? '')
  const other = await scene.client('v2-2026', (await stage.app.newKey('other')).key)
  expect(outcome(await other.call(scene.slug, 'run', { n: MOST_PENDING }))).toBe('approval_required')

  await stage.person.decide(ids[0] ?? '', 'deny')
  expect(outcome(await scene.call({ n: MOST_PENDING }))).toBe('approval_required')
  expect(outcome(await scene.call({ n: MOST_PENDING + 1 }))).toBe('limited')
  // Approved ones do not wait for a decision any more, used or not.
  await stage.person.decide(ids[1] ?? '', 'once')
  expect(outcome(await scene.call({ n: MOST_PENDING + 1 }))).toBe('approval_required')
  // Nor do those that nobody decided in time.
  await stage.clock.advance(60 * MINUTE_MS)
  expect(outcome(await scene.call({ n: MOST_PENDING + 2 }))).toBe('approval_required')
})

test('allowed calls are not limited by what waits', async () => {
  const scene = await stage.scene([{ name: 'run' }, { name: 'walk' }])
  for (let n = 0; n < MOST_PENDING; n++) await scene.ask({ n })
  await stage.app.setPolicy(scene.slug, 'walk', 'allow')
  expect(outcome(await scene.agent.call(scene.slug, 'walk'))).toBe('executed')
})

test('without a timeout await_approval gives up after 45 seconds: pending, with the link and how to go on', async () => {
  const scene = await stage.scene()
  const id = await scene.ask()
  const waiting = scene.agent.use('agentport__await_approval', { request_id: id })
  await stage.waiting(45)
  await stage.clock.advance(45_000 - 1)
  const still = await Promise.race([waiting, Bun.sleep(30)])
  expect(still).toBeUndefined()
  await stage.clock.advance(1)
  const pending = await waiting
  expect(outcome(pending)).toBe('pending')
  expect(pending.isError).toBe(false)
  expect(requestId(pending)).toBe(id)
  expect(text(pending)).toContain(`${stage.app.origin}/approve/${id}`)
  expect(text(pending)).toContain(`agentport__await_approval(request_id="${id}")`)
  expect((await stage.row(id)).state).toBe('pending')
})

test.each([1, 240])('a timeout of %d s is taken', async (seconds) => {
  const scene = await stage.scene()
  const id = await scene.ask()
  const waiting = scene.await(id, seconds)
  await stage.waiting(seconds)
  await stage.clock.advance(seconds * 1000)
  expect(outcome(await waiting)).toBe('pending')
})

test.each([0, 0.5, 241, -1, 1e9])('a timeout of %d s is refused, naming the field', async (seconds) => {
  const scene = await stage.scene()
  const refused = await scene.await(await scene.ask(), seconds)
  expect(outcome(refused)).toBe('invalid')
  expect(refused.isError).toBe(true)
  expect(text(refused)).toContain('timeout_seconds')
})

test('a decision late in the wait does not begin a second one: at its end the call is still running', async () => {
  const scene = await stage.scene()
  const gate = latch()
  scene.far.act = async () => {
    await gate.opened
    return { content: [{ type: 'text', text: 'slowly done' }] }
  }
  const id = await scene.ask()
  const waiting = scene.agent.use('agentport__await_approval', { request_id: id })
  await stage.waiting(45)
  await stage.clock.advance(40_000)
  await stage.person.decide(id, 'once')
  await until(() => scene.far.calls.length === 1)
  await stage.waiting(5)
  await stage.clock.advance(5_000)
  const running = await waiting
  expect(outcome(running)).toBe('pending')
  expect(running.isError).toBe(false)
  expect(text(running)).toContain('Approved, and not finished yet')
  expect(text(running)).toContain(`agentport__await_approval(request_id="${id}")`)

  // A wait that ran out is not going away: the run goes on, and the next await has its result.
  expect(scene.far.calls[0]?.cancelled.aborted).toBe(false)
  gate.open()
  const done = await scene.await(id)
  expect(outcome(done)).toBe('executed')
  expect(text(done)).toBe('slowly done')
  expect(scene.far.calls).toHaveLength(1)
})
