import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { sha256Base64url } from '../../src/lib/hashes.ts'
import { type App, startApp } from '../harness/app.ts'
import { OAuthProgram, REDIRECT } from '../harness/oauth-program.ts'
import type { Person } from '../harness/person.ts'
import { TestClock } from '../harness/test-clock.ts'

const MINUTE = 60_000
const clock = new TestClock()
let app: App
let person: Person
let program: OAuthProgram
let another: OAuthProgram

beforeAll(async () => {
  app = await startApp({ clock })
  person = await app.person()
  program = new OAuthProgram(app.origin)
  another = new OAuthProgram(app.origin)
  await program.register()
  await another.register({ client_name: 'Another program' })
})
afterAll(() => app.stop())

type Form = [name: string, value: string][]
interface Sent {
  form: Form
  headers?: Record<string, string>
}

/** The answer, with what each answer of this endpoint has to have (RFC 6749 §5.1 and §5.2). */
async function send({ form, headers = {} }: Sent) {
  const response = await fetch(`${app.origin}/oauth/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: new URLSearchParams(form).toString(),
  })
  expect(response.headers.get('cache-control')).toBe('no-store')
  expect(response.headers.get('content-type')).toStartWith('application/json')
  const answer = (await response.json()) as Record<string, unknown>
  if (!response.ok) {
    expect(Object.keys(answer)).toEqual(['error', 'error_description'])
    expect(answer.error_description).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/)
  }
  return { status: response.status, headers: response.headers, answer }
}

const exchange = (code: string): Form => [
  ['grant_type', 'authorization_code'],
  ['client_id', program.clientId],
  ['code', code],
  ['code_verifier', program.verifier],
  ['redirect_uri', REDIRECT],
]
const refresh = (token: string): Form => [
  ['grant_type', 'refresh_token'],
  ['client_id', program.clientId],
  ['refresh_token', token],
]

type Change = (form: Form) => Sent
const without =
  (name: string): Change =>
  (form) => ({ form: form.filter(([each]) => each !== name) })
const having =
  (name: string, value: string | (() => string)): Change =>
  (form) => ({
    form: [...form.filter(([each]) => each !== name), [name, typeof value === 'string' ? value : value()]],
  })
const also =
  (name: string, value: string | (() => string)): Change =>
  (form) => ({ form: [...form, [name, typeof value === 'string' ? value : value()]] })
const headed =
  (headers: Record<string, string>): Change =>
  (form) => ({ form, headers })

describe('a code is not exchanged', () => {
  test.each<[clause: string, sent: string, change: Change, status: number, error: string, codeIsLeft: boolean]>([
    ['RFC 6749 §4.1.3', 'no grant_type', without('grant_type'), 400, 'invalid_request', true],
    ['RFC 6749 §3.2', 'an empty grant_type', having('grant_type', ''), 400, 'invalid_request', true],
    ['RFC 6749 §3.2', 'grant_type twice', also('grant_type', 'authorization_code'), 400, 'invalid_request', true],
    ['OAuth 2.1 §10', 'grant_type=password', having('grant_type', 'password'), 400, 'unsupported_grant_type', true],
    [
      'RFC 6749 §4.4',
      'client_credentials',
      having('grant_type', 'client_credentials'),
      400,
      'unsupported_grant_type',
      true,
    ],
    ['RFC 6749 §4.1.3', 'no code', without('code'), 400, 'invalid_request', true],
    ['RFC 6749 §3.2', 'an empty code', having('code', ''), 400, 'invalid_request', true],
    ['RFC 6749 §3.2', 'code twice', also('code', 'another'), 400, 'invalid_request', true],
    ['RFC 6749 §5.2', 'an unknown code', having('code', 'a'.repeat(43)), 400, 'invalid_grant', true],
    ['RFC 6749 §4.1.3', 'no client_id', without('client_id'), 400, 'invalid_request', true],
    ['RFC 6749 §5.2', 'an unknown client_id', having('client_id', 'nobody'), 400, 'invalid_client', true],
    ['RFC 6749 §5.2', 'another program', having('client_id', () => another.clientId), 400, 'invalid_grant', true],
    [
      'RFC 6749 §4.1.3',
      'another redirect_uri',
      having('redirect_uri', 'https://evil.example/'),
      400,
      'invalid_grant',
      false,
    ],
    [
      'RFC 6749 §4.1.3',
      'the redirect_uri with another port',
      having('redirect_uri', REDIRECT.replace('33418', '33419')),
      400,
      'invalid_grant',
      false,
    ],
    ['RFC 6749 §3.2', 'redirect_uri twice', also('redirect_uri', REDIRECT), 400, 'invalid_request', true],
    ['RFC 7636 §4.5', 'no code_verifier', without('code_verifier'), 400, 'invalid_request', true],
    ['RFC 7636 §4.6', 'another code_verifier', having('code_verifier', 'a'.repeat(43)), 400, 'invalid_grant', false],
    [
      'RFC 7636 §4.6',
      'the challenge as the verifier',
      having('code_verifier', () => sha256Base64url(program.verifier)),
      400,
      'invalid_grant',
      false,
    ],
    [
      'RFC 7636 §4.1',
      'a code_verifier of 42 characters',
      having('code_verifier', 'a'.repeat(42)),
      400,
      'invalid_grant',
      false,
    ],
    [
      'RFC 7636 §4.1',
      'a code_verifier of 129 characters',
      having('code_verifier', 'a'.repeat(129)),
      400,
      'invalid_grant',
      false,
    ],
    [
      'RFC 7636 §4.1',
      'a code_verifier with a plus',
      having('code_verifier', `${'a'.repeat(42)}+`),
      400,
      'invalid_grant',
      false,
    ],
    ['RFC 8707 §2.2', 'another resource', also('resource', 'https://other.example/mcp'), 400, 'invalid_target', true],
    ['RFC 8707 §2.2', 'our origin as the resource', also('resource', () => app.origin), 400, 'invalid_target', true],
    ['RFC 6749 §5.2', 'a secret that nobody gave', also('client_secret', 'x'), 400, 'invalid_client', true],
    [
      'RFC 7521 §4.2',
      'an assertion that nobody checks',
      also('client_assertion', 'x.y.z'),
      400,
      'invalid_client',
      true,
    ],
    ['RFC 6749 §5.2', 'a secret in a header', headed({ authorization: 'Basic eDp5' }), 401, 'invalid_client', true],
    ['RFC 6749 §5.2', 'another proof in a header', headed({ authorization: 'DPoP x' }), 401, 'invalid_client', true],
    ['RFC 6749 §4.1.3', 'JSON', headed({ 'content-type': 'application/json' }), 400, 'invalid_request', true],
    [
      'RFC 6749 §4.1.3',
      'a body of no known kind',
      headed({ 'content-type': 'text/plain' }),
      400,
      'invalid_request',
      true,
    ],
    ['RFC 9110 §15.5.14', 'more than 16 KB', also('x', 'y'.repeat(17_000)), 413, 'invalid_request', true],
  ])('%s: %s', async (_, __, change, status, error, codeIsLeft) => {
    const code = await program.code(person)
    const sent = change(exchange(code))
    const { headers, answer, status: refused } = await send(sent)
    expect([refused, answer.error]).toEqual([status, error])
    // RFC 9110 §15.5.2: a 401 says which proof is meant, and RFC 6749 §5.2 that it is the one that was tried.
    const scheme = sent.headers?.authorization?.split(' ')[0]
    expect(headers.get('www-authenticate')).toBe(scheme ? `${scheme} realm="AgentPort"` : null)
    // Whoever asked wrongly asks again; whoever knows the code and not the rest of it had one try.
    expect((await program.exchange(code)).status).toBe(codeIsLeft ? 200 : 400)
  })

  test('RFC 6749 §4.1.2: a minute after the person’s yes', async () => {
    const code = await program.code(person)
    await clock.advance(MINUTE)
    expect(await program.exchange(code)).toMatchObject({ status: 400, error: 'invalid_grant' })
  })

  test('RFC 6749 §4.1.2: after it was exchanged', async () => {
    const code = await program.code(person)
    expect((await program.exchange(code)).status).toBe(200)
    expect(await program.exchange(code)).toMatchObject({ status: 400, error: 'invalid_grant' })
  })

  test('RFC 6749 §3.2: by any method but POST, or from the address', async () => {
    const code = await program.code(person)
    const query = new URLSearchParams(exchange(code))
    for (const method of ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
      const answer = await fetch(`${app.origin}/oauth/token?${query}`, { method })
      expect([method, answer.status >= 400]).toEqual([method, true])
    }
    const posted = await fetch(`${app.origin}/oauth/token?${query}`, { method: 'POST' })
    expect([posted.status, ((await posted.json()) as { error: string }).error]).toEqual([400, 'invalid_request'])
    expect((await program.exchange(code)).status).toBe(200)
  })
})

describe('a code is exchanged', () => {
  test.each<[clause: string, sent: string, change: Change]>([
    ['OAuth 2.1 §10.2', 'without redirect_uri: the verifier says as much', without('redirect_uri')],
    ['RFC 6749 §3.2', 'an empty redirect_uri, as if there were none', having('redirect_uri', '')],
    ['RFC 8707 §2.2', 'our resource', also('resource', () => `${app.origin}/mcp`)],
    ['RFC 6749 §3.2', 'an empty client_secret, as if there were none', also('client_secret', '')],
    ['RFC 6749 §3.2', 'a parameter that nobody knows', also('x', 'y')],
    [
      'RFC 6749 §4.1.3',
      'a charset beside the type',
      headed({ 'content-type': 'application/x-www-form-urlencoded; charset=UTF-8' }),
    ],
  ])('%s: %s', async (_, __, change) => {
    const { status, headers, answer } = await send(change(exchange(await program.code(person))))
    expect([status, Object.keys(answer)]).toEqual([
      200,
      ['access_token', 'token_type', 'expires_in', 'refresh_token', 'scope'],
    ])
    expect(headers.get('pragma')).toBe('no-cache')
    expect(answer).toMatchObject({ token_type: 'Bearer', expires_in: 3600, scope: 'mcp' })
    expect(answer.access_token).toMatch(/^apa_[\w-]{43}$/)
    expect(answer.refresh_token).toMatch(/^apr_[\w-]{43}$/)
  })
})

describe('a refresh token is not exchanged', () => {
  test.each<[clause: string, sent: string, change: Change, error: string]>([
    ['RFC 6749 §6', 'no refresh_token', without('refresh_token'), 'invalid_request'],
    ['RFC 6749 §3.2', 'refresh_token twice', also('refresh_token', 'x'), 'invalid_request'],
    ['RFC 6749 §6', 'no client_id', without('client_id'), 'invalid_request'],
    ['RFC 6749 §5.2', 'an unknown token', having('refresh_token', `apr_${'a'.repeat(43)}`), 'invalid_grant'],
    ['RFC 6749 §5.2', 'an unknown client_id', having('client_id', 'nobody'), 'invalid_client'],
    ['RFC 6749 §6', 'another program', having('client_id', () => another.clientId), 'invalid_grant'],
    ['RFC 8707 §2.2', 'another resource', also('resource', 'https://other.example/mcp'), 'invalid_target'],
    ['RFC 6749 §5.2', 'a secret that nobody gave', also('client_secret', 'x'), 'invalid_client'],
  ])('%s: %s is %s, and the token is left', async (_, __, change, error) => {
    const { refresh_token } = await program.signIn(person)
    const { status, answer } = await send(change(refresh(refresh_token)))
    expect([status, answer.error]).toEqual([400, error])
    expect((await program.refresh(refresh_token)).status).toBe(200)
  })

  test('RFC 6749 §6: an access token, or a code, in its place', async () => {
    const code = await program.code(person)
    const { access_token } = await program.exchange(code)
    for (const token of [access_token, code]) {
      expect(await program.refresh(token)).toMatchObject({ status: 400, error: 'invalid_grant' })
    }
  })
})
