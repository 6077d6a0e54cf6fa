import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { JsonObject } from '../../src/lib/json.ts'
import { outcome } from '../harness/agent.ts'
import { PASSWORD } from '../harness/app.ts'
import { until } from '../harness/everything.ts'
import { OAuthProgram } from '../harness/oauth-program.ts'
import { Person } from '../harness/person.ts'
import { HOUR_MS, latch, MINUTE_MS, type Scene, type Stage, startStage } from '../harness/stage.ts'
import { allRows } from '../harness/tables.ts'

const PAY = {
  name: 'pay',
  description: 'Pays',
  inputSchema: {
    type: 'object',
    properties: { amount: { type: 'integer', minimum: 1 }, to: { type: 'string' } },
    required: ['amount'],
    additionalProperties: false,
  } as JsonObject,
}

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => stage.strike())

const pay = () => stage.scene([PAY])

/** What a form of the playground holds when it is opened, and how to send it. */
async function openForm(scene: Scene, person = stage.person, tool = scene.far.tools[0]?.name ?? '') {
  const query = new URLSearchParams({ connection: scene.slug, tool })
  const html = await (await person.get(`/playground?${query}`)).text()
  const hidden = (name: string) => new RegExp(`name="${name}" value="([^"]*)"`).exec(html)?.[1] ?? ''
  const base = Object.fromEntries(
    ['connection', 'tool', 'definition', 'ticket', 'as'].map((name) => [name, hidden(name)]),
  )
  return {
    html,
    send: (values: Record<string, string>, headers: Record<string, string> = {}) =>
      person.post('/playground', { ...base, do: 'run', ...values }, headers),
  }
}

async function run(scene: Scene, values: Record<string, string>) {
  const answer = await (await openForm(scene)).send(values)
  const location = answer.headers.get('location')
  return {
    status: answer.status,
    location,
    id: /[0-9a-z]{26}/.exec(location ?? '')?.[0] ?? '',
    text: await answer.text(),
  }
}

describe('a person runs a tool', () => {
  test('that is allowed: it runs at once, and the page shows what an agent would get', async () => {
    const scene = await pay()
    await scene.policy('allow')
    scene.far.act = () => ({
      content: [{ type: 'text', text: 'paid 12' }],
      structuredContent: { paid: true },
      _meta: { x: 1 },
    })
    const { status, location, id } = await run(scene, { '/amount': '12', '/to': 'Anna' })
    expect([status, location]).toEqual([303, `/playground?call=${id}#answer`])
    expect(scene.far.calls.map((call) => call.arguments)).toEqual([{ amount: 12, to: 'Anna' }])
    const page = await (await stage.person.get(`/playground?call=${id}`)).text()
    for (const shown of ['paid 12', 'Structured content', '<code>executed</code>', '<code>false</code>', 'value="12"'])
      expect(page).toContain(shown)
    expect(await stage.row(id)).toMatchObject({
      principalKind: 'person',
      principalId: stage.app.userId,
      decisionMode: 'policy',
      state: 'executed',
    })
  })

  test('that asks: nothing is sent until they approve it on the page of the request, and then it runs by itself', async () => {
    const scene = await pay()
    const { location, id } = await run(scene, { '/amount': '12' })
    expect(location).toBe(`/approve/${id}`)
    expect(await stage.page(id)).toMatchObject({ asks: true })
    expect(scene.far.calls).toHaveLength(0)
    await stage.person.decide(id, 'once')
    await until(async () => (await stage.row(id)).state === 'executed')
    expect(scene.far.calls).toHaveLength(1)
    expect((await stage.page(id)).text).toContain('You asked (by hand, in the playground')
  })

  test('that asks, and denies it: nothing runs, and the same again within ten minutes is denied again', async () => {
    const scene = await pay()
    const { id } = await run(scene, { '/amount': '12' })
    await stage.person.decide(id, 'deny', 'not now')
    const again = await run(scene, { '/amount': '12' })
    expect(again.location).toBe(`/playground?call=${id}#answer`)
    const page = await (await stage.person.get(`/playground?call=${id}`)).text()
    for (const shown of ['<code>denied</code>', '<code>true</code>', 'A human denied this call. Their reason: not now'])
      expect(page).toContain(shown)
    expect(scene.far.calls).toHaveLength(0)
  })

  test('that is denied: it is blocked, as for an agent', async () => {
    const scene = await pay()
    await scene.policy('deny')
    const { location, id } = await run(scene, { '/amount': '12' })
    expect(location).toBe(`/playground?call=${id}#answer`)
    const page = await (await stage.person.get(`/playground?call=${id}`)).text()
    expect(page).toContain('This tool has been blocked and cannot be executed.')
    expect(scene.far.calls).toHaveLength(0)
  })

  test('that takes long: the page is there before it ends, and nobody cancels it by leaving', async () => {
    const scene = await pay()
    await scene.policy('allow')
    const gate = latch()
    let cancelled = false
    scene.far.act = async (call) => {
      call.cancelled.addEventListener('abort', () => {
        cancelled = true
      })
      await gate.opened
      return { content: [{ type: 'text', text: 'at last' }] }
    }
    const running = run(scene, { '/amount': '1' })
    await stage.waiting(1.5)
    await stage.clock.advance(2_000)
    const { location, id } = await running
    expect(location).toBe(`/playground?call=${id}#answer`)
    const answer = async () => (await stage.person.get(`/playground/answer?call=${id}`)).text()
    expect(await answer()).toContain('<code>pending</code>')
    gate.open()
    await until(async () => (await answer()).includes('at last'))
    expect(cancelled).toBe(false)
  })

  test('that its server refused, or failed to answer: said as an agent is told', async () => {
    const scene = await pay()
    await scene.policy('allow')
    scene.far.act = () => new Response(null, { status: 403 })
    const refused = await run(scene, { '/amount': '1' })
    expect(await (await stage.person.get(`/playground?call=${refused.id}`)).text()).toContain('<code>failed</code>')
    scene.far.act = () => ({ content: [{ type: 'text', text: 'no such account' }], isError: true })
    const erred = await run(scene, { '/amount': '1' })
    const page = await (await stage.person.get(`/playground?call=${erred.id}`)).text()
    for (const shown of ['<code>executed</code>', '<code>true</code>', 'no such account']) expect(page).toContain(shown)
  })
})

describe('one form is one run', () => {
  test('however often it is sent, and whether its call was allowed or asks', async () => {
    for (const mode of ['allow', 'require_approval'] as const) {
      const scene = await pay()
      await scene.policy(mode)
      const form = await openForm(scene)
      const answers = await Promise.all([1, 2, 3].map(() => form.send({ '/amount': '5' })))
      const later = await form.send({ '/amount': '5' })
      const locations = [...answers, later].map((answer) => answer.headers.get('location'))
      expect(new Set(locations).size).toBe(1)
      expect(scene.far.calls.length).toBe(mode === 'allow' ? 1 : 0)
      const rows = await stage.app.rooms.approvals.history.calls(stage.app.userId, { connectionSlug: scene.slug }, null)
      expect(rows.calls).toHaveLength(1)
    }
  })

  test('but with other arguments, or opened anew, it is another call', async () => {
    const scene = await pay()
    await scene.policy('allow')
    const form = await openForm(scene)
    await form.send({ '/amount': '5' })
    await form.send({ '/amount': '6' })
    await run(scene, { '/amount': '5' })
    expect(scene.far.calls.map((call) => call.arguments.amount)).toEqual([5, 6, 5])
  })

  test('a ticket that is made up, of another session, or too old runs nothing and loses nothing', async () => {
    const scene = await pay()
    await scene.policy('allow')
    const form = await openForm(scene)
    const stranger = await stage.app.person()
    const foreign = await openForm(scene, stranger)
    const other = /name="ticket" value="([^"]*)"/.exec(foreign.html)?.[1] ?? ''
    for (const ticket of ['', 'x', `1.${'0'.repeat(26)}.${'0'.repeat(64)}`, other]) {
      const answer = await form.send({ '/amount': '5', '/to': 'Anna', ticket })
      const text = await answer.text()
      expect([ticket, answer.status]).toEqual([ticket, 409])
      expect(text).toContain('Nothing ran')
      expect(text).toContain('Anna')
    }
    await stage.clock.advance(12 * HOUR_MS)
    expect((await form.send({ '/amount': '5' })).status).toBe(409)
    expect(scene.far.calls).toHaveLength(0)
  })
})

describe('what cannot run is told before anything runs or is written down', () => {
  test.each<[string, Record<string, string>, string]>([
    ['nothing where something is required', {}, 'This is required.'],
    ['no number', { '/amount': 'twelve' }, 'Write a whole number'],
    ['a number that would silently become another', { '/amount': '9007199254740993' }, 'cannot be held exactly'],
    ['what the schema forbids', { '/amount': '0' }, 'do not fit what the tool asks for'],
    ['JSON that is none', { as: 'json', json: '{"amount":' }, 'That is not JSON'],
    ['JSON that is no object', { as: 'json', json: '[1]' }, 'one JSON object'],
    ['JSON with such a number', { as: 'json', json: '{"amount":9007199254740993}' }, 'cannot be held exactly'],
    ['JSON beyond the schema', { as: 'json', json: '{"amount":1,"more":2}' }, 'do not fit what the tool asks for'],
  ])('%s', async (_, values, words) => {
    const scene = await pay()
    await scene.policy('allow')
    const form = await openForm(scene)
    // Servers are looked at again now and then, as the clock is moved.
    const before = allRows(stage.app.dataDir, ['connections'])
    const answer = await form.send({ '/to': 'kept as typed', ...values })
    const text = await answer.text()
    expect(answer.status).toBe(422)
    expect(text).toContain(words)
    expect(text).toContain(values.json ? 'name="json"' : 'kept as typed')
    expect(allRows(stage.app.dataDir, ['connections'])).toEqual(before)
    expect(scene.far.calls).toHaveLength(0)
  })

  test('a tool that its server changed since the form was opened', async () => {
    const scene = await pay()
    await scene.policy('allow')
    const form = await openForm(scene)
    scene.far.tools = [{ ...PAY, description: 'Pays twice' }]
    await stage.app.rooms.upstreams.refresh(scene.connectionId, 'operator')
    const answer = await form.send({ '/amount': '5' })
    expect([answer.status, await answer.text()]).toEqual([409, expect.stringContaining('Its server changed this tool')])
    expect(scene.far.calls).toHaveLength(0)
  })

  test('a tool, a connection or a call that is not there, or not theirs', async () => {
    const scene = await pay()
    const asked = await scene.ask({ amount: 1 })
    await stage.app.rooms.identity.humans.addUser('other@example.org', PASSWORD, 'operator')
    const other = await new Person(stage.app.origin, 'other@example.org', PASSWORD).signIn()
    for (const path of [
      `/playground?connection=${scene.slug}`,
      `/playground?connection=${scene.slug}&tool=pay`,
      `/playground?call=${asked}`,
      `/playground/answer?call=${asked}`,
    ])
      expect([path, (await other.get(path)).status]).toEqual([path, 404])
    const form = await openForm(scene)
    for (const sent of [{ connection: 'none' }, { tool: 'none' }, { tool: '%E0%A4%A' }])
      expect((await form.send({ '/amount': '1', ...sent })).status).toBe(404)
    expect((await stage.person.get(`/playground/answer?call=${asked}`)).status).toBe(404)
  })
})

describe('the arguments as fields and as JSON', () => {
  test('turn into one another, and nothing runs by that', async () => {
    const scene = await pay()
    await scene.policy('allow')
    const form = await openForm(scene)
    const json = await (await form.send({ '/amount': '5', '/to': 'An"na', do: 'json' })).text()
    expect(json).toContain('{\n  &quot;amount&quot;: 5,\n  &quot;to&quot;: &quot;An\\&quot;na&quot;\n}')
    const fields = await (await form.send({ as: 'json', json: '{"to":"Bob","amount":7}', do: 'fields' })).text()
    expect(fields).toMatch(/<input[^>]*value="7"[^>]*name="\/amount"/)
    expect(fields).toContain('>Bob</textarea>')
    const odd = await (await form.send({ as: 'json', json: '{"amount":[1]}', do: 'fields' })).text()
    expect(odd).toContain('do not fit the fields')
    const lost = await (await form.send({ '/amount': 'twelve', do: 'json' })).text()
    expect(lost).toContain('Write a whole number')
    expect(scene.far.calls).toHaveLength(0)
  })

  test('an agent’s call is a beginning: its arguments stand in the form, and its answer does not', async () => {
    const scene = await pay()
    await scene.policy('allow')
    scene.far.act = () => ({ content: [{ type: 'text', text: 'for the agent' }] })
    const id = String((await scene.call({ amount: 77 }))._meta?.['agentport/request_id'])
    const page = await (await stage.person.get(`/playground?call=${id}`)).text()
    expect(page).toContain('value="77"')
    expect(page).not.toContain('for the agent')
  })

  test('an agent’s arguments are told as its own, with what a field does not show, until they are run', async () => {
    const scene = await pay()
    const id = await scene.ask({ amount: 7, to: 'An\u200bna\u202e' })
    const html = await (await stage.person.get(`/playground?call=${id}`)).text()
    const told = (page: string) => {
      expect(page).toContain('An agent wrote these arguments:')
      expect(page).toContain(`<bdi class="name" dir="ltr">agent ${scene.slug.slice(4)}</bdi>`)
      for (const mark of ['U+200B', 'U+202E']) expect(page).toContain(`${mark}</span>`)
    }
    told(html)
    const hidden = (name: string) => new RegExp(`name="${name}" value="([^"]*)"`).exec(html)?.[1] ?? ''
    const sent = Object.fromEntries(
      ['connection', 'tool', 'definition', 'ticket', 'as', 'begun'].map((name) => [name, hidden(name)]),
    )
    const turned = await stage.person.post('/playground', { ...sent, do: 'json', '/amount': '7', '/to': 'Anna' })
    told(await turned.text())
    told(await (await stage.person.post('/playground', { ...sent, do: 'run', '/amount': '0' })).text())
    const { html: ownForm } = await openForm(scene)
    expect(ownForm).not.toContain('An agent wrote')
  })

  test('a link to a call leads to nothing where its agent did not reach, or another account is by now', async () => {
    const scene = await pay()
    const limited = await stage.app.newKey('limited')
    const { agents } = stage.app.rooms.identity
    await agents.limit(stage.app.userId, limited.id, { connections: [], expiresAt: null }, 'operator')
    const beyond = await (await scene.client(undefined, limited.key)).call(scene.slug, 'pay', { amount: 7 })
    const link = `/playground?call=${beyond._meta?.['agentport/request_id']}`
    expect((await stage.person.get(link)).status).toBe(404)
    const asked = await scene.ask({ amount: 7 })
    expect((await stage.person.get(`/playground?call=${asked}`)).status).toBe(200)
    await stage.app.rooms.upstreams.remove(scene.connectionId, 'operator')
    await stage.app.install(scene.slug, scene.far.url)
    expect((await stage.person.get(`/playground?call=${asked}`)).status).toBe(404)
  })
})

describe('a person’s own calls and their agents’', () => {
  test('an agent can neither await nor repeat into a person’s request, nor the person into theirs', async () => {
    const scene = await pay()
    const { id } = await run(scene, { '/amount': '3' })
    expect(outcome(await scene.await(id, 1))).toBe('invalid')
    const asked = await scene.ask({ amount: 3 })
    expect(asked).not.toBe(id)
    await stage.person.decide(id, 'once')
    await until(async () => (await stage.row(id)).state === 'executed')
    expect((await stage.row(asked)).state).toBe('pending')
    const answer = await stage.person.post(`/approve/${asked}/run`, {})
    expect(answer.status).toBe(303)
    expect((await stage.row(asked)).state).toBe('pending')
  })

  test('housekeeping does not take a person for an agent whose time is over', async () => {
    const scene = await pay()
    const { id } = await run(scene, { '/amount': '4' })
    await stage.clock.advance(5 * MINUTE_MS)
    await stage.app.rooms.approvals.expireOverdue()
    expect((await stage.row(id)).state).toBe('pending')
    await stage.clock.advance(2 * HOUR_MS)
    await stage.app.rooms.approvals.expireOverdue()
    expect((await stage.row(id)).state).toBe('expired')
  })

  test('an approved call that could not run at once keeps its approval, and runs by a button', async () => {
    const scene = await pay()
    const { id } = await run(scene, { '/amount': '5' })
    await stage.clock.advance(6 * MINUTE_MS)
    scene.far.refuse = () => new Response(null, { status: 503 })
    await stage.person.decide(id, 'once')
    await until(async () => (await stage.page(id)).text.includes('Run it now'))
    const tooSoon = await stage.person.post(`/approve/${id}/run`, {})
    expect([tooSoon.status, await tooSoon.text()]).toEqual([502, expect.stringContaining('The approval still holds.')])
    scene.far.refuse = null
    await stage.app.rooms.upstreams.refresh(scene.connectionId, 'operator')
    await stage.person.post(`/approve/${id}/run`, {})
    await until(async () => (await stage.row(id)).state === 'executed')
    expect(scene.far.calls).toHaveLength(1)
  })

  test('at most so many wait as of an agent', async () => {
    const scene = await pay()
    for (let amount = 1; amount <= 50; amount++) await (await openForm(scene)).send({ '/amount': String(amount) })
    const { id } = await run(scene, { '/amount': '51' })
    expect(await (await stage.person.get(`/playground?call=${id}`)).text()).toContain('<code>limited</code>')
    await stage.clock.advance(2 * HOUR_MS)
    await stage.app.rooms.approvals.expireOverdue()
  })

  test('the log and the record say that it was the person', async () => {
    const scene = await pay()
    await scene.policy('allow')
    const { id } = await run(scene, { '/amount': '8' })
    const mine = [...stage.app.rooms.audit.events()].filter(({ subject }) => subject === id)
    expect(mine.map(({ name, actor }) => [name, actor])).toEqual([
      ['call.started', `user:${stage.app.userId}`],
      ['call.executed', 'system'],
    ])
    const log = await (await stage.person.get(`/log?agent=${stage.app.userId}&connection=${scene.slug}`)).text()
    expect(log).toMatch(/ by <\/span>you</)
    expect(log).toContain(id)
  })
})

test('nobody but the person reaches it: no key, no token, no page of another origin', async () => {
  const scene = await pay()
  await scene.policy('allow')
  const form = await openForm(scene)
  const { token } = await stage.app.rooms.identity.personalTokens.create(stage.app.userId, {
    name: 'script',
    scope: 'tighten',
    lifetimeMs: HOUR_MS,
  })
  const program = new OAuthProgram(stage.app.origin)
  await program.register()
  const access = (await program.signIn(stage.person)).access_token
  const before = allRows(stage.app.dataDir).requests
  for (const credential of [scene.key, token, access]) {
    for (const headers of [{ 'x-api-key': credential }, { authorization: `Bearer ${credential}` }]) {
      for (const method of ['GET', 'POST']) {
        const answer = await fetch(`${stage.app.origin}/playground`, {
          method,
          headers: { ...headers, 'sec-fetch-site': 'same-origin' } as Record<string, string>,
          redirect: 'manual',
          ...(method === 'POST' ? { body: new URLSearchParams({ do: 'run' }) } : {}),
        })
        expect([method, answer.status, answer.headers.get('location')?.startsWith('/sign-in')]).toEqual([
          method,
          303,
          true,
        ])
      }
    }
  }
  for (const headers of [{ 'sec-fetch-site': 'cross-site' }, { 'sec-fetch-site': 'same-site' }])
    expect((await form.send({ '/amount': '1' }, headers)).status).toBe(403)
  // Another port of localhost has the cookie, and not the secret.
  expect((await form.send({ '/amount': '1', origin_proof: 'x' })).status).toBe(403)
  expect(allRows(stage.app.dataDir).requests).toEqual(before)
  expect(scene.far.calls).toHaveLength(0)
})
