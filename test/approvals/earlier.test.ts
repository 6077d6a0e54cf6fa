import { afterAll, beforeAll, expect, test } from 'bun:test'
import { requestId } from '../harness/agent.ts'
import { FarEnd } from '../harness/far-end.ts'
import { MINUTE_MS, type Scene, type Stage, startStage } from '../harness/stage.ts'

let stage: Stage

beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => stage.strike())

const history = () => stage.app.rooms.approvals.history
const earlier = async (id: string) => history().earlier(await stage.row(id))
const ids = async (id: string) => (await earlier(id)).calls.map((call) => call.id)

async function answered(scene: Scene, args: { [name: string]: number | string }, decision: 'once' | 'deny') {
  const id = await scene.ask(args)
  await stage.person.decide(id, decision, 'Far too much')
  if (decision === 'once') await scene.await(id)
  // A denial answers the same again for a while.
  await stage.clock.advance(11 * MINUTE_MS)
  return id
}

test('what was asked before is told newest first, with what was the same told apart', async () => {
  const scene = await stage.scene([{ name: 'refund' }])
  const denied = await answered(scene, { charge: 'ch_1', amount: 42 }, 'deny')
  const other = await answered(scene, { charge: 'ch_2', amount: 9 }, 'once')
  const same = await answered(scene, { charge: 'ch_1', amount: 42 }, 'once')
  const lapsed = await scene.ask({ charge: 'ch_3', amount: 1 })
  await stage.clock.advance(61 * MINUTE_MS)
  const asked = await scene.ask({ charge: 'ch_1', amount: 42 })
  const { calls, more } = await earlier(asked)
  expect(calls.map(({ id, state, isSame }) => [id, state, isSame])).toEqual([
    [lapsed, 'expired', false],
    [same, 'executed', true],
    [other, 'executed', false],
    [denied, 'denied', true],
  ])
  expect(calls.at(-1)?.reason).toBe('Far too much')
  expect(more).toBe(false)
  // Of an earlier one, only what had been before it.
  expect(await ids(other)).toEqual([denied])
})

test('of other tools, connections and accounts nothing is told, nor what ran without being asked', async () => {
  const scene = await stage.scene([{ name: 'refund' }, { name: 'charge' }])
  const twin = await stage.scene([{ name: 'refund' }])
  await answered(twin, { amount: 1 }, 'once')
  const other = requestId(await scene.agent.call(scene.slug, 'charge', { amount: 1 }))
  await stage.person.decide(other, 'deny')
  await scene.policy('allow')
  await scene.call({ amount: 1 })
  await scene.policy('require_approval')
  expect(await ids(await scene.ask({ amount: 1 }))).toEqual([])
})

test('a yes for one account is not told beside a request for another, once the connection leads there', async () => {
  const far = new FarEnd([{ name: 'refund' }]).start()
  const { upstreams } = stage.app.rooms
  const slug = 'bank'
  await upstreams.add({
    userId: stage.app.userId,
    slug,
    integrationId: 'custom',
    name: 'Bank',
    url: far.url,
    auth: {
      method: 'token',
      place: { header: 'Authorization', format: 'Bearer {token}' },
      credentials: { token: 'sandbox', extra: {} },
    },
    allowPrivateNetwork: true,
    actor: 'operator',
  })
  const agent = await stage.app.agent()
  const ask = async () => requestId(await agent.call(slug, 'refund', { charge: 'ch_1', amount: 42 }))
  const inSandbox = await ask()
  await stage.person.decide(inSandbox, 'once')
  await agent.await(inSandbox)
  await stage.clock.advance(MINUTE_MS)
  expect(await ids(await ask())).toEqual([inSandbox])
  await upstreams.setCredentials(stage.app.userId, slug, { token: 'live', extra: {} }, 'operator')
  await stage.clock.advance(MINUTE_MS)
  const forReal = await ask()
  expect(await earlier(forReal)).toEqual({ calls: [], more: false, alike: null })
  expect((await stage.page(forReal)).text).toContain('You were not asked about this tool before.')
  await agent.close()
  await far.stop()
})

test('what another user was asked is nobody else’s business', async () => {
  const scene = await stage.scene([{ name: 'refund' }])
  await answered(scene, { amount: 1 }, 'once')
  const row = await stage.row(await scene.ask({ amount: 1 }))
  expect((await history().earlier({ ...row, userId: 'somebody else' })).calls).toEqual([])
})

test('compared is the newest that was about the same thing and differs in something', async () => {
  const scene = await stage.scene([{ name: 'refund' }])
  await answered(scene, { charge: 'ch_1', amount: 1 }, 'once')
  const newest = await answered(scene, { charge: 'ch_1', amount: 2 }, 'deny')
  await answered(scene, { charge: 'ch_2', amount: 3 }, 'once')
  await answered(scene, { charge: 'ch_1', amount: 3 }, 'once')
  const { alike } = await earlier(await scene.ask({ charge: 'ch_1', amount: 3 }))
  expect(alike?.call.id).toBe(newest)
  expect(alike?.arguments).toBe('{"amount":2,"charge":"ch_1"}')
  expect((await earlier(await scene.ask({ charge: 'ch_9', amount: 3 }))).alike).toBeNull()
})

test('which rule of the policy it was is kept with the call', async () => {
  const scene = await stage.scene([{ name: 'refund' }])
  const rule = async (id: string) => (await stage.row(id)).rule
  expect(await rule(await scene.ask({ n: 1 }))).toBe('default')
  await scene.policy('require_approval')
  expect(await rule(await scene.ask({ n: 2 }))).toBe('policy')
  await scene.policy('allow')
  const ran = await scene.call({ n: 3 })
  expect(await rule(requestId(ran))).toBe('policy')
  scene.far.tools = [{ name: 'refund', description: 'Something else' }]
  await stage.app.rooms.upstreams.refresh(scene.connectionId, 'operator')
  expect(await rule(await scene.ask({ n: 4 }))).toBe('definition_changed')
  await scene.policy('deny')
  expect(await rule(requestId(await scene.call({ n: 5 })))).toBe('policy')
})
