import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { GENERATIONS, outcome, text } from '../harness/agent.ts'
import { until } from '../harness/everything.ts'
import { operatorCommand } from '../harness/operator.ts'
import { latch, type Scene, type Stage, startStage } from '../harness/stage.ts'
import { Wire } from '../harness/wire.ts'

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => stage.strike())

const WAYS: { by: string; revoke: (scene: Scene) => Promise<void> }[] = [
  {
    by: 'the person, on the page',
    async revoke(scene) {
      expect((await stage.person.post(`/agents/${scene.keyId}/revoke`, {})).status).toBe(303)
    },
  },
  {
    by: 'the operator, from another process',
    async revoke(scene) {
      const { code, stderr } = await operatorCommand(stage.app.dataDir, ['admin', 'key', 'revoke', scene.keyId])
      expect(stderr).toBe('')
      expect(code).toBe(0)
    },
  },
]

/** A wait that ended, one way or the other, within two seconds of real time. */
const ended = (wait: Promise<unknown>) =>
  Promise.race([wait.then(() => 'ended').catch(() => 'ended'), Bun.sleep(2_000).then(() => 'still waiting')])

describe.each(WAYS)('a key revoked by $by', ({ revoke }) => {
  test.each([...GENERATIONS])('ends the wait of its agent and voids the request (%s)', async (generation) => {
    const scene = await stage.scene(undefined, generation)
    const id = await scene.ask()
    const waiting = scene.await(id, 30)
    await stage.waiting(30)
    await revoke(scene)
    expect(await ended(waiting)).toBe('ended')
    const told = await waiting
    expect(outcome(told)).toBe('expired')
    expect(text(told)).toContain('The agent that asked was revoked.')
    const row = await stage.row(id)
    expect(row.state).toBe('expired')
    expect(row.message).toBe('The agent that asked was revoked.')
    expect((await stage.page(id)).text).toContain('The agent that asked was revoked.')
  })

  test('is refused from then on, and so is a session that it had opened', async () => {
    const scene = await stage.scene()
    const wire = new Wire(stage.app.origin, scene.key)
    await wire.initialize()
    expect((await wire.request('tools/list')).status).toBe(200)
    await revoke(scene)
    const answers = [
      await wire.request('tools/list'),
      await wire.modern('tools/list'),
      await new Wire(stage.app.origin, scene.key).request('initialize'),
    ]
    expect(answers.map((answer) => answer.status)).toEqual([401, 401, 401])
    // Nor does the session pass into other hands.
    const other = new Wire(stage.app.origin, (await stage.app.newKey('other')).key)
    other.session = wire.session
    expect((await other.request('tools/list')).status).toBe(404)
  })

  test('ends the open event stream of its session', async () => {
    const scene = await stage.scene()
    const wire = new Wire(stage.app.origin, scene.key)
    await wire.initialize()
    const stream = await wire.send(null, { accept: 'text/event-stream' }, 'GET')
    expect(stream.status).toBe(200)
    const read = stream.text()
    await revoke(scene)
    // A moment is left for the answers to its waits; the news from another process takes a tenth of a second more.
    await Bun.sleep(200)
    await stage.clock.advance(1_000)
    expect(await ended(read)).toBe('ended')
  })

  test('voids an approval that was not used yet, and no other key’s', async () => {
    const scene = await stage.scene()
    const [approved, denied] = [await scene.ask({ n: 1 }), await scene.ask({ n: 2 })]
    const other = await scene.client('v2-2026', (await stage.app.newKey('other')).key)
    const theirs = await other.call(scene.slug, 'run', { n: 1 })
    const theirId = String(theirs._meta?.['agentport/request_id'])
    await stage.person.decide(approved, 'once')
    await stage.person.decide(denied, 'deny')
    await revoke(scene)
    expect((await stage.row(approved)).state).toBe('expired')
    expect((await stage.row(denied)).state).toBe('denied')
    await stage.person.decide(theirId, 'once')
    expect(outcome(await other.await(theirId))).toBe('executed')
    expect(scene.far.calls).toHaveLength(1)
  })
})

test('a yes that meets a revoked key changes nothing', async () => {
  const scene = await stage.scene()
  const id = await scene.ask()
  await Promise.all([
    stage.app.rooms.identity.agents.revoke(stage.app.userId, scene.keyId, 'operator'),
    stage.person.decide(id, 'once'),
  ])
  expect((await stage.row(id)).state).toBe('expired')
  expect(scene.far.calls).toHaveLength(0)
})

test('a call that runs while its key is revoked keeps its true end', async () => {
  const scene = await stage.scene()
  const gate = latch()
  scene.far.act = async () => {
    await gate.opened
    return { content: [] }
  }
  const id = await scene.ask()
  await stage.person.decide(id, 'once')
  const waiting = scene.await(id).catch(() => null)
  await until(() => scene.far.calls.length === 1)
  await stage.app.rooms.identity.agents.revoke(stage.app.userId, scene.keyId, 'operator')
  gate.open()
  await waiting
  await until(async () => (await stage.row(id)).state === 'executed')
})
