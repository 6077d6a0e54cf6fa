import { afterAll, beforeAll, expect, test } from 'bun:test'
import { outcome, requestId } from '../harness/agent.ts'
import { startApp } from '../harness/app.ts'
import { FarEnd } from '../harness/far-end.ts'
import { HOUR_MS, type Stage, startStage } from '../harness/stage.ts'
import { tempDir } from '../harness/temp-dir.ts'
import { TestClock } from '../harness/test-clock.ts'

const RESULT = { content: [{ type: 'text', text: 'order 7' }], structuredContent: { order: 7 }, isError: false }

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => stage.strike())

test('who awaits an executed request again gets the same result, and nothing runs twice', async () => {
  const scene = await stage.scene()
  scene.far.act = () => RESULT
  const id = await scene.ask({ n: 1 })
  await stage.person.decide(id, 'once')
  const first = await scene.await(id)
  expect(first).toMatchObject(RESULT)
  scene.far.act = () => ({ content: [{ type: 'text', text: 'order 8' }] })
  for (const client of [scene.agent, await scene.client('v1'), await scene.client('v2-2025')]) {
    const again = await client.await(id)
    expect(again).toMatchObject(RESULT)
    expect(requestId(again)).toBe(id)
  }
  expect(scene.far.calls).toHaveLength(1)
})

test('23 hours later the result is still there', async () => {
  const scene = await stage.scene()
  scene.far.act = () => RESULT
  const id = await scene.ask({ n: 1 })
  await stage.person.decide(id, 'once')
  await scene.await(id)
  await stage.clock.advance(23 * HOUR_MS)
  const again = await scene.await(id)
  expect(outcome(again)).toBe('executed')
  expect(again).toMatchObject(RESULT)
  expect(scene.far.calls).toHaveLength(1)
})

test('a result is read back even after its tool was denied and its connection removed', async () => {
  const scene = await stage.scene()
  scene.far.act = () => RESULT
  const id = await scene.ask({ n: 1 })
  await stage.person.decide(id, 'once')
  await scene.await(id)
  await scene.policy('deny')
  await stage.app.rooms.upstreams.remove(scene.connectionId, 'operator')
  expect(await scene.await(id)).toMatchObject(RESULT)
})

test('a tool’s own error is a result like any other, and is given again as it was', async () => {
  const scene = await stage.scene()
  scene.far.act = () => ({ content: [{ type: 'text', text: 'no such order' }], isError: true })
  const id = await scene.ask({ n: 1 })
  await stage.person.decide(id, 'once')
  for (let i = 0; i < 2; i++) {
    const result = await scene.await(id)
    expect(outcome(result)).toBe('executed')
    expect(result.isError).toBe(true)
    expect(result.content).toEqual([{ type: 'text', text: 'no such order' }])
  }
  expect(scene.far.calls).toHaveLength(1)
})

test('a restart keeps results, and what was decided while nobody waited', async () => {
  const dir = tempDir()
  const clock = new TestClock()
  const far = new FarEnd().start()
  far.act = () => RESULT
  let app = await startApp({ clock, dataDir: dir.path })
  await app.install('far', far.url)
  const { key } = await app.newKey()
  let agent = await app.agent('v2-2026', key)
  const done = requestId(await agent.call('far', 'run', { n: 1 }))
  const approved = requestId(await agent.call('far', 'run', { n: 2 }))
  const pending = requestId(await agent.call('far', 'run', { n: 3 }))
  for (const id of [done, approved]) await app.rooms.approvals.decide(app.userId, id, { mode: 'once' })
  expect(outcome(await agent.await(done))).toBe('executed')
  await agent.close()
  await app.stop()

  app = await startApp({ clock, dataDir: dir.path })
  agent = await app.agent('v2-2026', key)
  expect(await agent.await(done)).toMatchObject(RESULT)
  expect(far.calls).toHaveLength(1)
  expect(outcome(await agent.await(approved))).toBe('executed')
  expect(
    (
      await app.rooms.approvals.findOwn(
        (await app.rooms.identity.agents.resolve(key, { address: null, program: null }))?.id ?? '',
        pending,
      )
    )?.state,
  ).toBe('pending')
  expect(far.calls.map((call) => call.arguments)).toEqual([{ n: 1 }, { n: 2 }])
  await agent.close()
  await app.stop()
  await far.stop()
  dir.remove()
})
