import { Database } from 'bun:sqlite'
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { type Agent, requestId } from '../harness/agent.ts'
import { type App, startApp } from '../harness/app.ts'
import { FarEnd } from '../harness/far-end.ts'
import type { Person } from '../harness/person.ts'
import { rawRequest } from '../harness/raw-request.ts'

let app: App
let agent: Agent
let person: Person
let asked: string
const far = new FarEnd([{ name: 'pay' }])

beforeAll(async () => {
  far.start()
  app = await startApp()
  await app.install('bank', far.url)
  agent = await app.agent()
  asked = requestId(await agent.call('bank', 'pay', { amount: 1 }))
  person = await app.person()
})
afterAll(async () => {
  await agent.close()
  await app.stop()
  await far.stop()
})

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

describe('every page and every piece of one', () => {
  const ASKS: [what: string, ask: () => Promise<Response>, status: number][] = [
    ['home', () => person.get('/'), 200],
    ['what waits', () => person.get('/home/waiting'), 200],
    ['what was', () => person.get('/home/recent'), 200],
    ['a request', () => person.get(`/approve/${asked}`), 200],
    ['the state of a request', () => person.get(`/approve/${asked}/state`), 200],
    ['connections', () => person.get('/connections'), 200],
    ['a connection', () => person.get('/connections/bank'), 200],
    ['the log', () => person.get('/log'), 200],
    ['a log that nobody asks for', () => person.get('/log?before=x'), 400],
    ['agents', () => person.get('/agents'), 200],
    ['a new key', () => person.post('/agents', { name: 'x', reach: 'all' }), 200],
    ['settings', () => person.get('/settings'), 200],
    ['sign-in', () => fetch(`${app.origin}/sign-in`), 200],
    ['a refused sign-in', () => person.post('/sign-in', { email: 'a@b.example', password: 'x' }), 401],
    ['a used setup link', () => fetch(`${app.origin}/setup?token=x`), 410],
    ['the question for the password', () => person.post('/sign-out', { origin_proof: '' }), 403],
    ['a form from elsewhere', () => person.post('/agents', {}, { 'sec-fetch-site': 'cross-site' }), 403],
    ['an unknown path', () => fetch(`${app.origin}/nowhere`), 404],
    ['an unknown request', () => person.get('/approve/unknown'), 404],
    ['a foreign name', () => fetch(`${app.origin}/`, { headers: { host: 'evil.example' } }), 421],
  ]

  test.each(ASKS)('carries the strict policy and is not kept: %s', async (_, ask, status) => {
    const { status: given, headers } = await ask()
    expect(given).toBe(status)
    const { 'content-type': type, ...others } = Object.fromEntries(headers)
    expect(type).toBe('text/html; charset=utf-8')
    expect(others).toMatchObject({
      'content-security-policy': POLICY,
      'x-frame-options': 'DENY',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'same-origin',
      'cache-control': 'no-store',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
    })
    expect(headers.get('access-control-allow-origin')).toBeNull()
    expect(headers.get('server')).toBeNull()
    expect(headers.get('x-powered-by')).toBeNull()
  })

  test('a way onward is not kept either', async () => {
    for (const answer of [
      await fetch(app.origin, { redirect: 'manual' }),
      await person.post('/settings', { pending_minutes: '60', approved_minutes: '60', kept_days: '90' }),
    ]) {
      expect(answer.status).toBe(303)
      expect(answer.headers.get('cache-control')).toBe('no-store')
    }
  })
})

describe('assets', () => {
  test('that a page names are all there, typed, and kept for ever', async () => {
    const page = await (await person.get('/')).text()
    const named = [...page.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)].map((found) => found[1] ?? '')
    expect(named.length).toBeGreaterThan(4)
    for (const path of named) {
      const answer = await fetch(app.origin + path)
      expect([path, answer.status]).toEqual([path, 200])
      expect(answer.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
      const ending = new URL(path, app.origin).pathname.split('.').at(-1) ?? ''
      const types: Record<string, string> = {
        css: 'text/css; charset=utf-8',
        js: 'text/javascript; charset=utf-8',
        svg: 'image/svg+xml',
        png: 'image/png',
      }
      expect(answer.headers.get('content-type')).toBe(types[ending] ?? 'nothing of this kind')
      expect((await answer.text()).length).toBeGreaterThan(50)
      expect(new URL(path, app.origin).searchParams.get('v')).toMatch(/^[0-9a-f]{12}$/)
    }
  })

  test('need nothing from anywhere else', async () => {
    const page = await (await person.get('/')).text()
    for (const [, path] of page.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)) {
      const text = await (await fetch(`${app.origin}${path}`)).text()
      expect([path, /url\(\s*['"]?(?:https?:)?\/\/|@import|sourceMappingURL/i.test(text)]).toEqual([path, false])
    }
  })

  test.each([
    '/assets/nothing.css',
    '/assets/',
    '/assets',
    '/assets/..%2f..%2fpackage.json',
    '/assets/..%2F..%2Fdata%2Fmaster.key',
    '/assets/%2e%2e%2f%2e%2e%2fpackage.json',
    '/assets/%252e%252e%252fpackage.json',
    '/assets/..%5c..%5cpackage.json',
    '/assets/../package.json',
    '/assets/../../../../../../etc/passwd',
    '/assets//etc/passwd',
    '/assets/%2fetc%2fpasswd',
    '/assets/agentport.css%00.js',
    '/assets/AGENTPORT.CSS',
    '/assets/constructor',
    '/assets/__proto__',
    '/assets/%',
    '/assets/%ff',
    '/package.json',
    '/.env',
    '/master.key',
    '/agentport.db',
    '/..%2fpackage.json',
  ])('%s is not there', async (path) => {
    const answer = await rawRequest(app.origin, path, { headers: { cookie: person.cookie } })
    expect(answer.status).toBe(404)
    expect(answer.body).not.toMatch(/"devDependencies"|root:|drizzle|AGENTPORT_/)
  })
})

describe('an error inside', () => {
  test('is told by a number only: no stack, no query, no path of this machine', async () => {
    const breaker = new Database(join(app.dataDir, 'agentport.db'))
    breaker.run('ALTER TABLE approval_settings RENAME TO set_aside')
    try {
      const answer = await person.get('/settings')
      const page = await answer.text()
      expect(answer.status).toBe(500)
      expect(page).toMatch(/Something broke on our side\. Its number in the log is [0-9a-z]{8}\./)
      expect(page).not.toMatch(/approval_settings|SQLite|select |\.ts\b|at \w+ \(|\/src\/|node_modules/i)
      expect(answer.headers.get('content-security-policy')).toBe(POLICY)
    } finally {
      breaker.run('ALTER TABLE set_aside RENAME TO approval_settings')
      breaker.close()
    }
    expect((await person.get('/settings')).status).toBe(200)
  })

  test('is told to an agent in the same way', async () => {
    const breaker = new Database(join(app.dataDir, 'agentport.db'))
    breaker.run('ALTER TABLE agents RENAME TO set_aside')
    try {
      const answer = await fetch(`${app.origin}/mcp`, { method: 'POST', headers: { 'x-api-key': 'ap_x' }, body: '{}' })
      const text = await answer.text()
      expect(answer.status).toBe(500)
      expect(text).toMatch(/"Internal error [0-9a-z]{8}"/)
      expect(text).not.toMatch(/no such table|SQLite|select |\.ts\b/i)
    } finally {
      breaker.run('ALTER TABLE set_aside RENAME TO agents')
      breaker.close()
    }
  })

  test.each(['/%', '/%ff', '/approve/%', '/approve/%E0%A4%A', '/connections/%00', '/connect%0aions', '/\u0001'])(
    'is not what a strange path makes: %j',
    async (path) => {
      const answer = await rawRequest(
        app.origin,
        encodeURI(decodeSafely(path)) === path ? path : path.replace('\u0001', '%01'),
        {
          headers: { cookie: person.cookie },
        },
      )
      expect(answer.status).toBeOneOf([400, 404])
      expect(answer.body).not.toMatch(/\.ts\b|at \w+ \(/)
    },
  )
})

function decodeSafely(path: string): string {
  try {
    return decodeURI(path)
  } catch {
    return path
  }
}
