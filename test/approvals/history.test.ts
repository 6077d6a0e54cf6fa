import { Database } from 'bun:sqlite'
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { type CallFilter, type CallPlace, type Ending, placeOf } from '../../src/approvals/approvals.ts'
import { callsOf } from '../../src/approvals/history-queries.ts'
import { requestId } from '../harness/agent.ts'
import { until } from '../harness/everything.ts'
import { hang } from '../harness/far-end.ts'
import { MINUTE_MS, type Scene, type Stage, startStage } from '../harness/stage.ts'

const TOOLS = [{ name: 'pay' }, { name: 'fails' }, { name: 'breaks' }, { name: 'objects' }, { name: 'hangs' }]

let stage: Stage
let bank: Scene
let shop: Scene
/** Of one call for each ending. */
const ids: Partial<Record<Ending, string>> = {}
let began: number

beforeAll(async () => {
  stage = await startStage()
  bank = await stage.scene(TOOLS)
  shop = await stage.scene([{ name: 'order' }])
  bank.far.act = (call) => {
    if (call.name === 'hangs') return hang(call).then(() => ({ content: [] }))
    if (call.name === 'fails') return new Response(null, { status: 403 })
    if (call.name === 'breaks') return new Response(null, { status: 500 })
    return { content: [{ type: 'text', text: 'x' }], isError: call.name === 'objects' }
  }
  began = stage.clock.now()
  const expired = await bank.ask({ n: 0 })
  await stage.clock.advance(61 * MINUTE_MS)
  ids.expired = expired
  ids.pending = await bank.ask({ n: 1 })
  ids.approved = await bank.ask({ n: 2 })
  await stage.person.decide(ids.approved, 'once')
  ids.denied = await bank.ask({ n: 3 })
  await stage.person.decide(ids.denied, 'deny')
  for (const [ending, tool] of [
    ['executed', 'pay'],
    ['failed', 'fails'],
    ['unknown', 'breaks'],
    ['tool_error', 'objects'],
    ['executing', 'hangs'],
  ] as const) {
    const id = requestId(await bank.agent.call(bank.slug, tool, { n: 4 }))
    await stage.person.decide(id, 'once')
    const ended = bank.await(id, 1)
    if (ending === 'executing') {
      await until(() => bank.far.calls.some((call) => call.name === 'hangs'))
      await stage.clock.advance(2_000)
    }
    await ended
    ids[ending] = id
  }
  await stage.app.setPolicy(bank.slug, 'fails', 'deny')
  ids.refused = requestId(await bank.agent.call(bank.slug, 'fails', {}))
})
afterAll(() => stage.strike())

const history = () => stage.app.rooms.approvals.history
async function find(filter: CallFilter, before: CallPlace | null = null, userId = stage.app.userId) {
  return history().calls(userId, filter, before)
}
const found = async (filter: CallFilter) => (await find(filter)).calls.map(({ id }) => id)

describe('a filter finds what it names and nothing else', () => {
  test.each([
    'pending',
    'approved',
    'executing',
    'executed',
    'tool_error',
    'failed',
    'unknown',
    'denied',
    'expired',
    'refused',
  ] as const)('%s', async (ending) => {
    expect(await found({ ending })).toEqual([ids[ending] ?? 'missing'])
  })

  test('an agent, a connection, a tool', async () => {
    const order = await shop.ask({ n: 1 })
    for (const filter of [{ principalId: shop.keyId }, { connectionSlug: shop.slug }, { toolName: 'order' }]) {
      expect(await found(filter)).toEqual([order])
    }
    expect(await found({ principalId: bank.keyId })).toHaveLength(10)
    expect(await found({ toolName: 'fails' })).toEqual(expect.arrayContaining([ids.failed, ids.refused]))
    expect(await found({ principalId: 'nobody' })).toEqual([])
  })

  test('who decided: the policy alone, or a person', async () => {
    const scene = await stage.scene([{ name: 'run' }])
    const denied = await scene.ask({ n: 1 })
    await stage.person.decide(denied, 'deny')
    const approved = await scene.ask({ n: 2 })
    await stage.person.decide(approved, 'once')
    await scene.ask({ n: 3 })
    const always = await scene.ask({ n: 4 })
    await stage.person.decide(always, 'always')
    const allowed = requestId(await scene.call({ n: 5 }))
    const decided = async (filter: CallFilter) => (await found({ connectionSlug: scene.slug, ...filter })).toSorted()
    expect(await decided({ decided: 'approved' })).toEqual([approved, always].toSorted())
    expect(await decided({ decided: 'denied' })).toEqual([denied])
    expect(await decided({ decided: 'policy' })).toEqual([allowed])
    expect(await decided({ decided: 'approved', ending: 'denied' })).toEqual([])
  })

  test('a time: from it on, and until just before it', async () => {
    expect(await found({ until: began + 1 })).toEqual([ids.expired ?? ''])
    expect(await found({ until: began })).toEqual([])
    expect(await found({ from: began + 1 })).not.toContain(ids.expired)
    expect(await found({ from: began, until: began + 1 })).toEqual([ids.expired ?? ''])
  })

  test('several at once', async () => {
    const toolName = 'fails'
    expect(await found({ connectionSlug: bank.slug, toolName, ending: 'refused', principalId: bank.keyId })).toEqual([
      ids.refused ?? '',
    ])
    expect(await found({ connectionSlug: shop.slug, toolName })).toEqual([])
  })
})

test('of several conditions the rarest is searched by, and the others are only checked', () => {
  const { db } = stage.app.rooms.store
  const sqlite = new Database(join(stage.app.dataDir, 'agentport.db'), { readonly: true })
  const searched = (filter: CallFilter) => {
    const { sql, params } = callsOf(db, stage.app.userId, filter, null, 51).toSQL()
    const [first] = sqlite.query(`EXPLAIN QUERY PLAN ${sql}`).all(...(params as string[])) as { detail: string }[]
    return /USING INDEX (\w+)/.exec(first?.detail ?? '')?.[1]
  }
  expect(searched({ principalId: bank.keyId, toolName: 'hangs' })).toBe('requests_tool')
  expect(searched({ principalId: shop.keyId, connectionSlug: bank.slug })).toBe('requests_agent')
  expect(searched({ principalId: bank.keyId, connectionSlug: 'nowhere' })).toBe('requests_connection')
  expect(searched({ connectionSlug: bank.slug, ending: 'denied' })).toBe('requests_went_wrong')
  expect(searched({ toolName: 'hangs', ending: 'executed' })).toBe('requests_tool')
  sqlite.close()
})

test('nobody finds what is another’s, whatever they filter by', async () => {
  const { humans } = stage.app.rooms.identity
  const other = await humans.addUser('other@example.org', 'another long password', 'operator')
  for (const filter of [
    {},
    { principalId: bank.keyId },
    { connectionSlug: bank.slug },
    { toolName: 'pay' },
    { ending: 'executing' as const },
    { ending: 'denied' as const },
    { decided: 'approved' as const },
    { decided: 'policy' as const },
  ]) {
    expect((await find(filter, null, other.id)).calls).toEqual([])
    expect((await history().callsAfter(other.id, filter, { askedAt: 0, id: '' })).calls).toEqual([])
    expect((await history().search(other.id, filter, 'n', null)).calls).toEqual([])
  }
  expect(await history().connectionSlugs(other.id)).toEqual([])
  expect(Object.values(await history().numbers(other.id, 0))).toEqual(Array(8).fill(0))
})

test('a list carries no arguments, results or messages', async () => {
  const [call] = (await find({ ending: 'executed' })).calls
  expect(Object.keys(call ?? {})).toEqual(expect.not.arrayContaining(['arguments', 'result', 'message', 'target']))
})

test('pages join without gap or double, though calls share a millisecond and new ones arrive meanwhile', async () => {
  const scene = await stage.scene()
  await scene.policy('allow')
  const made: string[] = []
  for (let n = 0; n < 120; n++) {
    if (n % 40 === 0) await stage.clock.advance(1)
    made.push(requestId(await scene.call({ n })))
  }
  const filter = { principalId: scene.keyId }
  const seen: string[] = []
  const sizes: number[] = []
  let before: CallPlace | null = null
  do {
    const page = await find(filter, before)
    seen.push(...page.calls.map(({ id }) => id))
    sizes.push(page.calls.length)
    before = page.older
    await scene.call({ late: seen.length })
  } while (before)
  expect(sizes).toEqual([50, 50, 20])
  expect(seen.toSorted()).toEqual(made.toSorted())
  const times = await Promise.all(seen.map(async (id) => (await stage.row(id)).askedAt))
  expect(times).toEqual(times.toSorted((a, b) => b - a))
})

test('the page before a page is the fifty that came next, and the newest page has none', async () => {
  const scene = await stage.scene()
  await scene.policy('allow')
  for (let n = 0; n < 110; n++) {
    if (n % 7 === 0) await stage.clock.advance(1)
    await scene.call({ n })
  }
  const filter = { principalId: scene.keyId }
  const first = await find(filter)
  const second = await find(filter, first.older)
  const third = await find(filter, second.older)
  expect(third.calls).toHaveLength(10)
  const back = await history().callsAfter(stage.app.userId, filter, placeOf(third.calls[0]) as CallPlace)
  expect(back.calls).toEqual(second.calls)
  const top = await history().callsAfter(stage.app.userId, filter, back.newer as CallPlace)
  expect(top).toEqual({ calls: first.calls, newer: null })
  const newest = placeOf(first.calls[0]) as CallPlace
  const count = (place: CallPlace) => history().countAfter(stage.app.userId, filter, place)
  expect([await count(newest), await count(placeOf(third.calls[0]) as CallPlace)]).toEqual([0, 100])
  await stage.clock.advance(1)
  await scene.call({ late: true })
  expect(await count(newest)).toBe(1)
})

test('the numbers of a time add up to what the filters find', async () => {
  const since = began + 1
  const numbers = await history().numbers(stage.app.userId, since)
  const all = async (filter: CallFilter) => {
    const { calls } = await history().calls(stage.app.userId, { from: since, ...filter }, null, 10_000)
    return calls.length
  }
  expect(numbers).toEqual({
    all: await all({}),
    byPolicy: await all({ decided: 'policy' }),
    approved: await all({ decided: 'approved' }),
    denied: await all({ decided: 'denied' }),
    failed: await all({ ending: 'failed' }),
    unknown: await all({ ending: 'unknown' }),
    toolErrors: await all({ ending: 'tool_error' }),
    refused: await all({ ending: 'refused' }),
  })
  expect(Object.values(numbers).every((n) => n > 0)).toBe(true)
  expect(Object.values(await history().numbers(stage.app.userId, stage.clock.now() + 1))).toEqual(Array(8).fill(0))
})

test('what is new is without what waits, and none of it is another’s', async () => {
  const { approvals } = stage.app.rooms
  const recent = await approvals.recent(stage.app.userId, 500)
  expect(recent.length).toBeGreaterThan(100)
  expect(recent.map(({ state }) => state)).not.toContain('pending')
  expect(Object.keys((await approvals.waiting(stage.app.userId))[0] ?? {})).not.toContain('arguments')
  expect(await approvals.recent('nobody', 500)).toEqual([])
})

test('a connection that is gone is still one that was called', async () => {
  const scene = await stage.scene()
  const id = await scene.ask({ n: 1 })
  const { upstreams } = stage.app.rooms
  await upstreams.remove(scene.connectionId, 'operator')
  expect(await history().connectionSlugs(stage.app.userId)).toEqual(
    expect.arrayContaining([bank.slug, shop.slug, scene.slug]),
  )
  expect(await found({ connectionSlug: scene.slug })).toEqual([id])
})
