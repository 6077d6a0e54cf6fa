import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { OPEN_PATHS } from '../../src/server/server.ts'
import { type App, startApp } from '../harness/app.ts'
import { FarEnd } from '../harness/far-end.ts'
import { OAuthProgram } from '../harness/oauth-program.ts'
import type { Person } from '../harness/person.ts'
import { allRows } from '../harness/tables.ts'
import { TestClock } from '../harness/test-clock.ts'
import { ACCEPT_BOTH } from '../harness/wire.ts'

const MINUTE = 60_000
const LIST = '{"jsonrpc":"2.0","id":1,"method":"tools/list"}'
const clock = new TestClock()
const far = new FarEnd([{ name: 'pay' }])
let app: App
let person: Person
let program: OAuthProgram
let token: string

beforeAll(async () => {
  far.start()
  app = await startApp({ clock })
  await app.install('bank', far.url)
  person = await app.person()
  program = new OAuthProgram(app.origin)
  token = (await program.signIn(person)).access_token
})
afterAll(async () => {
  await app.stop()
  await far.stop()
})

async function knock(headers: Record<string, string>, query = '', body = LIST) {
  const response = await fetch(`${app.origin}/mcp${query}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: ACCEPT_BOTH, ...headers },
    body,
  })
  await response.text()
  return { status: response.status, challenge: response.headers.get('www-authenticate') }
}
const bearer = (credential: string) => ({ authorization: `Bearer ${credential}` })
const metadata = () => `resource_metadata="${app.origin}/.well-known/oauth-protected-resource/mcp"`
/** Let in, and only a session is missing. */
const LET_IN = { status: 400, challenge: null }

describe('/mcp without a token that is good', () => {
  /** RFC 6750 §3.1: no error code for who showed nothing. */
  const bare = () => ({ status: 401, challenge: `Bearer ${metadata()}` })
  const invalid = () => ({ status: 401, challenge: `Bearer error="invalid_token", ${metadata()}` })

  test.each<[clause: string, sent: string, answer: () => unknown, ask: () => Promise<unknown>]>([
    ['RFC 9728 §5.1', 'nothing', bare, () => knock({})],
    ['RFC 6750 §2.1', 'another scheme', bare, () => knock({ authorization: `Basic ${btoa(`x:${token}`)}` })],
    ['RFC 6750 §2.1', 'no scheme', bare, () => knock({ authorization: token })],
    ['RFC 6750 §2.1', 'the scheme alone', bare, () => knock({ authorization: 'Bearer' })],
    [
      'RFC 6750 §2.2',
      'the token in a form',
      bare,
      () => knock({ 'content-type': 'application/x-www-form-urlencoded' }, '', `access_token=${token}`),
    ],
    ['RFC 6750 §2.3', 'the token in the address', bare, () => knock({}, `?access_token=${token}`)],
    ['RFC 6750 §5.3', 'the token in a cookie', bare, () => knock({ cookie: `access_token=${token}` })],
    ['RFC 6750 §3.1', 'a token that is none of ours', invalid, () => knock(bearer('eyJhbGciOiJub25lIn0.e30.'))],
    ['RFC 6750 §3.1', 'a guess', invalid, () => knock(bearer(`apa_${'a'.repeat(43)}`))],
    ['RFC 6750 §3.1', 'a piece of the token', invalid, () => knock(bearer(token.slice(0, -1)))],
    ['RFC 6750 §3.1', 'the token and more', invalid, () => knock(bearer(`${token}x`))],
    ['RFC 6750 §3.1', 'the token in capitals', invalid, () => knock(bearer(token.toUpperCase()))],
    [
      'RFC 6749 §1.5',
      'a refresh token',
      invalid,
      async () => knock(bearer((await new OAuthProgram(app.origin).signIn(person)).refresh_token)),
    ],
    ['RFC 6749 §1.3.1', 'a code', invalid, async () => knock(bearer(await program.code(person)))],
    ['RFC 6750 §3.1', 'a client id', invalid, () => knock(bearer(program.clientId))],
    [
      'RFC 6750 §3.1',
      'two credentials',
      () => ({ status: 400, challenge: 'Bearer error="invalid_request"' }),
      () => knock({ ...bearer(token), 'x-api-key': 'ap_another' }),
    ],
  ])('%s: %s', async (_, __, answer, ask) => {
    expect(await ask()).toEqual(answer())
    expect(await knock(bearer(token))).toEqual(LET_IN)
  })

  test('RFC 6750 §3.1: one that has run out, and one that was revoked', async () => {
    const other = new OAuthProgram(app.origin)
    const old = await other.signIn(person)
    await clock.advance(60 * MINUTE)
    expect(await knock(bearer(old.access_token))).toEqual(invalid())
    const fresh = await other.refresh(old.refresh_token)
    expect(await knock(bearer(fresh.access_token))).toEqual(LET_IN)
    await other.revoke(fresh.refresh_token)
    expect(await knock(bearer(fresh.access_token))).toEqual(invalid())
    token = (await program.signIn(person)).access_token
  })

  test('RFC 8707 §2: one for another resource, such as another AgentPort', async () => {
    const elsewhere = await startApp()
    const theirs = await new OAuthProgram(elsewhere.origin).signIn(await elsewhere.person())
    expect(await knock(bearer(theirs.access_token))).toEqual(invalid())
    await elsewhere.stop()
  })
})

test('RFC 6750 §2.1: a good token is taken in any case of the scheme', async () => {
  for (const scheme of ['Bearer', 'bearer', 'BEARER']) {
    expect(await knock({ authorization: `${scheme} ${token}` })).toEqual(LET_IN)
  }
})

test('RFC 8707 §2: a token is for /mcp and for nothing else here, in whichever way it is carried', async () => {
  const asked = { amount: 1 }
  const agent = await app.agent('v2-2026')
  const request = await agent.call('bank', 'pay', asked)
  const id = String(request._meta?.['agentport/request_id'])
  await agent.close()
  const before = allRows(app.dataDir)
  const routes = app.serving.routes.filter(({ path }) => path !== '/mcp' && !OPEN_PATHS.has(path))
  expect(routes.length).toBeGreaterThan(15)
  const cookie = person.cookie.split('=')[0] ?? ''
  for (const { method, path } of routes) {
    const verb = method === 'ALL' ? 'POST' : method
    const url = app.origin + path.replace(':slug', 'bank').replace(':id', id).replace('*', 'nowhere')
    for (const carrier of [bearer(token), { 'x-api-key': token }, { cookie: `${cookie}=${token}` }]) {
      const answer = await fetch(url, {
        method: verb,
        redirect: 'manual',
        headers: { 'sec-fetch-site': 'same-origin', ...(carrier as Record<string, string>) },
        ...(verb === 'POST' ? { body: new URLSearchParams({ decision: 'once', mode: 'allow', tool: 'pay' }) } : {}),
      })
      // Pages lead a stranger to sign in; what speaks to programs says that it is not let in.
      const refused = path === '/*' ? 404 : /^\/api(\/|$)/.test(path) ? 401 : 303
      expect([verb, path, answer.status]).toEqual([verb, path, refused])
      expect(await answer.text()).not.toContain('amount')
    }
  }
  expect(allRows(app.dataDir)).toEqual(before)
})
