import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { startApp } from '../harness/app.ts'
import { until } from '../harness/everything.ts'
import { hang } from '../harness/far-end.ts'
import { rawConnection } from '../harness/raw-connection.ts'
import { Script } from '../harness/script.ts'
import { latch, type Scene, type Stage, startStage, stuckFarSide, within } from '../harness/stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => stage.strike())

const scriptOf = ({ key }: Scene) => Script.withKey(stage.app.origin, key)
const revoke = ({ keyId }: Scene) =>
  stage.app.rooms.identity.agents.revoke(stage.app.userId, keyId, `user:${stage.app.userId}`)
const limit = ({ keyId }: Scene, connections: string[] | null, expiresAt: number | null = null) =>
  stage.app.rooms.identity.agents.limit(stage.app.userId, keyId, { connections, expiresAt }, 'operator')

/** A scene with one tool that asks and one that does not. */
async function newScene(): Promise<Scene> {
  const scene = await stage.scene([{ name: 'ask' }, { name: 'allowed' }])
  await stage.app.setPolicy(scene.slug, 'allowed', 'allow')
  return scene
}

const RESULT = { content: [{ type: 'text', text: 'A RESULT' }] }

/** When a time is over is known a minute before. */
const TIME_MS = 61_000
const WAYS: [by: string, end: (scene: Scene) => Promise<unknown>, why: string][] = [
  ['a person', revoke, 'The agent that asked was revoked.'],
  [
    'its own time',
    async (scene) => {
      await limit(scene, null, stage.clock.now() + TIME_MS)
      await stage.clock.advance(TIME_MS)
    },
    'The time of the agent that asked is over.',
  ],
]

test.each(WAYS)('a key that is ended by %s leaves no call and no wait open', async (_, end, why) => {
  const scene = await newScene()
  const script = scriptOf(scene)
  scene.far.act = async (call) => {
    await hang(call)
    return RESULT
  }
  const ask = async (n: number): Promise<string> =>
    (await script.call(scene.slug, 'ask', { n })).body.approval_request_id
  const text = async (path: string, body: unknown) => (await script.fetch('POST', path, body)).text()
  const wait = (id: string) =>
    script.fetch('POST', `/api/tool-approvals/requests/${id}/await`, { timeout_seconds: 240 })
  const [pending, running] = [await ask(1), await ask(2)]
  await stage.person.decide(running, 'once')
  const callPath = `/api/tools/${scene.slug}/call`
  const open = {
    'a call that is allowed': text(callPath, { tool_name: 'allowed', args: {} }),
    'a call that was approved': text(callPath, { tool_name: 'ask', args: { n: 2 } }),
  }
  await until(() => scene.far.calls.length === 2)
  // Their headers are there, so that no status can say any more that they are over.
  const waiting = (await wait(pending)).text()
  const watching = (await wait(running)).text()

  await end(scene)
  expect(await within(waiting)).toContain(why)
  // A quarter of a second was left for this answer; then the rest is cut off.
  await stage.clock.advance(250)
  for (const [what, answer] of Object.entries({ ...open, 'the wait for a call that runs': watching })) {
    const said = await within(answer)
    const isTold = said.includes('A RESULT') || said.includes('"status"')
    expect([what, said === 'still open', isTold]).toEqual([what, false, false])
  }
  await until(() => scene.far.calls.every(({ cancelled }) => cancelled.aborted))
  await until(async () => (await stage.row(running)).state !== 'executing')
  expect((await stage.row(running)).state).toBe('unknown')
  expect((await script.get('/api/tools')).status).toBe(401)
})

test.each<[how: string, act: (scene: Scene) => Promise<void>, why: string]>([
  ['was revoked', revoke, 'The agent that asked was revoked, or its time is over.'],
  [
    'was limited to other connections',
    (scene) => limit(scene, ['another']),
    'The agent may not use this connection any more.',
  ],
])('what comes back after the key %s is kept in the log and told to nobody', async (_, act, why) => {
  const scene = await newScene()
  const script = scriptOf(scene)
  const gate = latch()
  scene.far.act = async () => {
    await gate.opened
    return RESULT
  }
  const allowed = script.call(scene.slug, 'allowed')
  const id = (await script.call(scene.slug, 'ask')).body.approval_request_id
  await stage.person.decide(id, 'once')
  const approved = script.call(scene.slug, 'ask')
  await until(() => scene.far.calls.length === 2)
  const waiting = script.await(id, 110)
  await stage.waiting(110)
  await act(scene)
  gate.open()
  for (const call of [await allowed, await approved]) {
    expect(call).toMatchObject({ status: 502, body: { outcome: 'unknown', detail: expect.stringContaining(why) } })
    expect(JSON.stringify(call.body)).not.toContain('A RESULT')
  }
  const told = (await waiting).body
  expect(told).toMatchObject({ status: 'consumed', outcome: 'unknown', message: expect.stringContaining(why) })
  expect(told).not.toHaveProperty('result')
  expect(await stage.row(id)).toMatchObject({ state: 'executed', result: expect.stringContaining('A RESULT') })
})

test('an installation that is busy with a far server is not waited for either', async () => {
  const far = stuckFarSide()
  const app = await startApp({ outbound: far.outbound })
  const { id, key } = await app.newKey()
  const install = { integration_id: 'exa', auth_method: 'none' }
  const answer = Script.withKey(app.origin, key).send('POST', '/api/installed', install)
  await until(far.asked)
  await app.rooms.identity.agents.revoke(app.userId, id, 'operator')
  const ended = await within(answer)
  expect(ended === 'still open' ? ended : ended.status).toBe(401)
  far.open()
  await app.stop()
})

describe('a request whose body is still on its way', () => {
  /** Half of it now, half when `meanwhile` is done. */
  async function halves(
    line: string,
    credential: string,
    body: object,
    meanwhile: () => Promise<unknown>,
  ): Promise<string> {
    const text = JSON.stringify(body)
    const lines = [
      `${line} HTTP/1.1`,
      `Host: ${new URL(stage.app.origin).host}`,
      `Authorization: Bearer ${credential}`,
      'Content-Type: application/json',
      `Content-Length: ${text.length}`,
      'Connection: close',
    ]
    const connection = rawConnection(stage.app.origin, [...lines, '', text.slice(0, 10)].join('\r\n'))
    await Bun.sleep(50)
    await meanwhile()
    connection.write(text.slice(10))
    return connection.closed
  }

  test('when its key is revoked is refused when it has come', async () => {
    const scene = await newScene()
    const line = `POST /api/tools/${scene.slug}/call`
    const answer = await halves(line, scene.key, { tool_name: 'allowed', args: {} }, () => revoke(scene))
    expect(answer).toStartWith('HTTP/1.1 401 ')
    expect(answer.toLowerCase()).toContain('www-authenticate: bearer error="invalid_token"')
    expect(scene.far.calls).toHaveLength(0)
  })

  test('when its key is limited is answered within the limit', async () => {
    const scene = await newScene()
    const line = `POST /api/tools/${scene.slug}/call`
    const answer = await halves(line, scene.key, { tool_name: 'allowed', args: {} }, () => limit(scene, ['another']))
    expect(answer).toStartWith('HTTP/1.1 404 ')
    expect(scene.far.calls).toHaveLength(0)
  })

  /** A person's script that denies a tool, and what `meanwhile` does about its token. */
  async function tighten(scene: Scene, meanwhile: (tokenId: string) => Promise<unknown>): Promise<string> {
    const wanted = { name: 'a script', scope: 'tighten', lifetimeMs: 60 * 60_000 } as const
    const { id, token } = await stage.app.rooms.identity.personalTokens.create(stage.app.userId, wanted)
    const line = `POST /api/human/connections/${scene.slug}/policies`
    return halves(line, token, { tool_name: 'allowed', mode: 'deny' }, () => meanwhile(id))
  }

  test('when its personal token is revoked is refused when it has come, and changes nothing', async () => {
    const scene = await newScene()
    const { personalTokens } = stage.app.rooms.identity
    const answer = await tighten(scene, (id) => personalTokens.revoke(stage.app.userId, id))
    expect(answer).toStartWith('HTTP/1.1 401 ')
    expect((await scriptOf(scene).call(scene.slug, 'allowed')).status).toBe(200)
  })

  test('by a personal token is nothing to a key that ends meanwhile', async () => {
    const scene = await newScene()
    const answer = await tighten(scene, async () => {
      await revoke(scene)
      await stage.clock.advance(250)
    })
    expect(answer).toStartWith('HTTP/1.1 200 ')
  })
})
