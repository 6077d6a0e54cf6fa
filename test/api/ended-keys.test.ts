import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { outcome } from '../harness/agent.ts'
import { until } from '../harness/everything.ts'
import { hang } from '../harness/far-end.ts'
import { rawConnection } from '../harness/raw-connection.ts'
import { Script } from '../harness/script.ts'
import { latch, type Scene, type Stage, startStage } from '../harness/stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => stage.strike())

const agents = () => stage.app.rooms.identity.agents
const revoke = ({ keyId }: Scene) => agents().revoke(stage.app.userId, keyId, 'operator')
const limit = ({ keyId }: Scene) =>
  agents().limit(stage.app.userId, keyId, { connections: [], expiresAt: null }, 'operator')
async function setUp() {
  const scene = await stage.scene()
  return { scene, script: Script.withKey(stage.app.origin, scene.key) }
}

test('a key that is revoked leaves nothing open: its wait is told why, its call in flight is cut off and cancelled', async () => {
  const { scene, script } = await setUp()
  const id = (await script.call(scene.slug, 'run', { n: 1 })).body.approval_request_id
  const waiting = script.await(id, 100)
  await stage.waiting(100)
  await scene.policy('allow')
  scene.far.act = (call) => hang(call).then(() => ({ content: [{ type: 'text', text: 'A RESULT' }] }))
  const running = script.call(scene.slug, 'run', { n: 2 })
  await until(() => scene.far.calls.length === 1)
  await revoke(scene)
  expect((await waiting).body).toMatchObject({ status: 'expired', message: expect.stringContaining('was revoked') })
  // A quarter of a second was left for that answer; then the rest is cut off.
  await stage.clock.advance(250)
  expect(await running).toMatchObject({ status: 401, body: { detail: expect.any(String) } })
  await until(() => scene.far.calls[0]?.cancelled.aborted)
})

test.each([
  ['was revoked', revoke],
  ['was limited to other connections', limit],
])('what comes back after the agent %s is kept in the log and told to nobody', async (_, act) => {
  const { scene, script } = await setUp()
  const gate = latch()
  scene.far.act = async () => {
    await gate.opened
    return { content: [{ type: 'text', text: 'A RESULT' }] }
  }
  const id = (await script.call(scene.slug, 'run')).body.approval_request_id
  await stage.person.decide(id, 'once')
  const running = script.call(scene.slug, 'run')
  await until(() => scene.far.calls.length === 1)
  const watching = script.await(id, 101)
  await stage.waiting(101)
  await act(scene)
  gate.open()
  const told = [await running, await watching]
  expect(told).toMatchObject([
    { status: 502, body: { outcome: 'unknown' } },
    { status: 200, body: { status: 'consumed', outcome: 'unknown' } },
  ])
  expect(JSON.stringify(told)).not.toContain('A RESULT')
  expect(await stage.row(id)).toMatchObject({ state: 'executed', result: expect.stringContaining('A RESULT') })
})

describe('a request whose body is still on its way', () => {
  /** Half of it now, half when `meanwhile` is done. */
  async function halves(path: string, credential: string, body: object, meanwhile: () => Promise<unknown>) {
    const text = JSON.stringify(body)
    const lines = [
      `POST ${path} HTTP/1.1`,
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
  const callOf = ({ slug, key }: Scene, meanwhile: () => Promise<unknown>) =>
    halves(`/api/tools/${slug}/call`, key, { tool_name: 'run' }, meanwhile)

  test('when its key is revoked is refused when it has come', async () => {
    const { scene } = await setUp()
    await scene.policy('allow')
    const answer = await callOf(scene, () => revoke(scene))
    expect(answer).toStartWith('HTTP/1.1 401 ')
    expect(answer).toContain('"detail"')
    expect(scene.far.calls).toHaveLength(0)
  })

  test('when its key is limited is answered within the limit', async () => {
    const { scene } = await setUp()
    await scene.policy('allow')
    expect(await callOf(scene, () => limit(scene))).toStartWith('HTTP/1.1 404 ')
    expect(scene.far.calls).toHaveLength(0)
  })

  test('when its token is revoked is refused too', async () => {
    const { scene } = await setUp()
    await scene.policy('allow')
    const { personalTokens } = stage.app.rooms.identity
    const { id, token } = await personalTokens.create(stage.app.userId, {
      name: 'x',
      scope: 'tighten',
      lifetimeMs: 60_000,
    })
    const path = `/api/human/connections/${scene.slug}/policies`
    const sent = { tool_name: 'run', mode: 'deny' }
    const answer = await halves(path, token, sent, () => personalTokens.revoke(stage.app.userId, id))
    expect(answer).toStartWith('HTTP/1.1 401 ')
    expect(outcome(await scene.call())).toBe('executed')
  })
})
