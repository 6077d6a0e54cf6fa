import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { Caller } from '../../src/calls/calls.ts'
import { HOUR_MS, type Stage, startStage } from '../harness/stage.ts'
import { newestRows } from '../harness/whole-rows.ts'

const DAY_MS = 24 * HOUR_MS
const WEEK_MS = 7 * DAY_MS

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => stage.strike())

const save = (days: string) =>
  stage.person.post('/settings', { pending_minutes: '60', approved_minutes: '60', kept_days: days })
const keptDays = async () => (await stage.app.rooms.approvals.limits(stage.app.userId)).keptMs / DAY_MS
const payloads = async (id: string) => {
  const { arguments: args, result } = await stage.row(id)
  return { args, result }
}
const GONE = { args: null, result: null }

/** An allowed call that is over: its id. */
async function made(scene: Awaited<ReturnType<Stage['scene']>>, n: number): Promise<string> {
  const { _meta } = await scene.call({ n })
  return String(_meta?.['agentport/request_id'])
}

test('a whole number of days from 1 to 3650 is taken, shown again, and recorded', async () => {
  expect(await keptDays()).toBe(90)
  for (const days of ['1', '3650', '30']) {
    expect((await save(days)).status).toBe(303)
    expect(await keptDays()).toBe(Number(days))
  }
  expect(await (await stage.person.get('/settings')).text()).toMatch(/name="kept_days"[^>]* value="30"/)
  const last = [...stage.app.rooms.audit.events()].at(-1)
  expect(last).toMatchObject({ name: 'settings.changed' })
  expect(JSON.parse(last?.details ?? '')).toMatchObject({ keptMs: 30 * DAY_MS })
  await save('90')
})

test('anything else is refused in words, and the old setting stays', async () => {
  for (const days of ['0', '3651', '-1', '', 'soon', '1e9', 'Infinity']) {
    const refused = await save(days)
    expect([days, refused.status]).toEqual([days, 400])
    expect(await refused.text()).toContain('Choose between 1 and 3650 days.')
    expect(await keptDays()).toBe(90)
  }
})

test('arguments and results go when they are older than the setting, and the entry stays', async () => {
  const scene = await stage.scene()
  await scene.policy('allow')
  await save('3')
  const old = await made(scene, 1)
  await stage.clock.advance(DAY_MS)
  const young = await made(scene, 2)
  const result = '{"content":[{"type":"text","text":"done"}]}'
  await stage.clock.advance(2 * DAY_MS - HOUR_MS)
  expect(await payloads(old)).toEqual({ args: '{"n":1}', result })

  await stage.clock.advance(2 * HOUR_MS)
  expect(await payloads(old)).toEqual(GONE)
  expect(await payloads(young)).toEqual({ args: '{"n":2}', result })
  expect(await stage.row(old)).toMatchObject({ state: 'executed', outcome: 'executed', toolName: 'run' })
  expect((await stage.page(old)).text).toContain('(not kept)')

  await save('1')
  await stage.clock.advance(HOUR_MS)
  expect(await payloads(young)).toEqual(GONE)
  expect((await stage.app.rooms.audit.verify()).fault).toBeNull()
  await save('90')
})

test('a longer time brings nothing back and takes nothing early', async () => {
  const scene = await stage.scene()
  await scene.policy('allow')
  await save('1')
  const id = await made(scene, 1)
  await stage.clock.advance(12 * HOUR_MS)
  await save('3')
  await stage.clock.advance(2 * DAY_MS)
  expect((await payloads(id)).args).toBe('{"n":1}')
  await stage.clock.advance(DAY_MS)
  expect(await payloads(id)).toEqual(GONE)
  await save('90')
})

test('what still waits is kept whole however old it is, and goes once it is over', async () => {
  const scene = await stage.scene()
  const form = { pending_minutes: String(WEEK_MS / 60_000), approved_minutes: '60', kept_days: '1' }
  expect((await stage.person.post('/settings', form)).status).toBe(303)
  const id = await scene.ask({ n: 1 })
  await stage.clock.advance(2 * DAY_MS)
  expect((await payloads(id)).args).toBe('{"n":1}')
  await stage.person.decide(id, 'once')
  await scene.await(id)
  expect((await stage.row(id)).state).toBe('executed')
  await stage.clock.advance(HOUR_MS)
  expect(await payloads(id)).toEqual(GONE)
  await save('90')
})

test('one person’s setting is not another’s, and more calls than fit one step are all reached', async () => {
  const { app, clock } = stage
  const scene = await stage.scene()
  const other = await app.rooms.identity.humans.addUser('other@example.org', 'another long password', 'operator')
  const { connection } = await app.rooms.upstreams.add({
    userId: other.id,
    slug: 'theirs',
    integrationId: 'custom',
    name: 'theirs',
    url: scene.far.url,
    auth: { method: 'none' },
    allowPrivateNetwork: true,
    actor: 'operator',
  })
  expect(connection.connected).toBe(true)
  const { id: keyId } = await app.rooms.identity.agents.createKey(other.id, 'theirs', 'operator')
  const principal = {
    id: keyId,
    kind: 'api_key' as const,
    userId: other.id,
    name: 'theirs',
    connections: null,
    program: null,
  }
  const caller: Caller = { principal, address: null, program: null }
  const signal = new AbortController().signal
  for (let n = 0; n < 1_200; n++) {
    // Refused calls are the cheapest to make: beyond 50 nobody is asked.
    const call = { slug: 'theirs', toolName: 'run', arguments: { n }, inexactNumbers: [], note: null }
    await app.rooms.calls.callTool(caller, call, { signal })
    await clock.advance(1)
  }
  const mine = await scene.ask({ n: 1 })
  await stage.person.decide(mine, 'deny')
  const kept = async () =>
    (await newestRows(app.rooms.approvals, other.id, 2_000)).filter((row) => row.arguments !== null).length
  await clock.advance(DAY_MS + HOUR_MS)
  expect(await kept()).toBe(1_200)
  await app.rooms.approvals.setLimits(other.id, { pendingMs: HOUR_MS, approvedMs: HOUR_MS, keptMs: DAY_MS })
  await app.rooms.approvals.history.prune()
  expect(await kept()).toBe(0)
  expect((await payloads(mine)).args).toBe('{"n":1}')
}, 20_000)
