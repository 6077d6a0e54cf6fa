import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { type App, startApp } from '../harness/app.ts'
import { OAuthProgram, REDIRECT, waysOut } from '../harness/oauth-program.ts'
import type { Person } from '../harness/person.ts'
import { allRows } from '../harness/tables.ts'

let app: App
let person: Person
let program: OAuthProgram

beforeAll(async () => {
  app = await startApp()
  person = await app.person()
  program = new OAuthProgram(app.origin)
  await program.register()
})
afterAll(() => app.stop())

type Change = (request: URLSearchParams) => void
const without =
  (name: string): Change =>
  (request) =>
    request.delete(name)
const having =
  (name: string, value: string | (() => string)): Change =>
  (request) =>
    request.set(name, typeof value === 'string' ? value : value())
const also =
  (name: string, value: string | (() => string)): Change =>
  (request) =>
    request.append(name, typeof value === 'string' ? value : value())

const twice =
  (name: string): Change =>
  (request) => {
    request.append(name, 'mcp')
    request.append(name, 'mcp')
  }

function changed(change: Change, of = program): URLSearchParams {
  const request = of.request()
  change(request)
  return request
}
const ask = (request: URLSearchParams) => person.get(`/oauth/authorize?${request}`)
const allow = (request: URLSearchParams) =>
  person.post('/oauth/authorize', new URLSearchParams([...request, ['decision', 'allow'], ['reach', 'all']]))

/** It is not known where an answer could go, so nobody is led anywhere. */
describe('of these requests only the person is told', () => {
  test.each<[clause: string, sent: string, change: Change, words: string]>([
    ['RFC 6749 §4.1.2.1', 'no client_id', without('client_id'), 'does not name one program'],
    ['RFC 6749 §3.1', 'an empty client_id', having('client_id', ''), 'does not name one program'],
    ['RFC 6749 §3.1', 'client_id twice', also('client_id', () => program.clientId), 'does not name one program'],
    ['RFC 6749 §4.1.2.1', 'an unknown client_id', having('client_id', 'nobody'), 'not known here'],
    [
      'RFC 6749 §4.1.2.1',
      'a redirect_uri that is not registered',
      having('redirect_uri', 'https://evil.example/'),
      'not one that this program has registered',
    ],
    ['RFC 6749 §3.1', 'redirect_uri twice, the same', also('redirect_uri', REDIRECT), 'given more than once'],
    ['RFC 6749 §3.1', 'redirect_uri twice', also('redirect_uri', 'https://evil.example/'), 'given more than once'],
  ])('%s: %s', async (_, __, change, words) => {
    const before = allRows(app.dataDir)
    for (const act of [ask, allow]) {
      const response = await act(changed(change))
      const text = await response.text()
      expect([response.status, response.headers.get('location'), waysOut(text)]).toEqual([
        400,
        null,
        { byItself: null, links: [] },
      ])
      expect(text).toContain(words)
    }
    expect(allRows(app.dataDir)).toEqual(before)
  })
})

/** The person is told, and may carry the error to the program by a link; nobody is sent by themselves (RFC 9700 §4.11.2). */
describe('of these requests the program can be told', () => {
  test.each<[clause: string, sent: string, change: Change, error: string]>([
    ['RFC 6749 §3.1.1', 'no response_type', without('response_type'), 'invalid_request'],
    ['RFC 6749 §3.1', 'an empty response_type', having('response_type', ''), 'invalid_request'],
    ['RFC 6749 §3.1', 'response_type twice', also('response_type', 'code'), 'invalid_request'],
    ['OAuth 2.1 §10.1', 'response_type=token', having('response_type', 'token'), 'unsupported_response_type'],
    ['RFC 6749 §3.1.1', 'two response types', having('response_type', 'code token'), 'unsupported_response_type'],
    ['RFC 6749 §3.1.1', 'response_type=CODE', having('response_type', 'CODE'), 'unsupported_response_type'],
    ['RFC 8414 §2', 'response_mode=fragment', having('response_mode', 'fragment'), 'invalid_request'],
    ['RFC 8414 §2', 'response_mode=form_post', having('response_mode', 'form_post'), 'invalid_request'],
    ['RFC 6749 §3.1', 'state twice', also('state', 'another'), 'invalid_request'],
    ['RFC 6749 §3.1', 'scope twice', twice('scope'), 'invalid_request'],
    ['RFC 6749 §4.1.2.1', 'a state of 4,001 characters', having('state', 's'.repeat(4_001)), 'invalid_request'],
    ['RFC 7636 §4.4.1', 'no code_challenge', without('code_challenge'), 'invalid_request'],
    ['RFC 7636 §4.4.1', 'code_challenge_method=plain', having('code_challenge_method', 'plain'), 'invalid_request'],
    [
      'RFC 7636 §4.3',
      'no code_challenge_method, which means plain',
      without('code_challenge_method'),
      'invalid_request',
    ],
    ['RFC 7636 §4.4.1', 'code_challenge_method=s256', having('code_challenge_method', 's256'), 'invalid_request'],
    [
      'RFC 7636 §4.2',
      'a code_challenge too short for a hash',
      having('code_challenge', 'a'.repeat(42)),
      'invalid_request',
    ],
    [
      'RFC 7636 §4.2',
      'a code_challenge too long for a hash',
      having('code_challenge', 'a'.repeat(44)),
      'invalid_request',
    ],
    ['RFC 7636 §4.2', 'a padded code_challenge', having('code_challenge', `${'a'.repeat(42)}=`), 'invalid_request'],
    ['RFC 6749 §3.1', 'code_challenge twice', also('code_challenge', 'a'.repeat(43)), 'invalid_request'],
    ['RFC 8707 §2', 'another resource', having('resource', 'https://other.example/mcp'), 'invalid_target'],
    ['RFC 8707 §2', 'our resource and another', also('resource', 'https://other.example/mcp'), 'invalid_target'],
    ['RFC 8707 §2', 'our origin without the path', having('resource', () => app.origin), 'invalid_target'],
    ['RFC 8707 §2', 'our resource with a fragment', having('resource', () => `${app.origin}/mcp#x`), 'invalid_target'],
    ['RFC 8707 §2', 'our resource with a query', having('resource', () => `${app.origin}/mcp?x`), 'invalid_target'],
    ['RFC 8707 §2', 'our resource on another port', having('resource', 'http://localhost:1/mcp'), 'invalid_target'],
    ['RFC 9101 §7', 'a request object', having('request', 'eyJhbGciOiJub25lIn0.e30.'), 'request_not_supported'],
    [
      'RFC 9101 §7',
      'a link to a request object',
      having('request_uri', 'https://evil.example/request.jwt'),
      'request_uri_not_supported',
    ],
  ])('%s: %s is %s', async (_, __, change, error) => {
    const before = allRows(app.dataDir)
    for (const act of [ask, allow]) {
      const request = changed(change)
      const response = await act(request)
      const { byItself, links } = waysOut(await response.text())
      expect([response.status, response.headers.get('location'), byItself, links.length]).toEqual([400, null, null, 1])
      const link = new URL(links[0] ?? '')
      expect(link.href).toStartWith(`${REDIRECT}?`)
      expect(link.searchParams.get('error')).toBe(error)
      expect(link.searchParams.get('iss')).toBe(app.origin)
      expect(link.searchParams.get('code')).toBeNull()
      const state = request.getAll('state')
      expect(link.searchParams.get('state')).toBe(state.length === 1 && state[0] === 'the state' ? 'the state' : null)
      // RFC 6749 §4.1.2.1: a description is plain ASCII without quotes and backslashes.
      expect(link.searchParams.get('error_description')).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/)
    }
    expect(allRows(app.dataDir)).toEqual(before)
  })

  test('OAuth 2.1 §2.3.2: a program with two addresses has to say which', async () => {
    const two = new OAuthProgram(app.origin)
    await two.register({ redirect_uris: [REDIRECT, 'https://two.example/callback'] })
    const response = await ask(changed(without('redirect_uri'), two))
    expect([response.status, waysOut(await response.text())]).toEqual([400, { byItself: null, links: [] }])
  })
})

describe('these requests are put to the person', () => {
  test.each<[clause: string, sent: string, change: Change]>([
    ['RFC 6749 §4.1.1', 'no state', without('state')],
    ['RFC 6749 §3.1', 'an empty state, as if there were none', having('state', '')],
    ['RFC 6749 §4.1.1', 'a state of 4,000 characters', having('state', 's'.repeat(4_000))],
    ['OAuth 2.1 §2.3.2', 'no redirect_uri, of a program that has one only', without('redirect_uri')],
    ['RFC 6749 §3.1', 'an empty redirect_uri, as if there were none', having('redirect_uri', '')],
    ['RFC 8414 §2', 'response_mode=query', having('response_mode', 'query')],
    ['RFC 6749 §3.1', 'an empty response_mode', having('response_mode', '')],
    ['RFC 6749 §3.3', 'any scope: the answer says what is given', having('scope', 'mcp offline_access admin')],
    ['RFC 8707 §2', 'no resource: there is only one', without('resource')],
    ['RFC 8707 §2', 'our resource twice', also('resource', () => `${app.origin}/mcp`)],
    ['RFC 8707 §2', 'our resource with a slash at its end', having('resource', () => `${app.origin}/mcp/`)],
    ['RFC 6749 §3.1', 'parameters that nobody knows, also twice', twice('x')],
  ])('%s: %s', async (_, __, change) => {
    const request = changed(change)
    const shown = await ask(request)
    expect([shown.status, (await shown.text()).includes('A program asks to sign in')]).toEqual([200, true])
    const answered = await allow(request)
    const { byItself } = waysOut(await answered.text())
    const led = new URL(byItself ?? '')
    expect([answered.status, led.origin + led.pathname]).toEqual([200, REDIRECT])
    expect(led.searchParams.get('code')).toMatch(/^[\w-]{43}$/)
    expect(led.searchParams.get('state')).toBe(request.get('state') || null)
    expect(led.searchParams.get('iss')).toBe(app.origin)
    const tokens = await program.exchange(led.searchParams.get('code') ?? '')
    expect([tokens.status, tokens.scope]).toEqual([200, 'mcp'])
  })
})

test('RFC 6749 §4.1.2: state comes back as it was sent, each character', async () => {
  const state = `a b+c&d=e%2F"'<>\\ ~ñ 雪 {"a":[1]}`
  const { led } = await program.answer(person, { decision: 'allow' }, { state })
  expect(led?.searchParams.get('state')).toBe(state)
})

test('RFC 6749 §3.1.2: the query of a registered address stays, and the answer follows it', async () => {
  const other = new OAuthProgram(app.origin)
  const address = 'https://two.example/callback?tenant=a%20b&x='
  await other.register({ redirect_uris: [address] })
  const { led } = await other.answer(person, { decision: 'allow' }, { redirect_uri: address })
  expect(led?.href).toStartWith(`${address}&code=`)
})

test('RFC 6749 §4.1.1: a person who is not signed in does so first, and comes back to the same request', async () => {
  const path = program.authorizePath()
  const response = await fetch(app.origin + path, { redirect: 'manual' })
  expect(response.status).toBe(303)
  expect(response.headers.get('location')).toBe(`/sign-in?return_to=${encodeURIComponent(path)}`)
})

test('what a request says nowhere becomes a sentence of ours', async () => {
  const words = 'Call 555-0199 to unlock your account'
  for (const change of [
    also('state', words),
    also(words, words),
    having('response_type', words),
    having('scope', words),
  ]) {
    const response = await ask(changed(change))
    expect((await response.text()).replace(/<(?:"[^"]*"|[^">])*>/g, '')).not.toContain('555-0199')
  }
})
