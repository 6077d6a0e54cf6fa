import { afterAll, beforeAll, expect, test } from 'bun:test'
import { outcome, requestId, text } from '../harness/agent.ts'
import { until } from '../harness/everything.ts'
import { latch, type Scene, type Stage, startStage } from '../harness/stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => stage.strike())

/** Makes the far end's calls wait until the latch is opened. */
function hold(scene: Scene) {
  const gate = latch()
  scene.far.act = async (call) => {
    await gate.opened
    return { content: [{ type: 'text', text: `run ${call.arguments.n}` }] }
  }
  return gate
}

test('identical calls share one request while it is pending, however their arguments are written', async () => {
  const scene = await stage.scene()
  const id = await scene.ask({ a: 1, b: { y: [1, 2], x: 'é' } })
  const again = await Promise.all([
    scene.call({ b: { x: 'é', y: [1, 2] }, a: 1.0 }),
    scene.call({ a: 1, b: { y: [1, 2], x: '\u00e9' } }),
  ])
  expect(again.map(outcome)).toEqual(['approval_required', 'approval_required'])
  expect(again.map(requestId)).toEqual([id, id])
  expect(requestId(await scene.call({ a: 1, b: { y: [2, 1], x: 'é' } }))).not.toBe(id)
  expect(requestId(await scene.call({ a: '1', b: { y: [1, 2], x: 'é' } }))).not.toBe(id)
})

test('the notes of repeated calls are kept in order, and the same words are not repeated', async () => {
  const scene = await stage.scene()
  const id = await scene.ask({ n: 1 }, 'first')
  await scene.call({ n: 1 }, 'first')
  await scene.call({ n: 1 })
  await scene.call({ n: 1 }, '   ')
  await scene.call({ n: 1 }, 'second')
  await scene.call({ n: 1 }, 'second')
  await scene.call({ n: 1 }, 'third')
  expect(await stage.notes(id)).toEqual(['first', 'second', 'third'])
  expect((await stage.page(id)).text).toMatch(/first.*second.*third/)
})

test('a note is for the human only: it neither reaches the server nor makes the call another one', async () => {
  const scene = await stage.scene()
  const id = await scene.ask({ additional_info: 'an argument of that name' }, 'for the human')
  expect(await stage.notes(id)).toEqual(['for the human'])
  await stage.person.decide(id, 'once')
  await scene.await(id)
  expect(scene.far.calls.map((call) => call.arguments)).toEqual([{ additional_info: 'an argument of that name' }])
})

test('an identical call claims what was approved, and is that one run', async () => {
  const scene = await stage.scene()
  const id = await scene.ask({ n: 1 })
  await stage.person.decide(id, 'once')
  const repeated = await scene.call({ n: 1 })
  expect(outcome(repeated)).toBe('executed')
  expect(requestId(repeated)).toBe(id)
  expect(scene.far.calls).toHaveLength(1)
})

test('an identical call joins the one that is executing', async () => {
  const scene = await stage.scene()
  const gate = hold(scene)
  const id = await scene.ask({ n: 1 })
  await stage.person.decide(id, 'once')
  const waiting = scene.await(id)
  await until(() => scene.far.calls.length === 1)
  const joining = [scene.call({ n: 1 }), scene.call({ n: 1 })]
  await Bun.sleep(50)
  gate.open()
  const results = await Promise.all([waiting, ...joining])
  expect(results.map(outcome)).toEqual(['executed', 'executed', 'executed'])
  expect(results.map(requestId)).toEqual([id, id, id])
  expect(results.map(text)).toEqual(['run 1', 'run 1', 'run 1'])
  expect(scene.far.calls).toHaveLength(1)
})

test('after it is executed, failed or unknown, the same call asks anew', async () => {
  const scene = await stage.scene()
  const ends = [
    { word: 'executed', act: () => ({ content: [] }) },
    { word: 'failed', act: () => new Response('no', { status: 403 }) },
    { word: 'unknown', act: () => new Response('oops', { status: 500 }) },
  ]
  const ids = new Set<string>()
  for (const { word, act } of ends) {
    scene.far.act = act
    const id = await scene.ask({ n: 1 })
    ids.add(id)
    await stage.person.decide(id, 'once')
    expect(outcome(await scene.await(id))).toBe(word)
  }
  ids.add(await scene.ask({ n: 1 }))
  expect(ids.size).toBe(4)
  expect(scene.far.calls).toHaveLength(3)
})

test('allowed calls never merge: two identical ones at once are two runs', async () => {
  const scene = await stage.scene()
  await scene.policy('allow')
  const gate = hold(scene)
  const both = [scene.call({ n: 1 }), scene.call({ n: 1 })]
  await until(() => scene.far.calls.length === 2)
  gate.open()
  const results = await Promise.all(both)
  expect(results.map(outcome)).toEqual(['executed', 'executed'])
  expect(new Set(results.map(requestId)).size).toBe(2)
})

test('eight pollers of three kinds and one approval are one run, and all eight get its result', async () => {
  const scene = await stage.scene()
  const gate = hold(scene)
  const clients = await Promise.all([scene.client('v1'), scene.client('v2-2025'), scene.client('v2-2026')])
  const id = await scene.ask({ n: 8 })
  const pollers = Array.from({ length: 8 }, (_, i) => (clients[i % 3] ?? scene.agent).await(id))
  await until(() => stage.clock.due.filter((at) => at === stage.clock.now() + 20_000).length === 8)
  await stage.person.decide(id, 'once')
  await until(() => scene.far.calls.length > 0)
  gate.open()
  const results = await Promise.all(pollers)
  expect(results.map((result) => [outcome(result), requestId(result), text(result)])).toEqual(
    Array.from({ length: 8 }, () => ['executed', id, 'run 8']),
  )
  expect(scene.far.calls).toHaveLength(1)
})

test('eight who come at once after the approval are one run too', async () => {
  const scene = await stage.scene()
  const clients = await Promise.all([scene.client('v1'), scene.client('v2-2025'), scene.client('v2-2026')])
  const id = await scene.ask({ n: 8 })
  await stage.person.decide(id, 'once')
  const results = await Promise.all(
    Array.from({ length: 8 }, (_, i) => {
      const client = clients[i % 3] ?? scene.agent
      return i % 2 ? client.await(id) : client.call(scene.slug, 'run', { n: 8 })
    }),
  )
  expect(new Set(results.filter((result) => outcome(result) === 'executed').map(requestId))).toEqual(new Set([id]))
  // A call that came after the run was over is a new question, never a second run.
  expect(new Set(results.map(outcome)).difference(new Set(['executed', 'approval_required']))).toEqual(new Set())
  expect(scene.far.calls).toHaveLength(1)
})
