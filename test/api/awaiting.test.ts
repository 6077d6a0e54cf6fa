import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { startApp } from '../harness/app.ts'
import { until } from '../harness/everything.ts'
import { FarEnd } from '../harness/far-end.ts'
import { Script } from '../harness/script.ts'
import { latch, type Stage, startStage } from '../harness/stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => stage.strike())

async function asked() {
  const scene = await stage.scene()
  const script = Script.withKey(stage.app.origin, scene.key)
  const id: string = (await script.call(scene.slug, 'run')).body.approval_request_id
  return { scene, script, id, path: `/api/tool-approvals/requests/${id}/await` }
}

/** How many still wait until so many seconds from now. */
const waits = (seconds: number) => stage.clock.due.filter((at) => at === stage.clock.now() + seconds * 1000).length

describe('a wait', () => {
  test('is answered the moment that the person decides', async () => {
    const { script, id } = await asked()
    const waiting = script.await(id, 100)
    await stage.waiting(100)
    await stage.person.decide(id, 'once')
    expect((await waiting).body).toMatchObject({ status: 'approved' })
  })

  test('sends its headers and white space before anybody has decided, so that nothing on the way gives up', async () => {
    const { script, id, path } = await asked()
    const response = await script.fetch('POST', path, { timeout_seconds: 101 })
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('application/json')
    const reader = response.body?.getReader()
    expect(new TextDecoder().decode((await reader?.read())?.value)).toBe(' ')
    await stage.person.decide(id, 'deny')
    const rest = new TextDecoder().decode((await reader?.read())?.value)
    expect(JSON.parse(rest)).toMatchObject({ status: 'denied' })
  })

  test('lasts 45 s unless told otherwise and 240 s at most, and a fraction of a second is a time too', async () => {
    for (const [given, seconds] of [
      [undefined, 45],
      [null, 45],
      [1e9, 240],
      [239.5, 239.5],
    ] as const) {
      const { script, id, path } = await asked()
      const waiting = given === undefined ? script.await(id) : script.send('POST', path, { timeout_seconds: given })
      await stage.waiting(seconds)
      await stage.person.decide(id, 'deny')
      expect((await waiting).body.status).toBe('denied')
    }
  })

  test.each([
    ['nothing at all', undefined],
    ['null', 'null'],
    ['an empty object', '{}'],
  ])('takes %s for a body', async (_, body) => {
    const { script, id, path } = await asked()
    await stage.person.decide(id, 'once')
    expect((await script.send('POST', path, body)).body).toMatchObject({ status: 'approved' })
  })

  test.each(['0', '-1', '"5"', '[]', 'true', '{}'])('is not had for %s seconds', async (seconds) => {
    const { script, path } = await asked()
    expect(await script.send('POST', path, `{"timeout_seconds":${seconds}}`)).toMatchObject({ status: 422 })
  })

  test('of a call that runs ends with the run, and has its result', async () => {
    const { scene, script, id } = await asked()
    await stage.person.decide(id, 'once')
    const gate = latch()
    scene.far.act = async () => {
      await gate.opened
      return { content: [{ type: 'text', text: 'at last' }] }
    }
    const running = script.call(scene.slug, 'run')
    await until(() => scene.far.calls.length === 1)
    const first = script.await(id, 20)
    await stage.waiting(20)
    await stage.clock.advance(20_000)
    const short = await first
    expect(short.body).toMatchObject({ status: 'consumed', outcome: null, decision_mode: 'approve_once' })
    expect(short.body).not.toHaveProperty('result')
    const waiting = script.await(id, 102)
    await stage.waiting(102)
    gate.open()
    const result = { content: [{ type: 'text', text: 'at last' }], isError: false }
    expect((await waiting).body).toMatchObject({ status: 'consumed', outcome: 'executed', result })
    expect((await running).body).toEqual(result)
  })

  test('ends when its key is revoked', async () => {
    const { scene, script, id } = await asked()
    const waiting = script.await(id, 103)
    await stage.waiting(103)
    await stage.app.rooms.identity.agents.revoke(stage.app.userId, scene.keyId, 'operator')
    expect((await waiting).body).toMatchObject({
      status: 'expired',
      message: expect.stringContaining('The agent that asked was revoked.'),
    })
    expect((await script.await(id)).status).toBe(401)
  })
})

describe('going away ends the wait and not the request', () => {
  test.each([
    ['before the headers were sent', 0],
    ['after', 700],
  ])('%s', async (_, afterMs) => {
    const { scene, script, id, path } = await asked()
    const end = new AbortController()
    const waiting = script.send('POST', path, { timeout_seconds: 104 }, { signal: end.signal }).catch(() => 'gone')
    await stage.waiting(104)
    await Bun.sleep(afterMs)
    end.abort()
    expect(await waiting).toBe('gone')
    await until(() => waits(104) === 0)
    expect((await stage.row(id)).state).toBe('pending')
    await stage.person.decide(id, 'once')
    expect((await script.await(id)).body.status).toBe('approved')
    expect((await script.call(scene.slug, 'run')).status).toBe(200)
  })

  test('nor the run of a call, which only its own caller can cancel', async () => {
    const { scene, script, id, path } = await asked()
    await stage.person.decide(id, 'once')
    const gate = latch()
    scene.far.act = async () => {
      await gate.opened
      return { content: [] }
    }
    // Its own caller has waited long enough, so that whoever watches is the only one who is there.
    void scene.await(id, 1)
    await until(() => scene.far.calls.length === 1)
    await stage.clock.advance(2_000)
    const end = new AbortController()
    const watching = script.send('POST', path, { timeout_seconds: 105 }, { signal: end.signal }).catch(() => 'gone')
    await stage.waiting(105)
    end.abort()
    expect(await watching).toBe('gone')
    await until(() => waits(105) === 0)
    expect(scene.far.calls[0]?.cancelled.aborted).toBe(false)
    gate.open()
    await until(async () => (await stage.row(id)).state === 'executed')
  })
})

test('when AgentPort stops, a wait is answered as it stands', async () => {
  const far = new FarEnd().start()
  const app = await startApp()
  await app.install('far', far.url)
  const script = Script.withKey(app.origin, (await app.newKey()).key)
  const id = (await script.call('far', 'run')).body.approval_request_id
  const waiting = script.await(id, 60)
  await Bun.sleep(600)
  const stopped = app.stop()
  expect((await waiting).body).toMatchObject({ status: 'pending' })
  await stopped
  await far.stop()
})
