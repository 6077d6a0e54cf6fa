import { afterAll, beforeAll, expect, test } from 'bun:test'
import { outcome, requestId } from '../harness/agent.ts'
import { latch, type Stage, startStage } from '../harness/stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => stage.strike())

test('one click on "Always approve" runs the waiting call and allows the tool for every key of the user', async () => {
  const scene = await stage.scene()
  const id = await scene.ask({ n: 1 })
  const waiting = scene.await(id)
  expect((await stage.person.decide(id, 'always')).status).toBe(303)
  expect(outcome(await waiting)).toBe('executed')
  expect(scene.far.calls).toHaveLength(1)

  expect(outcome(await scene.call({ n: 2 }))).toBe('executed')
  const other = await scene.client('v2-2026', (await stage.app.newKey('another')).key)
  expect(outcome(await other.call(scene.slug, 'run', { n: 3 }))).toBe('executed')
  expect(scene.far.calls.map((call) => call.arguments)).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }])
  expect((await stage.page(id)).text).toContain('Approved, and allowed from now on,')
})

test('"Always" is for that tool of that connection only', async () => {
  const tools = ['run', 'walk'].map((name) => ({ name, inputSchema: { type: 'object' } }))
  const [one, two] = [await stage.scene(tools), await stage.scene(tools)]
  await stage.person.decide(await one.ask(), 'always')
  expect(outcome(await one.agent.call(one.slug, 'walk'))).toBe('approval_required')
  expect(outcome(await two.call())).toBe('approval_required')
})

test('repeating the call after "Always", while the approved request is not used yet, runs it once in all', async () => {
  const scene = await stage.scene()
  const id = await scene.ask({ n: 1 })
  await stage.person.decide(id, 'always')
  const repeated = await scene.call({ n: 1 })
  expect(outcome(repeated)).toBe('executed')
  expect(requestId(repeated)).toBe(id)
  expect(outcome(await scene.await(id))).toBe('executed')
  expect(scene.far.calls).toHaveLength(1)
})

test('repeating and awaiting at once after "Always" still run it once', async () => {
  const scene = await stage.scene()
  const gate = latch()
  scene.far.act = async () => {
    await gate.opened
    return { content: [] }
  }
  const id = await scene.ask({ n: 1 })
  await stage.person.decide(id, 'always')
  const both = Promise.all([scene.call({ n: 1 }), scene.await(id), scene.await(id)])
  gate.open()
  const results = await both
  expect(results.map(outcome)).toEqual(['executed', 'executed', 'executed'])
  // The awaiting ones may have been first: then the repeated call is a new one of a tool that is allowed by now.
  const ids = new Set(results.map(requestId))
  expect(ids).toContain(id)
  expect(scene.far.calls).toHaveLength(ids.size)
})

test('a call that waited when its tool was allowed elsewhere runs as that request, not beside it', async () => {
  const scene = await stage.scene()
  const id = await scene.ask({ n: 1 })
  await scene.policy('allow')
  const repeated = await scene.call({ n: 1 })
  expect(outcome(repeated)).toBe('executed')
  expect(requestId(repeated)).toBe(id)
  expect((await stage.row(id)).decisionMode).toBe('policy')
  expect(scene.far.calls).toHaveLength(1)
})
