import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import type { JsonObject } from '../../src/lib/json.ts'
import { outcome } from '../harness/agent.ts'
import { PASSWORD } from '../harness/app.ts'
import { MINUTE_MS, type Scene, type Stage, startStage } from '../harness/stage.ts'
import { allRows } from '../harness/tables.ts'

let stage: Stage
let scene: Scene

beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => stage.strike())
beforeEach(async () => {
  scene = await stage.scene([{ name: 'pay' }])
})

const state = async (id: string) => (await stage.row(id)).state
const tick = async (id: string) => `${id}.${(await stage.row(id)).argumentsHash}`
const page = async (path = `/waiting?agent=${scene.keyId}`) => (await stage.person.get(path)).text()
const ticksOn = (html: string) =>
  [...html.matchAll(/name="ticked" value="([0-9a-z]+)\.[0-9a-f]{64}"/g)].map(([, id]) => id)

async function send(decision: string, ticked: string[], more: Record<string, string> = {}) {
  const form = new URLSearchParams({ agent: scene.keyId, decision, ...more })
  for (const each of ticked) form.append('ticked', each)
  return stage.person.post('/waiting/decisions', form)
}

describe('what one agent waits for', () => {
  test('is shown whole, oldest first, each with a tick of its own, and nobody else’s among it', async () => {
    const first = await scene.ask({ to: 'Anna', amount: 1 }, 'for the cake')
    const second = await scene.ask({ to: 'Berta', amount: 2 })
    const other = await stage.scene([{ name: 'pay' }])
    const foreign = await other.ask({ to: 'Carla', amount: 3 })
    const html = await page()
    expect(ticksOn(html)).toEqual([first, second])
    for (const words of ['Anna', 'Berta', 'for the cake']) expect(html).toContain(words)
    expect(html).not.toContain('Carla')
    expect(html).not.toContain(foreign)
  })

  test('is shown with what each server says that its tool does, and what takes pages to say is read on a page of its own', async () => {
    const tools = [{ name: 'pay', description: 'Pays at once, and cannot be undone.' }]
    const told = await stage.scene(tools)
    const asked = await told.ask({ n: 1 })
    const path = `/waiting?agent=${told.keyId}`
    const html = await page(path)
    expect(ticksOn(html)).toEqual([asked])
    expect(html).toContain('Pays at once, and cannot be undone.')
    const wordy = await stage.scene([{ name: 'pay', description: 'w'.repeat(5_000) }])
    const long = await wordy.ask({ n: 1 })
    const apart = await page(`/waiting?agent=${wordy.keyId}`)
    expect(ticksOn(apart)).toEqual([])
    expect(apart).toContain(`href="/approve/${long}"`)
    expect(apart).not.toContain('wwww')
  })

  test('has no button that allows for ever, and takes none', async () => {
    const asked = await scene.ask({ n: 1 })
    expect(await page()).not.toContain('value="always"')
    const answer = await send('always', [await tick(asked)])
    expect(answer.status).toBe(400)
    expect(await answer.text()).toContain('Choose Approve once or Deny.')
    expect(await state(asked)).toBe('pending')
    expect(outcome(await scene.call({ n: 2 }))).toBe('approval_required')
  })

  test('of an agent of somebody else is not there', async () => {
    const asked = await scene.ask({ n: 1 })
    await stage.app.rooms.identity.humans
      .addUser('neighbour@example.org', 'another long password', 'operator')
      .catch(() => {})
    const { Person } = await import('../harness/person.ts')
    const neighbour = await new Person(stage.app.origin, 'neighbour@example.org', 'another long password').signIn()
    const before = allRows(stage.app.dataDir)
    for (const path of ['/waiting', '/waiting/news']) {
      const answer = await neighbour.get(`${path}?agent=${scene.keyId}&shown=${asked}&decided=${asked}`)
      expect([path, answer.status]).toEqual([path, 404])
      expect(await answer.text()).not.toContain('agent 1')
    }
    const form = { agent: scene.keyId, decision: 'once', ticked: await tick(asked), origin_proof: neighbour.proof }
    expect((await neighbour.post('/waiting/decisions', form)).status).toBe(404)
    // Nor by an agent of one's own.
    expect(allRows(stage.app.dataDir)).toEqual(before)
  })

  test('without an agent leads home', async () => {
    expect((await stage.person.get('/waiting')).headers.get('location')).toBe('/')
    expect((await stage.person.get('/waiting?agent=nobody')).status).toBe(404)
  })
})

describe('the ticked', () => {
  test('are approved once, each of them, and the others go on waiting', async () => {
    const [one, two, three] = [await scene.ask({ n: 1 }), await scene.ask({ n: 2 }), await scene.ask({ n: 3 })]
    const answer = await send('once', [await tick(one), await tick(three)])
    expect(answer.status).toBe(303)
    expect([await state(one), await state(two), await state(three)]).toEqual(['approved', 'pending', 'approved'])
    const html = await page(answer.headers.get('location') ?? '')
    expect(ticksOn(html)).toEqual([two])
    expect(html.match(/Approved once by/g)).toHaveLength(2)
    // Once is once.
    await scene.await(one)
    expect(outcome(await scene.call({ n: 1 }))).toBe('approval_required')
  })

  test('are denied with one reason, and each is told it', async () => {
    const ids = [await scene.ask({ n: 1 }), await scene.ask({ n: 2 })]
    await send('deny', await Promise.all(ids.map(tick)), { reason: 'not today' })
    for (const id of ids) {
      expect(await state(id)).toBe('denied')
      expect(JSON.stringify(await scene.await(id))).toContain('not today')
    }
  })

  test('being none is an error that loses nothing and decides nothing', async () => {
    const asked = await scene.ask({ n: 1 })
    const answer = await send('deny', [], { reason: 'typed with care' })
    expect(answer.status).toBe(400)
    const html = await answer.text()
    expect(html).toContain('Nothing was ticked, so nothing was decided.')
    expect(html).toMatch(/<details[^>]* open[^>]*>.*typed with care<\/textarea>/s)
    expect(await state(asked)).toBe('pending')
  })

  test('without a button of ours are kept ticked and asked about again', async () => {
    const [one, two] = [await scene.ask({ n: 1 }), await scene.ask({ n: 2 })]
    const html = await (await send('', [await tick(two)])).text()
    expect(html).toMatch(new RegExp(`id="tick-${two}"[^>]* checked`))
    expect(html).not.toMatch(new RegExp(`id="tick-${one}"[^>]* checked`))
    expect([await state(one), await state(two)]).toEqual(['pending', 'pending'])
  })

  test('with other arguments than it has are left alone, and the right ones beside them decided', async () => {
    const [one, two] = [await scene.ask({ n: 1 }), await scene.ask({ n: 2 })]
    const forged = `${one}.${(await stage.row(two)).argumentsHash}`
    const answer = await send('once', [forged, await tick(two)])
    expect([await state(one), await state(two)]).toEqual(['pending', 'approved'])
    expect(await page(answer.headers.get('location') ?? '')).toContain(
      'what was ticked is not what this request asks for',
    )
  })

  test.each([
    ['a request of another agent', async () => tick(await (await stage.scene([{ name: 'pay' }])).ask({ n: 1 }))],
    ['a request that never was', async () => `${'0'.repeat(26)}.${'a'.repeat(64)}`],
    ['an id alone', async () => scene.ask({ n: 1 })],
    ['nonsense', async () => '../../x.<script>'],
  ])('of %s decide nothing', async (_, forge) => {
    const forged = await forge()
    const before = allRows(stage.app.dataDir)
    const answer = await send('once', [forged])
    expect(answer.status).toBe(303)
    expect(allRows(stage.app.dataDir)).toEqual(before)
  })

  test('that were decided or lapsed meanwhile are told so, each for itself', async () => {
    const lapsing = await scene.ask({ n: 0 })
    await stage.clock.advance(59 * MINUTE_MS)
    const [denied, fresh] = [await scene.ask({ n: 1 }), await scene.ask({ n: 2 })]
    const ticks = await Promise.all([lapsing, denied, fresh].map(tick))
    await stage.person.decide(denied, 'deny', 'first come')
    await stage.clock.advance(2 * MINUTE_MS)
    const answer = await send('once', ticks)
    expect([await state(lapsing), await state(denied), await state(fresh)]).toEqual(['expired', 'denied', 'approved'])
    const html = await page(answer.headers.get('location') ?? '')
    expect(html.match(/Your click came too late for this one/g)).toHaveLength(2)
    expect(html).toContain('Nobody decided in time.')
  })

  test('sent twice at once are decided once, and run once', async () => {
    const asked = await scene.ask({ n: 1 })
    const ticked = [await tick(asked)]
    const answers = await Promise.all([send('once', ticked), send('deny', ticked), send('once', ticked)])
    expect(answers.map(({ status }) => status)).toEqual([303, 303, 303])
    const row = await stage.row(asked)
    expect(['approved', 'denied']).toContain(row.state)
    await scene.await(asked)
    expect(scene.far.calls.length).toBe(row.state === 'approved' ? 1 : 0)
  })
})

describe('what cannot be taken in at a glance', () => {
  test('is decided on its own page: a long request among short ones', async () => {
    const long = await scene.ask({ body: 'w'.repeat(5_000) })
    const short = await scene.ask({ body: 'short' })
    const html = await page()
    expect(ticksOn(html)).toEqual([short])
    expect(html).toContain('It is too long to be decided among others.')
    expect(html).toContain(`href="/approve/${long}"`)
    expect(html).not.toContain('w'.repeat(5_000))
  })

  test('and so are those beyond what one page can hold', async () => {
    const args = (n: number): JsonObject => ({ n, body: 'w'.repeat(4_000) })
    for (let n = 0; n < 20; n++) await scene.ask(args(n))
    const html = await page()
    expect(ticksOn(html)).toHaveLength(16)
    expect(html.match(/It is too long/g)).toHaveLength(4)
  })

  test('nor is a page without end: the rest is counted, and follows', async () => {
    const ids: string[] = []
    for (let n = 0; n < 32; n++) ids.push(await scene.ask({ n }))
    const html = await page()
    expect(ticksOn(html)).toEqual(ids.slice(0, 30))
    expect(html).toContain('2 more wait; they follow once these are decided.')
    const news = /hx-get="(\/waiting\/news[^"]+)"/.exec(html)?.[1]?.replaceAll('&amp;', '&') ?? ''
    expect(await page(news)).not.toContain('come meanwhile')
    ids.push(await scene.ask({ n: 32 }))
    expect(await page(news)).toContain('1 more has come meanwhile.')
    const answer = await send('deny', await Promise.all(ids.map(tick)))
    expect(ticksOn(await page(answer.headers.get('location') ?? ''))).toEqual(ids.slice(30))
  })

  test('and a tool that is not what its owner knew', async () => {
    await stage.person.decide(await scene.ask({ n: 1 }), 'deny')
    scene.far.tools = [{ name: 'pay', description: 'Pays, and more than that' }]
    await stage.app.rooms.upstreams.refresh(scene.connectionId, 'operator')
    await scene.ask({ n: 2 })
    const html = await page()
    expect(ticksOn(html)).toEqual([])
    expect(html).toContain('Its tool is not what you knew')
    expect(html).not.toContain('value="once"')
  })
})

describe('on plain http', () => {
  test('the cookie alone decides nothing: the password is asked for, with every tick kept', async () => {
    const ids = [await scene.ask({ n: 1 }), await scene.ask({ n: 2 })]
    const ticks = await Promise.all(ids.map(tick))
    const unproven = await send('once', ticks, { origin_proof: 'stolen' })
    expect(unproven.status).toBe(403)
    expect(await Promise.all(ids.map(state))).toEqual(['pending', 'pending'])
    const html = await unproven.text()
    for (const each of ticks) expect(html).toContain(`name="ticked" value="${each}"`)
    expect(html).toContain('Approve the ticked calls once')
    await send('once', ticks, { origin_proof: 'stolen', password: PASSWORD })
    expect(await Promise.all(ids.map(state))).toEqual(['approved', 'approved'])
  })

  test.each(['cross-site', 'same-site', 'none'])('nor does a form from a page that is %s', async (site) => {
    const asked = await scene.ask({ n: 1 })
    const form = { agent: scene.keyId, decision: 'once', ticked: await tick(asked) }
    const answer = await stage.person.post('/waiting/decisions', form, { 'sec-fetch-site': site })
    expect(answer.status).toBe(403)
    expect(await state(asked)).toBe('pending')
  })

  test('nor an API key or a personal token, in whichever header it comes', async () => {
    const asked = await scene.ask({ n: 1 })
    const { personalTokens } = stage.app.rooms.identity
    const { token } = await personalTokens.create(stage.app.userId, { name: 'x', scope: 'tighten', lifetimeMs: 60_000 })
    const body = new URLSearchParams({ agent: scene.keyId, decision: 'once', ticked: await tick(asked) })
    for (const credential of [scene.key, token]) {
      for (const headers of [{ 'x-api-key': credential }, { authorization: `Bearer ${credential}` }] as Record<
        string,
        string
      >[]) {
        const answer = await fetch(`${stage.app.origin}/waiting/decisions`, {
          method: 'POST',
          headers: { 'sec-fetch-site': 'same-origin', ...headers },
          body,
          redirect: 'manual',
        })
        expect(answer.headers.get('location')).toStartWith('/sign-in')
      }
    }
    expect(await state(asked)).toBe('pending')
  })
})

describe('a click on a button that is dead by now', () => {
  const late = async (id: string, decision: 'once' | 'deny') => {
    const answer = await stage.person.decide(id, decision)
    return page(answer.headers.get('location') ?? '')
  }

  test('is told that it came too late, and what happened', async () => {
    const asked = await scene.ask({ n: 1 })
    await stage.person.decide(asked, 'deny', 'first come')
    const html = await late(asked, 'once')
    expect(html).toContain('Your click came too late and changed nothing')
    expect(html).toContain('first come')
  })

  test('is not told so where it is the same click again', async () => {
    const asked = await scene.ask({ n: 1 })
    await stage.person.decide(asked, 'once')
    expect(await late(asked, 'once')).not.toContain('too late')
  })

  test('after its time says that nobody decided', async () => {
    const asked = await scene.ask({ n: 1 })
    await stage.clock.advance(61 * MINUTE_MS)
    const html = await late(asked, 'once')
    expect(html).toContain('too late')
    expect(html).toContain('Nobody decided in time. Nothing ran. If it is still wanted, the agent has to ask again.')
  })
})

test('no link makes a page say that a request is over that waits, since an agent writes links too', async () => {
  const asked = await scene.ask({ n: 1 })
  const html = await page(`/approve/${asked}?late`)
  expect(html).toContain('May this run?')
  expect(html).not.toContain('too late')
  for (const how of ['decided', 'late']) {
    const several = await page(`/waiting?agent=${scene.keyId}&${how}=${asked}`)
    expect(ticksOn(several)).toEqual([asked])
    expect(several).not.toContain('What you ticked')
  }
})

test('the page of a request leads to those that wait beside it', async () => {
  const asked = await scene.ask({ n: 1 })
  const before = await page(`/approve/${asked}`)
  expect(before).not.toContain(`/waiting?agent=${scene.keyId}`)
  await scene.ask({ n: 2 })
  await scene.ask({ n: 3 })
  const html = await page(`/approve/${asked}`)
  expect(html).toMatch(new RegExp(`href="/waiting\\?agent=${scene.keyId}">\\s*2 more wait`))
})
