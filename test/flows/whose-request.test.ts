import { afterAll, beforeAll, expect, test } from 'bun:test'
import { GENERATIONS, outcome, requestId, type ToolResult, text } from '../harness/agent.ts'
import { PASSWORD } from '../harness/app.ts'
import { Person } from '../harness/person.ts'
import { type Stage, startStage } from '../harness/stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => stage.strike())

async function stranger() {
  const { identity, upstreams } = stage.app.rooms
  const email = `stranger-${crypto.randomUUID()}@example.org`
  const user = await identity.humans.addUser(email, PASSWORD, 'operator')
  const { key, id: keyId } = await identity.agents.createKey(user.id, 'a stranger’s agent', 'operator')
  const install = (slug: string, url: string) =>
    upstreams.add({
      userId: user.id,
      slug,
      integrationId: 'custom',
      name: slug,
      url,
      auth: { method: 'none' },
      allowPrivateNetwork: true,
      actor: 'operator',
    })
  return { user, email, key, keyId, install }
}

const words = (result: ToolResult) => [outcome(result), result.isError, text(result), result._meta]

test.each([...GENERATIONS])(
  'a foreign or guessed request id is refused in identical words (%s)',
  async (generation) => {
    const scene = await stage.scene()
    const id = await scene.ask({ secret: 'plans' })
    const other = await scene.client(generation, (await stage.app.newKey('other')).key)
    const foreign = await scene.client(generation, (await stranger()).key)
    const guessed = await other.await('0123456789abcdefghjkmnpqrs')

    expect(words(guessed)).toEqual([
      'invalid',
      true,
      'There is no such request of yours.',
      expect.not.objectContaining({ 'agentport/request_id': expect.anything() }),
    ])
    for (const agent of [other, foreign]) expect(words(await agent.await(id))).toEqual(words(guessed))

    // In every state of the request, and for its own agent nothing has changed.
    await stage.person.decide(id, 'once')
    expect(words(await other.await(id))).toEqual(words(guessed))
    expect(scene.far.calls).toHaveLength(0)
    expect(outcome(await scene.await(id))).toBe('executed')
    for (const agent of [other, foreign]) expect(words(await agent.await(id))).toEqual(words(guessed))
    expect(scene.far.calls).toHaveLength(1)
  },
)

test('the same call under another key makes a request of its own, and neither uses the other’s approval', async () => {
  const scene = await stage.scene()
  const mine = await scene.ask({ n: 1 })
  const other = await scene.client('v2-2026', (await stage.app.newKey('other')).key)
  const theirs = await other.call(scene.slug, 'run', { n: 1 })
  expect(outcome(theirs)).toBe('approval_required')
  expect(requestId(theirs)).not.toBe(mine)

  await stage.person.decide(mine, 'once')
  expect(outcome(await other.call(scene.slug, 'run', { n: 1 }))).toBe('approval_required')
  expect(scene.far.calls).toHaveLength(0)
  expect(outcome(await scene.await(mine))).toBe('executed')
  expect((await stage.row(requestId(theirs))).state).toBe('pending')
})

test('a denial of one key’s call does not answer another key', async () => {
  const scene = await stage.scene()
  await stage.person.decide(await scene.ask({ n: 1 }), 'deny')
  const other = await scene.client('v2-2026', (await stage.app.newKey('other')).key)
  expect(outcome(await other.call(scene.slug, 'run', { n: 1 }))).toBe('approval_required')
})

test('a connection of another user is no integration of mine', async () => {
  const scene = await stage.scene()
  const foreign = await scene.client('v2-2026', (await stranger()).key)
  expect(outcome(await foreign.call(scene.slug, 'run'))).toBe('invalid')
  const { structuredContent } = await foreign.use('agentport__list_installed_integrations')
  expect(structuredContent).toEqual({ integrations: [] })
})

test('one user’s "Always" allows nothing of another user with the same slug and server', async () => {
  const scene = await stage.scene()
  const { install, key } = await stranger()
  await install(scene.slug, scene.far.url)
  await stage.person.decide(await scene.ask({ n: 1 }), 'always')
  const foreign = await scene.client('v2-2026', key)
  expect(outcome(await foreign.call(scene.slug, 'run', { n: 1 }))).toBe('approval_required')
})

test('a person can neither see nor decide another user’s request', async () => {
  const scene = await stage.scene()
  const id = await scene.ask({ secret: 'plans' })
  const { email } = await stranger()
  const them = await new Person(stage.app.origin, email, PASSWORD).signIn()
  const seen = await them.get(`/approve/${id}`)
  expect(seen.status).toBe(404)
  expect(await seen.text()).not.toContain('plans')
  expect((await them.get(`/approve/${id}/state`)).status).toBe(404)
  for (const decision of ['once', 'always', 'deny'] as const) {
    expect((await them.decide(id, decision)).status).toBe(404)
  }
  expect((await stage.row(id)).state).toBe('pending')
  expect((await them.get('/approve/0123456789abcdefghjkmnpqrs')).status).toBe(404)
})

test('an API key decides nothing, whoever’s it is', async () => {
  const scene = await stage.scene()
  const id = await scene.ask()
  for (const headers of [{ 'X-API-Key': scene.key }, { authorization: `Bearer ${scene.key}` }]) {
    const response = await fetch(`${stage.app.origin}/approve/${id}/decision`, {
      method: 'POST',
      headers: { ...headers, 'sec-fetch-site': 'same-origin' },
      body: new URLSearchParams({ decision: 'once' }),
      redirect: 'manual',
    })
    expect(response.headers.get('location') ?? '').toStartWith('/sign-in')
    await response.body?.cancel()
  }
  expect((await stage.row(id)).state).toBe('pending')
})
