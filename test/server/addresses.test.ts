import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { clientAddress } from '../../src/server/client-address.ts'
import { type App, EMAIL, PASSWORD, startApp } from '../harness/app.ts'
import { startEmptyApp } from '../harness/empty-app.ts'
import { Person } from '../harness/person.ts'
import { rawRequest } from '../harness/raw-request.ts'
import { allRows } from '../harness/tables.ts'

let app: App
let person: Person
let port: string

beforeAll(async () => {
  app = await startApp()
  person = await app.person()
  port = new URL(app.origin).port
})
afterAll(() => app.stop())

describe('the name we are called by', () => {
  const foreign = () => [
    `evil.example:${port}`,
    'evil.example',
    `localhost.evil.example:${port}`,
    `localhost:${Number(port) + 1}`,
    'localhost',
    `127.0.0.1.evil.example:${port}`,
    `127.0.0.2:${port}`,
    `0.0.0.0:${port}`,
    `localhost:${port}.evil.example`,
    `evil@localhost:${port}`,
  ]

  test('must be ours on every route but the health check: a page that rebound its name to us gets 421', async () => {
    const { key } = await app.newKey()
    const before = allRows(app.dataDir)
    for (const { method, path } of app.serving.routes.filter((route) => route.path !== '/health')) {
      const verb = method === 'ALL' ? 'POST' : method
      const headers = {
        cookie: person.cookie,
        'x-api-key': key,
        'sec-fetch-site': 'same-origin',
        'content-type': path === '/mcp' ? 'application/json' : 'application/x-www-form-urlencoded',
      }
      const [host = ''] = foreign()
      const body = verb === 'POST' ? `origin_proof=${person.proof}` : undefined
      const options = { method: verb, headers: { ...headers, host }, ...(body === undefined ? {} : { body }) }
      const answer = await rawRequest(app.origin, path.replace('*', 'nowhere'), options)
      expect([method, path, answer.status]).toEqual([method, path, 421])
      expect(answer.body).not.toContain(EMAIL)
    }
    expect(allRows(app.dataDir)).toEqual(before)
  })

  test('is compared whole: nothing that merely looks like ours passes', async () => {
    for (const host of foreign()) {
      expect([host, (await rawRequest(app.origin, '/sign-in', { headers: { host } })).status]).toEqual([host, 421])
    }
  })

  test('does not matter for the health check, which a load balancer asks by address', async () => {
    const answer = await rawRequest(app.origin, '/health', { headers: { host: '10.1.2.3:80' } })
    expect(answer.status).toBe(200)
  })

  test('may be written in capitals', async () => {
    const answer = await rawRequest(app.origin, '/sign-in', { headers: { host: `LOCALHOST:${port}` } })
    expect(answer.status).toBe(200)
  })
})

describe('a page opened by another name of this machine', () => {
  test.each(['127.0.0.1', '[::1]'])('at %s leads to the same page at the public origin', async (name) => {
    for (const path of ['/', '/approve/abc?x=1', '/agents', '/sign-in?return_to=%2Fagents']) {
      const answer = await rawRequest(app.origin, path, { headers: { host: `${name}:${port}`, cookie: person.cookie } })
      expect([answer.status, answer.headers.location]).toEqual([307, app.origin + path])
    }
  })

  test('never leads off the origin, whatever the path says', async () => {
    for (const path of [
      '//evil.example/',
      '/\\evil.example',
      '/@evil.example',
      '/.evil.example',
      '/%0d%0aX-Evil:%201',
    ]) {
      const { status, headers } = await rawRequest(app.origin, path, { headers: { host: `127.0.0.1:${port}` } })
      expect([path, status]).toEqual([path, 307])
      expect(new URL(String(headers.location)).origin).toBe(app.origin)
      expect(headers['x-evil']).toBeUndefined()
    }
  })

  test('takes no form there', async () => {
    const answer = await rawRequest(app.origin, '/agents', {
      method: 'POST',
      headers: {
        host: `127.0.0.1:${port}`,
        cookie: person.cookie,
        origin: `http://127.0.0.1:${port}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: `name=x&origin_proof=${person.proof}`,
    })
    expect(answer.status).toBe(403)
  })
})

describe('where a sign-in leads', () => {
  const signIn = async (returnTo: string) => {
    const answer = await person.post('/sign-in', { email: EMAIL, password: PASSWORD, return_to: returnTo })
    expect(answer.status).toBe(303)
    return answer.headers.get('location') ?? ''
  }

  test.each([
    '//evil.example',
    '///evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    '/\\/evil.example',
    'https://evil.example/',
    'https:evil.example',
    'http://localhost:1/',
    'javascript:alert(1)',
    'data:text/html,x',
    'evil.example',
    '@evil.example',
    '',
    '/\t/evil.example',
    '/\n/evil.example',
    '/\r\nSet-Cookie: x=1',
    '\u0000/agents',
    ' /agents',
    '/agents\u0001',
    '/\u2028\\evil.example',
  ])('is never elsewhere: %j leads home', async (returnTo) => {
    expect(await signIn(returnTo)).toBe('/')
  })

  test.each([
    ['/agents', '/agents'],
    ['/approve/abc?x=1&y=%2F', '/approve/abc?x=1&y=%2F'],
    ['/agents#fragment', '/agents'],
    ['/a/../agents', '/agents'],
    ['/a/..//evil.example', '/'],
    ['/./\u002fevil.example', '/'],
  ])('is the page asked for: %j leads to %j', async (returnTo, location) => {
    const led = await signIn(returnTo)
    expect(led).toBe(location)
    expect(new URL(led, app.origin).origin).toBe(app.origin)
  })

  test('is remembered from the page that refused a stranger, with its query', async () => {
    const answer = await fetch(`${app.origin}/connections/bank?filter=a%26b`, { redirect: 'manual' })
    const location = new URL(answer.headers.get('location') ?? '', app.origin)
    expect(location.pathname).toBe('/sign-in')
    expect(location.searchParams.get('return_to')).toBe('/connections/bank?filter=a%26b')
  })
})

describe('who called', () => {
  const trusted = ['10.0.0.0/8', '127.0.0.1/32', 'fd00::/8']

  test.each<[string, string | null, string | null, readonly string[], string | null]>([
    ['the peer, where no proxy is trusted', '127.0.0.1', '1.2.3.4', [], '127.0.0.1'],
    ['the peer, where it is no trusted proxy', '9.9.9.9', '1.2.3.4', trusted, '9.9.9.9'],
    ['what a trusted proxy saw', '127.0.0.1', '1.2.3.4', trusted, '1.2.3.4'],
    [
      'the last stranger, not what the caller wrote before it',
      '10.0.0.1',
      '6.6.6.6, 1.2.3.4, 10.0.0.2',
      trusted,
      '1.2.3.4',
    ],
    ['the proxy, where all are ours', '10.0.0.1', '10.0.0.3, 10.0.0.2', trusted, '10.0.0.1'],
    ['the proxy, where its word is unreadable', '10.0.0.1', '1.2.3.4, rubbish', trusted, '10.0.0.1'],
    ['the proxy, where it says nothing', '10.0.0.1', null, trusted, '10.0.0.1'],
    ['an IPv4 peer in IPv6 clothes, plainly', '::ffff:127.0.0.1', '::ffff:1.2.3.4', trusted, '1.2.3.4'],
    ['an IPv6 caller', 'fd00::1', '2001:db8::1', trusted, '2001:db8::1'],
    ['nobody knows', null, '1.2.3.4', trusted, null],
  ])('is %s', (_, peer, forwarded, proxies, expected) => {
    expect(clientAddress(peer, forwarded, proxies)).toBe(expected)
  })

  test.each([
    ['127.0.0.0/8,::1/128', '1.2.3.4'],
    ['', null],
  ])(
    'stands in the session as the running server sees it, with AGENTPORT_TRUSTED_PROXIES=%j',
    async (proxies, address) => {
      const own = await startEmptyApp({ environment: { AGENTPORT_TRUSTED_PROXIES: proxies } })
      await own.serving.rooms.identity.humans.addUser(EMAIL, PASSWORD, 'operator')
      const form = { email: EMAIL, password: PASSWORD, return_to: '/' }
      await new Person(own.origin, EMAIL, PASSWORD).post('/sign-in', form, { 'x-forwarded-for': '6.6.6.6, 1.2.3.4' })
      const [session] = allRows(own.dataDir).sessions as { address: string }[]
      expect(session?.address).toBeOneOf(address ? [address] : ['127.0.0.1', '::1'])
      await own.stop()
    },
  )
})
