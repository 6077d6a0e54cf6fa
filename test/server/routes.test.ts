import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { OPEN_PATHS } from '../../src/server/server.ts'
import { type Agent, requestId } from '../harness/agent.ts'
import { type App, startApp } from '../harness/app.ts'
import { FarEnd } from '../harness/far-end.ts'
import type { Person } from '../harness/person.ts'
import { allRows } from '../harness/tables.ts'

interface Route {
  method: string
  path: string
}

let app: App
let agent: Agent
let person: Person
let apiKey: { id: string; key: string }
let asked: string
let token: { id: string; token: string }
const far = new FarEnd([{ name: 'pay' }])

beforeAll(async () => {
  far.start()
  app = await startApp()
  await app.install('bank', far.url)
  apiKey = await app.newKey()
  agent = await app.agent('v2-2026', apiKey.key)
  asked = requestId(await agent.call('bank', 'pay', { amount: 1 }))
  person = await app.person()
  const { personalTokens } = app.rooms.identity
  token = await personalTokens.create(app.userId, { name: 'script', scope: 'tighten', lifetimeMs: 3_600_000 })
  // The last use of a key is noted once a minute; let that be now.
  await agent.listTools()
})
afterAll(async () => {
  await agent.close()
  await app.stop()
  await far.stop()
})

/** Doors of agents and scripts: they take keys and tokens, not cookies, and have tests of their own. */
const forAgents = ({ path }: Route) => /^\/(mcp|api|oauth|\.well-known)(\/|$)/.test(path)
const isLost = ({ path }: Route) => path === '/*'
const isOpen = ({ path }: Route) => OPEN_PATHS.has(path)
const forPeople = (route: Route) => !forAgents(route) && !isOpen(route) && !isLost(route)
const routes = () => app.serving.routes

/** A path at which there is something to be had, so that only the guard can refuse it. */
function filledIn(path: string): string {
  const id = path.startsWith('/agents') ? apiKey.id : path.startsWith('/settings/tokens') ? token.id : asked
  return path.replace(':slug', 'bank').replace(':id', id).replace(':name', 'agentport.css').replace('*', 'nowhere')
}

async function send({ method, path }: Route, headers: Record<string, string>, form: Record<string, string> = {}) {
  const verb = method === 'ALL' ? 'POST' : method
  const abort = new AbortController()
  const answer = await fetch(app.origin + filledIn(path), {
    method: verb,
    headers,
    redirect: 'manual',
    signal: abort.signal,
    ...(verb === 'POST' ? { body: new URLSearchParams(form) } : {}),
  })
  // An event stream has no end to wait for.
  if (answer.headers.get('content-type')?.startsWith('text/event-stream')) abort.abort()
  return answer
}

const OURS = { 'sec-fetch-site': 'same-origin' }
/** Fills whatever form there is, with a secret that is right. */
const goodForm = () => ({
  origin_proof: person.proof,
  decision: 'once',
  tool: 'pay',
  mode: 'allow',
  name: 'x',
  reach: 'all',
  token: 'x',
  new_password: 'x',
  appearance: 'dark',
  pending_minutes: '5',
  approved_minutes: '5',
  kept_days: '5',
  email: person.email,
  password: person.password,
})

test('there are routes of every audience to walk', () => {
  expect(routes().filter(forPeople).length).toBeGreaterThan(15)
  expect(routes().some(forAgents)).toBe(true)
  expect(routes().filter(isLost)).toHaveLength(1)
  for (const path of OPEN_PATHS) expect(routes().map((route) => route.path)).toContain(path)
})

test('what is open to anybody is this short list', () => {
  expect([...OPEN_PATHS].filter((path) => !forAgents({ method: 'GET', path })).toSorted()).toEqual([
    '/assets/:name',
    '/health',
    '/manifest.webmanifest',
    '/setup',
    '/sign-in',
    '/skills/',
    '/skills/:name/SKILL.md',
  ])
  expect([...OPEN_PATHS].filter((path) => path.startsWith('/api')).toSorted()).toEqual([
    '/api/docs',
    '/api/openapi.json',
  ])
})

test('a stranger, without cookie or key, is refused everywhere else and changes nothing', async () => {
  const before = allRows(app.dataDir)
  for (const route of routes().filter((each) => !isOpen(each))) {
    const answer = await send(route, OURS, goodForm())
    const refused =
      [401, 404].includes(answer.status) ||
      (answer.status === 303 && answer.headers.get('location')?.startsWith('/sign-in?return_to='))
    expect([route, answer.status, Boolean(refused)]).toEqual([route, answer.status, true])
    if (forPeople(route)) expect([route, answer.status]).toEqual([route, 303])
    expect(await answer.text()).not.toContain('amount')
  }
  expect(allRows(app.dataDir)).toEqual(before)
})

test('to a page of another origin that embeds or fetches it no page of a person is shown; a link opens it', async () => {
  const cookie = person.cookie
  const sessions = () => allRows(app.dataDir).sessions
  const before = sessions()
  const seen = routes().filter((route) => forPeople(route) && route.method === 'GET')
  for (const site of ['same-site', 'cross-site']) {
    const from = (mode: string, dest: string) => ({
      cookie,
      'sec-fetch-site': site,
      'sec-fetch-mode': mode,
      'sec-fetch-dest': dest,
    })
    for (const route of seen) {
      for (const headers of [from('no-cors', 'image'), from('cors', 'empty'), from('navigate', 'iframe')]) {
        const answer = await send(route, headers)
        expect([route, answer.status]).toEqual([route, 403])
        expect(await answer.text()).not.toContain('sign-out')
      }
      expect([route, (await send(route, from('navigate', 'document'))).status]).not.toEqual([route, 403])
    }
  }
  expect(sessions()).toEqual(before)
})

test.each([
  ['an API key', () => apiKey.key],
  ['a personal token', () => token.token],
])('%s opens no page of a person, in whichever header it comes', async (_, credential) => {
  const before = allRows(app.dataDir)
  const carriers: Record<string, string>[] = [
    { 'x-api-key': credential() },
    { authorization: `Bearer ${credential()}` },
    { cookie: `${person.cookie.split('=')[0]}=${credential()}` },
  ]
  for (const route of routes().filter(forPeople)) {
    for (const headers of carriers) {
      const answer = await send(route, { ...OURS, ...headers }, goodForm())
      expect([route, answer.status]).toEqual([route, 303])
      expect(answer.headers.get('location')).toStartWith('/sign-in')
    }
  }
  expect(allRows(app.dataDir)).toEqual(before)
})

test('a session cookie, or its token as a key, opens no door of an agent', async () => {
  const token = person.cookie.split('=')[1] ?? ''
  for (const headers of [
    { cookie: person.cookie },
    { 'x-api-key': token },
    { authorization: `Bearer ${token}` },
    { authorization: `Bearer ${person.proof}` },
  ] as Record<string, string>[]) {
    const answer = await fetch(`${app.origin}/mcp`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' }),
    })
    expect(answer.status).toBe(401)
    const noGood = 'cookie' in headers ? '' : 'error="invalid_token", '
    expect(answer.headers.get('www-authenticate')).toBe(
      `Bearer ${noGood}resource_metadata="${app.origin}/.well-known/oauth-protected-resource/mcp"`,
    )
  }
})

describe('a form is taken only from a page of ours, even with the cookie and the secret', () => {
  const posts = () => routes().filter((route) => route.method === 'POST' && !forAgents(route))

  test.each<[string, Record<string, string>]>([
    ['nothing that says where it comes from', {}],
    ['Sec-Fetch-Site: cross-site', { 'sec-fetch-site': 'cross-site' }],
    ['Sec-Fetch-Site: same-site', { 'sec-fetch-site': 'same-site' }],
    ['Sec-Fetch-Site: none', { 'sec-fetch-site': 'none' }],
    ['an empty Sec-Fetch-Site', { 'sec-fetch-site': '' }],
    ['a made-up Sec-Fetch-Site', { 'sec-fetch-site': 'same-origin, cross-site' }],
    ['a foreign Origin', { origin: 'https://evil.example' }],
    ['Origin: null', { origin: 'null' }],
    ['the Origin of another port', { origin: 'http://localhost:1' }],
  ])('with %s it is refused', async (_, headers) => {
    expect(posts().length).toBeGreaterThan(10)
    const before = allRows(app.dataDir)
    for (const route of posts()) {
      const answer = await send(route, { cookie: person.cookie, ...headers }, goodForm())
      expect([route, answer.status]).toEqual([route, 403])
      expect(await answer.text()).toContain('Not from this site')
    }
    expect(allRows(app.dataDir)).toEqual(before)
  })

  test('our own origin in Sec-Fetch-Site does not outweigh a cross-site one in it', async () => {
    const headers = { 'sec-fetch-site': 'cross-site', origin: app.origin }
    const answer = await send({ method: 'POST', path: '/agents' }, { cookie: person.cookie, ...headers }, goodForm())
    expect(answer.status).toBe(403)
  })

  test('where a browser sends no Sec-Fetch-Site, our own Origin is enough', async () => {
    const answer = await send(
      { method: 'POST', path: '/agents' },
      { cookie: person.cookie, origin: app.origin },
      goodForm(),
    )
    expect(answer.status).toBe(200)
  })

  test('a body that is no form is refused before anything reads it', async () => {
    for (const type of ['application/json', 'text/plain', 'multipart/form-data; boundary=x']) {
      const answer = await fetch(`${app.origin}/agents`, {
        method: 'POST',
        headers: { cookie: person.cookie, ...OURS, 'content-type': type },
        body: JSON.stringify(goodForm()),
      })
      expect([type, answer.status]).toEqual([type, 422])
    }
  })

  test('a form beyond a quarter of a megabyte is refused', async () => {
    const answer = await person.post('/agents', { name: 'n'.repeat(300_000) })
    expect(answer.status).toBe(413)
  })
})

describe('a GET changes nothing', () => {
  test('on any route, signed in', async () => {
    const gets = routes().filter((route) => route.method === 'GET' && !forAgents(route))
    expect(gets.length).toBeGreaterThan(12)
    // The health check writes its own mark, which is what it is for.
    const before = allRows(app.dataDir, ['instance_facts'])
    for (const route of gets) {
      const answer = await send(route, { cookie: person.cookie })
      expect([route, answer.status < 500]).toEqual([route, true])
      expect(allRows(app.dataDir, ['instance_facts'])).toEqual(before)
    }
  })

  test('even with what would be a form in its address', async () => {
    const before = allRows(app.dataDir)
    const query = new URLSearchParams(goodForm()).toString()
    for (const route of routes().filter(forPeople)) {
      await fetch(`${app.origin}${filledIn(route.path)}?${query}`, {
        headers: { cookie: person.cookie, ...OURS },
        redirect: 'manual',
        signal: route.path === '/events' ? AbortSignal.timeout(50) : null,
      }).catch(() => {})
    }
    expect(allRows(app.dataDir)).toEqual(before)
  })

  test('nor does HEAD, OPTIONS, PUT, PATCH or DELETE', async () => {
    const before = allRows(app.dataDir)
    for (const route of routes().filter(forPeople)) {
      for (const method of ['HEAD', 'OPTIONS', 'PUT', 'PATCH', 'DELETE']) {
        const answer = await fetch(app.origin + filledIn(route.path), {
          method,
          headers: { cookie: person.cookie, ...OURS },
          redirect: 'manual',
          signal: AbortSignal.timeout(2_000),
        })
        expect([route.path, method, answer.status >= 200 && answer.status < 500]).toEqual([route.path, method, true])
        expect(answer.headers.get('access-control-allow-origin')).toBeNull()
        await answer.body?.cancel()
      }
    }
    expect(allRows(app.dataDir)).toEqual(before)
  })
})

test('a person cannot reach another user’s connection, key or request by its id', async () => {
  await app.rooms.identity.humans.addUser('neighbour@example.org', 'another long password', 'operator')
  const { Person } = await import('../harness/person.ts')
  const neighbour = await new Person(app.origin, 'neighbour@example.org', 'another long password').signIn()
  const before = allRows(app.dataDir)
  for (const route of routes().filter((each) => forPeople(each) && each.path.includes(':'))) {
    const path = filledIn(route.path)
    const answer =
      route.method === 'GET'
        ? await neighbour.get(path)
        : await neighbour.post(path, { ...goodForm(), origin_proof: neighbour.proof })
    expect([route, answer.status]).toEqual([route, 404])
    expect(await answer.text()).not.toContain(far.url)
  }
  expect(allRows(app.dataDir)).toEqual(before)
})
