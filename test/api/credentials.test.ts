import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { type App, startApp } from '../harness/app.ts'
import { FarEnd } from '../harness/far-end.ts'
import { OAuthProgram } from '../harness/oauth-program.ts'
import type { Person } from '../harness/person.ts'
import { rawRequest } from '../harness/raw-request.ts'
import { Script } from '../harness/script.ts'
import { allRows } from '../harness/tables.ts'
import { TestClock } from '../harness/test-clock.ts'

const DAY_MS = 24 * 60 * 60_000
const clock = new TestClock()
const far = new FarEnd([{ name: 'pay' }])
let app: App
let person: Person
let key: { id: string; key: string }
let accessToken: string
let personalToken: string

beforeAll(async () => {
  far.start()
  app = await startApp({ clock })
  await app.install('bank', far.url)
  key = await app.newKey()
  person = await app.person()
  accessToken = (await new OAuthProgram(app.origin).signIn(person)).access_token
  personalToken = (await makeToken('tighten')).token
})
afterAll(async () => {
  await app.stop()
  await far.stop()
})

const makeToken = (scope: 'read' | 'tighten', lifetimeMs = DAY_MS) =>
  app.rooms.identity.personalTokens.create(app.userId, { name: 'a script', scope, lifetimeMs })

interface Route {
  method: string
  path: string
}
const isForPeople = ({ path }: Route) => path.startsWith('/api/human/')
const isOpen = ({ path }: Route) => path === '/api/openapi.json' || path === '/api/docs'
const isLost = ({ method, path }: Route) => method === 'ALL' || path.startsWith('/api/integrations/custom')
const routes = () => app.serving.routes.filter((route) => route.path.startsWith('/api') && !isOpen(route))
const forAgents = () => routes().filter((route) => !isForPeople(route) && !isLost(route))
const forPeople = () => routes().filter((route) => isForPeople(route))

const filledIn = (path: string) =>
  path.replace(/\/agents\/:\w+/, `/agents/${key.id}`).replace(/:\w+/, path.includes('log/') ? 'x' : 'bank')
const knock = ({ method, path }: Route, credential: Record<string, string>, query = '') =>
  new Script(app.origin, credential).send(
    method,
    filledIn(path) + query,
    method === 'GET' ? undefined : { tool_name: 'pay', mode: 'deny', integration_id: 'bank', auth_method: 'none' },
  )

const bearer = (credential: string) => ({ authorization: `Bearer ${credential}` })
const agentRefusal = { detail: expect.any(String) }
const personRefusal = { error: { code: 'unauthenticated', message: expect.any(String) } }

test('there are as many routes as there are operations', () => {
  expect(forAgents()).toHaveLength(12)
  expect(forPeople()).toHaveLength(11)
})

describe('no credential but its own opens a door, and nothing changes', () => {
  const sessionToken = () => person.cookie.split('=')[1] ?? ''
  const wrongAtBoth = (): [string, Record<string, string>][] => [
    ['none', {}],
    ['an OAuth access token', bearer(accessToken)],
    ['an OAuth access token as a key', { 'x-api-key': accessToken }],
    ['the session’s cookie', { cookie: person.cookie }],
    ['the session’s token', bearer(sessionToken())],
    ['the secret of the session’s origin', bearer(person.proof)],
    ['an unknown key', { 'x-api-key': `ap_${'A'.repeat(43)}` }],
    ['an unknown token', bearer(`app_${'A'.repeat(43)}`)],
    ['a key in lower case', { 'x-api-key': key.key.toLowerCase() }],
    ['a token that begins like a key', bearer(personalToken.replace('app_', 'ap_'))],
    ['a key that begins like a token', bearer(key.key.replace('ap_', 'app_'))],
    ['Basic', { authorization: `Basic ${btoa(`${key.key}:${personalToken}`)}` }],
    ['a key without its scheme', { authorization: key.key }],
    ['a key in a cookie', { cookie: `api_key=${key.key}; token=${personalToken}` }],
  ]

  test('at an agent’s routes', async () => {
    const before = allRows(app.dataDir)
    for (const [what, credential] of [...wrongAtBoth(), ['a personal token', bearer(personalToken)] as const]) {
      for (const route of forAgents()) {
        const { status, body, headers } = await knock(route, credential)
        expect([what, route, status, body]).toEqual([what, route, 401, agentRefusal])
        const shown =
          'authorization' in credential ? /^Bearer\s/.test(credential.authorization ?? '') : 'x-api-key' in credential
        expect(headers.get('www-authenticate')).toBe(shown ? 'Bearer error="invalid_token"' : 'Bearer')
      }
    }
    expect(allRows(app.dataDir)).toEqual(before)
  })

  test('at a person’s routes', async () => {
    const before = allRows(app.dataDir)
    for (const [what, credential] of [...wrongAtBoth(), ['an API key', { 'x-api-key': key.key }] as const]) {
      for (const route of forPeople()) {
        const { status, body } = await knock(route, credential)
        expect([what, route, status, body]).toEqual([what, route, 401, personRefusal])
      }
    }
    expect(allRows(app.dataDir)).toEqual(before)
  })

  test('in the query', async () => {
    for (const name of ['api_key', 'key', 'access_token', 'X-API-Key', 'token']) {
      for (const route of routes().filter((each) => !isLost(each))) {
        const credential = isForPeople(route) ? personalToken : key.key
        const { status } = await knock(route, {}, `?${name}=${credential}`)
        expect([route, name, status]).toEqual([route, name, 401])
      }
    }
  })

  test('nor do two at once, which could be read as one here and as the other elsewhere', async () => {
    for (const route of routes().filter((each) => !isLost(each))) {
      const { status } = await knock(route, { 'x-api-key': key.key, ...bearer(personalToken) })
      expect([route, status]).toEqual([route, 400])
    }
  })
})

test('a personal token opens neither /mcp nor any page', async () => {
  const before = allRows(app.dataDir)
  for (const credential of [bearer(personalToken), { 'x-api-key': personalToken }] as Record<string, string>[]) {
    const mcp = await new Script(app.origin, credential).send('POST', '/mcp', { jsonrpc: '2.0', id: 1, method: 'ping' })
    expect(mcp.status).toBe(401)
  }
  const cookie = `${person.cookie.split('=')[0]}=${personalToken}`
  for (const headers of [bearer(personalToken), { cookie }] as Record<string, string>[]) {
    for (const path of ['/', '/settings', '/agents', '/log', '/connections/bank']) {
      const page = await fetch(app.origin + path, { headers, redirect: 'manual' })
      expect([path, page.status, page.headers.get('location')?.startsWith('/sign-in')]).toEqual([path, 303, true])
    }
  }
  expect(allRows(app.dataDir)).toEqual(before)
})

describe('a key or a token works in each way that a script may send it', () => {
  test.each(['X-API-Key', 'Bearer', 'bearer'])('%s', async (way) => {
    const carry = (credential: string): Record<string, string> =>
      way === 'X-API-Key' ? { 'x-api-key': credential } : { authorization: `${way} ${credential}` }
    expect((await new Script(app.origin, carry(key.key)).get('/api/users/me')).status).toBe(200)
    expect((await new Script(app.origin, carry(personalToken)).get('/api/human/me')).status).toBe(200)
  })

  test('the same one in both headers is one credential', async () => {
    const both = { 'x-api-key': key.key, ...bearer(key.key) }
    expect((await new Script(app.origin, both).get('/api/users/me')).status).toBe(200)
  })
})

describe('what has ended is refused at once', () => {
  test('a revoked key', async () => {
    const mine = await app.newKey()
    const script = Script.withKey(app.origin, mine.key)
    expect((await script.get('/api/tools')).status).toBe(200)
    await app.rooms.identity.agents.revoke(app.userId, mine.id, 'operator')
    expect(await script.get('/api/tools')).toMatchObject({ status: 401, body: agentRefusal })
  })

  test('a key and a token whose time is over', async () => {
    const expiresAt = clock.now() + DAY_MS
    const reach = { connections: null, expiresAt }
    const mine = await app.rooms.identity.agents.createKey(app.userId, 'for a day', 'operator', reach)
    const own = await makeToken('read', DAY_MS)
    const script = Script.withKey(app.origin, mine.key)
    const human = Script.withToken(app.origin, own.token)
    expect([(await script.get('/api/tools')).status, (await human.get('/api/human/me')).status]).toEqual([200, 200])
    await clock.advance(DAY_MS)
    expect([(await script.get('/api/tools')).status, (await human.get('/api/human/me')).status]).toEqual([401, 401])
    personalToken = (await makeToken('tighten')).token
  })

  test('a revoked token', async () => {
    const own = await makeToken('read')
    const human = Script.withToken(app.origin, own.token)
    expect((await human.get('/api/human/me')).status).toBe(200)
    await app.rooms.identity.personalTokens.revoke(app.userId, own.id)
    expect(await human.get('/api/human/me')).toMatchObject({ status: 401, body: personRefusal })
  })
})

describe('from where it comes', () => {
  const ways = () => [
    { path: '/api/tools', headers: { 'x-api-key': key.key } },
    { path: '/api/human/log', headers: bearer(personalToken) },
    { path: '/api/openapi.json', headers: {} },
    { path: '/api/nowhere', headers: {} },
  ]

  test('a page of another origin is refused whatever it holds, and gets no leave to read the answer', async () => {
    for (const { path, headers } of ways()) {
      for (const origin of ['https://evil.example', 'null', 'http://localhost:1']) {
        const answer = await fetch(app.origin + path, { headers: { ...headers, origin } })
        expect([path, answer.status]).toEqual([path, 403])
        expect(answer.headers.get('access-control-allow-origin')).toBeNull()
      }
    }
  })

  test('a page that rebound its name to us gets 421', async () => {
    for (const { path, headers } of ways()) {
      const answer = await rawRequest(app.origin, path, { headers: { ...headers, host: 'evil.example' } })
      expect([path, answer.status]).toEqual([path, 421])
    }
  })

  test('a browser that asks first whether it may is not told that it may', async () => {
    const preflight = { origin: app.origin, 'access-control-request-method': 'POST' }
    const answer = await fetch(`${app.origin}/api/tools/bank/call`, { method: 'OPTIONS', headers: preflight })
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST'])
    expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([])
  })
})

describe('what is not there', () => {
  const script = () => Script.withKey(app.origin, key.key)

  test('a path that takes other methods says which', async () => {
    for (const [method, path, allow] of [
      ['PUT', '/api/installed/bank', 'PATCH, DELETE'],
      ['DELETE', '/api/tools/bank', 'GET'],
      ['GET', '/api/tools/bank/call', 'POST'],
      ['PATCH', '/api/human/agents/x', 'GET, DELETE'],
      ['GET', '/api/tool-approvals/requests/x/await', 'POST'],
    ] as const) {
      const answer = await script().send(method, path)
      expect([path, answer.status, answer.headers.get('allow')]).toEqual([path, 405, allow])
    }
  })

  test('a path that is none', async () => {
    for (const path of ['/api', '/api/', '/api/nope', '/api/tools/a/b/c', '/api/installed//x', '/api/..%2fmcp'])
      expect([path, await script().get(path)]).toMatchObject([path, { status: 404, body: agentRefusal }])
    expect(await script().get('/api/human/nope')).toMatchObject({ status: 404, body: { error: { code: 'not_found' } } })
  })

  test('what the original has for people alone is 401 for a key, whatever the method', async () => {
    for (const path of [
      '/api/logs',
      '/api/api-keys',
      '/api/api-keys/x',
      '/api/org-settings',
      '/api/tool-settings/bank',
      '/api/tool-settings/bank/pay',
      '/api/tool-approvals/requests',
      '/api/tool-approvals/requests/x',
      '/api/tool-approvals/requests/x/approve-once',
      '/api/tool-approvals/requests/x/allow-tool',
      '/api/tool-approvals/requests/x/deny',
      '/api/integrations/custom',
      '/api/integrations/custom/x',
      '/api/integrations/custom-api',
      '/api/integrations/custom-api/test',
      '/api/admin/users',
    ]) {
      for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']) {
        const answer = await script().send(method, path)
        expect([method, path, answer.status]).toEqual([method, path, 401])
        expect(answer.body).toEqual(agentRefusal)
      }
    }
  })
})

test('no answer is kept by anybody on the way, and none is taken for a page', async () => {
  const human = Script.withToken(app.origin, personalToken)
  const agent = Script.withKey(app.origin, key.key)
  const id = (await agent.call('bank', 'pay')).body.approval_request_id
  await person.decide(id, 'deny')
  for (const answer of [
    await agent.get('/api/tools'),
    await agent.call('bank', 'nope'),
    await agent.await('nope'),
    await agent.await(id),
    await agent.send('DELETE', '/api/installed/nope'),
    await human.get('/api/human/log'),
    await human.get('/api/human/log/nope'),
    await agent.get('/api/human/log'),
  ]) {
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
    expect(answer.headers.get('content-type')).toStartWith('application/json')
  }
})
