import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { type App, startApp } from '../harness/app.ts'
import { OAuthProgram, type TokenAnswer } from '../harness/oauth-program.ts'
import type { Person } from '../harness/person.ts'
import { Wire } from '../harness/wire.ts'

let app: App
let person: Person
let program: OAuthProgram
let another: OAuthProgram
let tokens: TokenAnswer

beforeAll(async () => {
  app = await startApp()
  person = await app.person()
  program = new OAuthProgram(app.origin)
  another = new OAuthProgram(app.origin)
  await program.register()
  await another.register()
})
afterAll(() => app.stop())
beforeEach(async () => {
  tokens = await program.signIn(person)
})

/** Tokens and ids are made of letters that need no encoding. */
const given = (token: string, more = '', by = program) => `token=${token}&client_id=${by.clientId}${more}`

async function revoke(form: string, headers: Record<string, string> = {}) {
  const response = await fetch(`${app.origin}/oauth/revoke`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: form,
  })
  expect(response.headers.get('cache-control')).toBe('no-store')
  const text = await response.text()
  return { status: response.status, headers: response.headers, text }
}
const opens = async ({ access_token }: TokenAnswer) =>
  (await new Wire(app.origin, access_token).modern('tools/list')).status === 200
const refreshes = async ({ refresh_token }: TokenAnswer) => (await program.refresh(refresh_token)).status === 200

describe('RFC 7009 §2.2: a revocation is 200 and empty, whatever the token was', () => {
  test('a refresh token takes the whole sign-in with it', async () => {
    const next = await program.refresh(tokens.refresh_token)
    const { status, text } = await revoke(given(next.refresh_token))
    expect([status, text]).toEqual([200, ''])
    expect([await opens(tokens), await opens(next), await refreshes(next)]).toEqual([false, false, false])
    expect((await app.rooms.identity.agents.list(app.userId)).filter(({ revokedAt }) => revokedAt === null)).toEqual([])
  })

  test('so does one that was exchanged already', async () => {
    const next = await program.refresh(tokens.refresh_token)
    expect((await revoke(given(tokens.refresh_token))).status).toBe(200)
    expect([await opens(next), await refreshes(next)]).toEqual([false, false])
  })

  test('an access token goes alone', async () => {
    expect((await revoke(given(tokens.access_token))).status).toBe(200)
    expect([await opens(tokens), await refreshes(tokens)]).toEqual([false, true])
  })

  test('a hint, right or wrong, is not needed', async () => {
    for (const hint of ['refresh_token', 'access_token', 'nonsense']) {
      const { access_token } = await program.signIn(person)
      const form = given(access_token, `&token_type_hint=${hint}`)
      expect([hint, (await revoke(form)).status]).toEqual([hint, 200])
      expect((await new Wire(app.origin, access_token).modern('tools/list')).status).toBe(401)
    }
  })

  test('an unknown token, a code, an API key and the token of another program stay what they are', async () => {
    const code = await another.code(person)
    const { key } = await app.newKey()
    for (const token of ['x', code, key, tokens.access_token, tokens.refresh_token]) {
      expect((await revoke(given(token, '', another))).status).toBe(200)
    }
    expect([await opens(tokens), await refreshes(tokens)]).toEqual([true, true])
    expect((await another.exchange(code)).status).toBe(200)
    expect((await new Wire(app.origin, key).modern('tools/list')).status).toBe(200)
  })

  test('twice is as good as once', async () => {
    for (let i = 0; i < 2; i++) {
      expect((await revoke(given(tokens.refresh_token))).status).toBe(200)
    }
  })
})

const whole = () => given(tokens.refresh_token)

describe('a revocation is refused, and revokes nothing', () => {
  test.each<
    [clause: string, sent: string, form: () => string, headers: Record<string, string>, status: number, error: string]
  >([
    ['RFC 7009 §2.1', 'no token', () => `client_id=${program.clientId}`, {}, 400, 'invalid_request'],
    ['RFC 6749 §3.2', 'an empty token', () => given(''), {}, 400, 'invalid_request'],
    ['RFC 6749 §3.2', 'token twice', () => given(tokens.access_token, '&token=x'), {}, 400, 'invalid_request'],
    [
      'RFC 7009 §2.1',
      'no client_id, so that nobody believes it revoked',
      () => `token=${tokens.refresh_token}`,
      {},
      400,
      'invalid_request',
    ],
    [
      'RFC 6749 §5.2',
      'a secret that nobody gave',
      () => given(tokens.refresh_token, '&client_secret=x'),
      {},
      400,
      'invalid_client',
    ],
    ['RFC 6749 §5.2', 'a secret in a header', whole, { authorization: 'Basic eDp5' }, 401, 'invalid_client'],
    ['RFC 7009 §2.1', 'JSON', whole, { 'content-type': 'application/json' }, 400, 'invalid_request'],
  ])('%s: %s', async (_, __, form, headers, status, error) => {
    const refused = await revoke(form(), headers)
    expect([refused.status, JSON.parse(refused.text).error]).toEqual([status, error])
    expect(refused.headers.get('www-authenticate')).toBe(status === 401 ? 'Basic realm="AgentPort"' : null)
    expect([await opens(tokens), await refreshes(tokens)]).toEqual([true, true])
  })

  test('RFC 7009 §2: by any method but POST', async () => {
    const query = new URLSearchParams({ token: tokens.refresh_token, client_id: program.clientId })
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const { status } = await fetch(`${app.origin}/oauth/revoke?${query}`, { method })
      expect([method, status >= 400]).toEqual([method, true])
    }
    expect(await refreshes(tokens)).toBe(true)
  })
})
