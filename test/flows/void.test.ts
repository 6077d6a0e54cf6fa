import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { outcome, requestId, text } from '../harness/agent.ts'
import { FarEnd } from '../harness/far-end.ts'
import { type Scene, type Stage, startStage } from '../harness/stage.ts'

const TOOL = { name: 'run', description: 'Runs', inputSchema: { type: 'object' } }

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => stage.strike())

/** What ends a person's yes before it is used, and what the agent is told about it. */
const CAUSES: { what: string; why: string; act: (scene: Scene) => Promise<unknown> }[] = [
  { what: 'the tool was set to deny', why: 'set to deny', act: (scene) => scene.policy('deny') },
  {
    what: 'its definition changed',
    why: 'definition of the tool changed',
    act: (scene) => {
      scene.far.tools = [{ ...TOOL, description: 'Runs, and deletes everything' }]
      return stage.app.rooms.upstreams.refresh(scene.connectionId, 'operator')
    },
  },
  {
    what: 'its schema changed',
    why: 'definition of the tool changed',
    act: (scene) => {
      scene.far.tools = [{ ...TOOL, inputSchema: { type: 'object', properties: { force: { default: true } } } }]
      return stage.app.rooms.upstreams.refresh(scene.connectionId, 'operator')
    },
  },
  {
    what: 'the tool vanished',
    why: 'The tool is gone',
    act: (scene) => {
      scene.far.tools = [{ name: 'other' }]
      return stage.app.rooms.upstreams.refresh(scene.connectionId, 'operator')
    },
  },
  {
    what: 'the connection was removed',
    why: 'connection was removed',
    act: (scene) => stage.app.rooms.upstreams.remove(scene.connectionId, 'operator'),
  },
]

describe.each(CAUSES)('when $what', ({ why, act }) => {
  test('an approval that was not used yet is void, and says why', async () => {
    const scene = await stage.scene([TOOL])
    const id = await scene.ask({ n: 1 })
    await stage.person.decide(id, 'once')
    await act(scene)
    const expired = await scene.await(id)
    expect(outcome(expired)).toBe('expired')
    expect(expired.isError).toBe(true)
    expect(text(expired)).toContain(why)
    expect(text(expired)).toContain('It did not run.')
    expect(scene.far.calls).toHaveLength(0)
    expect((await stage.page(id)).text).toContain(why)
  })

  test('the agent that waits for a decision is told at once, and a later yes changes nothing', async () => {
    const scene = await stage.scene([TOOL])
    const id = await scene.ask({ n: 1 })
    const waiting = scene.await(id)
    await stage.waiting()
    await act(scene)
    const expired = await waiting
    expect(outcome(expired)).toBe('expired')
    expect(text(expired)).toContain(why)
    await stage.person.decide(id, 'once')
    expect(outcome(await scene.await(id))).toBe('expired')
    expect(scene.far.calls).toHaveLength(0)
  })
})

test('after its definition changed, the same call asks anew about the new definition', async () => {
  const scene = await stage.scene([TOOL])
  const id = await scene.ask({ n: 1 })
  await stage.person.decide(id, 'once')
  scene.far.tools = [{ ...TOOL, description: 'Runs twice' }]
  await stage.app.rooms.upstreams.refresh(scene.connectionId, 'operator')
  const again = await scene.call({ n: 1 })
  expect(outcome(again)).toBe('approval_required')
  expect(requestId(again)).not.toBe(id)
  expect((await stage.page(id)).text).not.toContain('Runs twice')
  expect((await stage.page(requestId(again))).text).toContain('Runs twice')
})

test('a denial given for an old definition does not answer for the new one', async () => {
  const scene = await stage.scene([TOOL])
  const id = await scene.ask({ n: 1 })
  await stage.person.decide(id, 'deny')
  scene.far.tools = [{ ...TOOL, description: 'Harmless now' }]
  await stage.app.rooms.upstreams.refresh(scene.connectionId, 'operator')
  expect(outcome(await scene.call({ n: 1 }))).toBe('approval_required')
})

test('an approval for one account is void once the connection has another credential', async () => {
  const far = new FarEnd([TOOL]).start()
  const { upstreams } = stage.app.rooms
  await upstreams.add({
    userId: stage.app.userId,
    slug: 'bank',
    integrationId: 'custom',
    name: 'Bank',
    url: far.url,
    auth: {
      method: 'token',
      place: { header: 'Authorization', format: 'Bearer {token}' },
      credentials: { token: 'first-account', extra: {} },
    },
    allowPrivateNetwork: true,
    actor: 'operator',
  })
  const agent = await stage.app.agent()
  const asked = await agent.call('bank', 'run', { n: 1 })
  const undecided = await agent.call('bank', 'run', { n: 2 })
  await stage.person.decide(requestId(asked), 'once')
  await upstreams.setCredentials(stage.app.userId, 'bank', { token: 'second-account', extra: {} }, 'operator')

  for (const id of [requestId(asked), requestId(undecided)]) {
    const expired = await agent.await(id)
    expect(outcome(expired)).toBe('expired')
    expect(text(expired)).toContain('another address or account')
  }
  expect(far.calls).toHaveLength(0)

  const anew = await agent.call('bank', 'run', { n: 1 })
  expect(requestId(anew)).not.toBe(requestId(asked))
  await stage.person.decide(requestId(anew), 'once')
  expect(outcome(await agent.await(requestId(anew)))).toBe('executed')
  expect(far.calls.map((call) => call.headers.get('authorization'))).toEqual(['Bearer second-account'])
  await agent.close()
  await far.stop()
})

test('reinstalling under the same name revives no request of the old connection', async () => {
  const scene = await stage.scene([TOOL])
  const id = await scene.ask({ n: 1 })
  await stage.person.decide(id, 'once')
  await stage.app.rooms.upstreams.remove(scene.connectionId, 'operator')
  await stage.app.install(scene.slug, scene.far.url)
  expect(outcome(await scene.await(id))).toBe('expired')
  const again = await scene.call({ n: 1 })
  expect(outcome(again)).toBe('approval_required')
  expect(requestId(again)).not.toBe(id)
  expect(scene.far.calls).toHaveLength(0)
})

test('another tool of the connection set to deny leaves this approval alone', async () => {
  const scene = await stage.scene([TOOL, { name: 'walk' }])
  const id = await scene.ask()
  await stage.person.decide(id, 'once')
  await stage.app.setPolicy(scene.slug, 'walk', 'deny')
  expect(outcome(await scene.await(id))).toBe('executed')
})
