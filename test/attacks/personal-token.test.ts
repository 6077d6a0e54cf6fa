import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { type Agent, requestId } from '../harness/agent.ts'
import { type App, startApp } from '../harness/app.ts'
import { FarEnd } from '../harness/far-end.ts'
import type { Person } from '../harness/person.ts'
import { rawExchange } from '../harness/raw-connection.ts'
import { Script } from '../harness/script.ts'
import { allRows } from '../harness/tables.ts'

// Whoever got hold of a personal token that may tighten, and wants more to happen than the owner has said.

const far = new FarEnd([{ name: 'allowed' }, { name: 'asks' }, { name: 'denied' }])
let app: App
let person: Person
let agent: Agent
let key: { id: string; key: string }
let pending: string
let thief: Script
let bearer: string

beforeAll(async () => {
  far.start()
  app = await startApp()
  await app.install('bank', far.url)
  await app.setPolicy('bank', 'allowed', 'allow')
  await app.setPolicy('bank', 'denied', 'deny')
  key = await app.newKey()
  agent = await app.agent('v2-2026', key.key)
  pending = requestId(await agent.call('bank', 'asks', { n: 1 }))
  person = await app.person()
  const { personalTokens } = app.rooms.identity
  bearer = (await personalTokens.create(app.userId, { name: 'stolen', scope: 'tighten', lifetimeMs: 3_600_000 })).token
  thief = Script.withToken(app.origin, bearer)
  await thief.get('/api/human/me')
})
afterAll(async () => {
  await agent.close()
  await app.stop()
  await far.stop()
})

/** All that decides what may happen. */
const rules = () => allRows(app.dataDir, ['audit_events', 'sign_in_failures', 'instance_facts'])

const filledIn = (path: string, id: string) =>
  path.replace(/:(slug|connection_id|integration_id)/, 'bank').replace(/:\w+/, id)

/** Fills whatever there is, and wants the most. */
const WANTED = {
  decision: 'always',
  mode: 'allow',
  tool: 'denied',
  tool_name: 'denied',
  scope: 'tighten',
  name: 'more',
  reach: 'all',
  lifetime: '365',
  pending_minutes: '10080',
  approved_minutes: '10080',
  kept_days: '1',
  integration_id: 'bank',
  auth_method: 'none',
  connections: null,
  expires_at: null,
  revoked_at: null,
}

test('at every route there is, with every method, as a form and as JSON: nothing is approved, allowed, made or kept longer', async () => {
  const before = rules()
  for (const { path } of app.serving.routes) {
    // What it may do is tried on its own below.
    if (path === '/api/human/agents/:agent_id') continue
    for (const id of [pending, key.id]) {
      const url = app.origin + filledIn(path, id).replace('*', 'nowhere')
      for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']) {
        const form = { ...Object.fromEntries(Object.entries(WANTED).map(([name, value]) => [name, String(value)])) }
        for (const [type, body] of [
          ['application/json', JSON.stringify(WANTED)],
          ['application/x-www-form-urlencoded', new URLSearchParams({ ...form, password: person.password }).toString()],
        ] as const) {
          const abort = new AbortController()
          const answer = await fetch(url, {
            method,
            redirect: 'manual',
            signal: abort.signal,
            headers: { authorization: `Bearer ${bearer}`, 'content-type': type, 'sec-fetch-site': 'same-origin' },
            ...(method === 'GET' ? {} : { body }),
          })
          expect([method, path, answer.status < 500]).toEqual([method, path, true])
          abort.abort()
        }
      }
    }
  }
  expect(rules()).toEqual(before)
  expect(far.calls).toHaveLength(0)
})

describe('in every spelling, allow is no mode and ask is none for what is denied', () => {
  const spellings = [
    '"allow"',
    '"ALLOW"',
    '"Allow"',
    '" allow"',
    '"allow\\u0000"',
    '"\\u0061llow"',
    '["deny","allow"]',
    '["allow"]',
    '{"mode":"allow"}',
    'true',
    'null',
    '0',
    '""',
    '"always"',
    '"once"',
    '"require_approval"',
  ]
  test.each(spellings)('%s', async (mode) => {
    const before = rules()
    for (const body of [
      `{"tool_name":"denied","mode":${mode}}`,
      // The last of two is what counts, and what is checked.
      `{"tool_name":"denied","mode":"deny","mode":${mode}}`,
      `{"tool_name":"denied","mode":${mode},"definitionHash":"x","userId":"x","actor":"operator"}`,
    ]) {
      const { status } = await thief.send('POST', '/api/human/connections/bank/policies', body)
      expect([403, 422]).toContain(status)
    }
    expect(rules()).toEqual(before)
  })

  test('nor with another name for the same tool', async () => {
    const before = rules()
    for (const tool of ['Denied', 'denied ', 'denied\u0000', '__proto__', 'agentport__uninstall_integration', '']) {
      const sent = { tool_name: tool, mode: 'require_approval' }
      const { status } = await thief.send('POST', '/api/human/connections/bank/policies', sent)
      expect([404, 422]).toContain(status)
    }
    expect(rules()).toEqual(before)
  })
})

test('a method or a path in a header is not believed', async () => {
  const before = rules()
  const decision = `/approve/${pending}/decision`
  for (const headers of [
    { 'x-http-method-override': 'POST', 'x-original-url': decision },
    { 'x-rewrite-url': decision, 'x-method-override': 'POST' },
    { 'x-forwarded-uri': decision, 'x-forwarded-method': 'POST', forwarded: 'for=127.0.0.1;host=evil' },
    { cookie: `agentport_session=${bearer}`, 'x-api-key': '' },
  ] as Record<string, string>[]) {
    const read = await thief.send('GET', '/api/human/me', undefined, { headers })
    expect([headers, read.status]).toEqual([headers, 200])
    const asked = await thief.send('POST', '/api/human/me', WANTED, { headers })
    expect([headers, asked.status]).toEqual([headers, 405])
  }
  expect(rules()).toEqual(before)
})

test('two Authorization headers, or one smuggled behind a body, are no way in', async () => {
  const { host } = new URL(app.origin)
  const request = (lines: string[], body = '') => [...lines, `Host: ${host}`, '', body].join('\r\n')
  const twice = await rawExchange(
    app.origin,
    request(['GET /api/human/me HTTP/1.1', 'Authorization: Bearer x', `Authorization: Bearer ${bearer}`]),
  )
  expect(twice).toMatch(/^HTTP\/1\.1 40[01] /)
  const inner = request([`GET /api/human/log HTTP/1.1`, `Authorization: Bearer ${bearer}`])
  const outer = await rawExchange(
    app.origin,
    request(['GET /api/tools HTTP/1.1', `Content-Length: ${inner.length}`], inner),
  )
  expect(outer.match(/^HTTP\/1\.1 \d+/gm)).toEqual(['HTTP/1.1 401'])
})

test('a web page elsewhere that knows the token, or rides on the cookie, changes nothing', async () => {
  const before = rules()
  const tool = { tool_name: 'allowed', mode: 'deny' }
  for (const [credential, headers] of [
    [{ authorization: `Bearer ${bearer}` }, { origin: 'https://evil.example' }],
    [{ cookie: person.cookie }, { 'sec-fetch-site': 'cross-site' }],
    [{ cookie: person.cookie }, { 'sec-fetch-site': 'same-origin', origin: app.origin }],
    [{ cookie: person.cookie }, { 'content-type': 'text/plain', 'sec-fetch-site': 'none' }],
  ] as [Record<string, string>, Record<string, string>][]) {
    const page = new Script(app.origin, credential)
    for (const [method, path] of [
      ['POST', '/api/human/connections/bank/policies'],
      ['DELETE', `/api/human/agents/${key.id}`],
      ['POST', '/api/tools/bank/call'],
      ['POST', '/api/installed'],
    ] as const)
      expect([401, 403]).toContain((await page.send(method, path, tool, { headers })).status)
  }
  expect(rules()).toEqual(before)
})

test('what it may do is only ever less: of all it can reach, one tool asks no more and one agent is gone', async () => {
  const { status } = await thief.send('POST', '/api/human/connections/bank/policies', {
    tool_name: 'allowed',
    mode: 'deny',
  })
  expect(status).toBe(200)
  expect((await thief.send('DELETE', `/api/human/agents/${key.id}`)).status).toBe(204)
  const { requests } = rules() as { requests: { state: string }[] }
  expect(requests.map(({ state }) => state)).not.toContain('approved')
  expect((await Script.withKey(app.origin, key.key).get('/api/tools')).status).toBe(401)
})
