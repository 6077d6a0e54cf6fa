import { describe, expect, test } from 'bun:test'
import { checkOpened, openedFor } from '../../src/upstreams/connection.ts'
import { mirrorsCleanly } from '../../src/upstreams/mirrored-headers.ts'
import { flawOfAnswer, readAnswer } from '../../src/upstreams/oauth/answer.ts'
import { isDue, isOver, readTokens } from '../../src/upstreams/oauth/grant.ts'
import { readScopes, scopeToAskFor, widerScope } from '../../src/upstreams/oauth/scopes.ts'

describe('scopes', () => {
  test('are read once each; what is none is left out, and so is what is too many', () => {
    expect(readScopes('a b  a c')).toEqual(['a', 'b', 'c'])
    expect(readScopes('a"b c\\d é x\u0007y ok')).toEqual(['ok'])
    expect(readScopes(null)).toEqual([])
    expect(readScopes(Array.from({ length: 200 }, (_, n) => `s${n}`).join(' '))).toHaveLength(100)
    expect(readScopes('x'.repeat(257))).toEqual([])
  })

  test('to ask for are those of the challenge, else of the resource, else none', () => {
    const sources = { challenge: null, supportedByResource: undefined, supportedByServer: undefined, wider: null }
    expect(scopeToAskFor(sources)).toBeUndefined()
    expect(scopeToAskFor({ ...sources, supportedByResource: ['r', 's'] })).toBe('r s')
    expect(scopeToAskFor({ ...sources, challenge: 'c', supportedByResource: ['r'] })).toBe('c')
    expect(scopeToAskFor({ ...sources, challenge: 'c', wider: 'c w' })).toBe('c w')
    expect(scopeToAskFor({ ...sources, challenge: 'c', supportedByServer: ['c', 'offline_access'] })).toBe(
      'c offline_access',
    )
    // Alone it would ask for less than leaving the scope to the server does.
    expect(scopeToAskFor({ ...sources, supportedByServer: ['offline_access'] })).toBeUndefined()
  })

  test('that a refused call needs are asked for beside what was granted, and only if something is missing', () => {
    expect(widerScope('read', null, 'write')).toBe('read write')
    expect(widerScope('read', 'admin', 'write')).toBe('admin read write')
    expect(widerScope('read write', null, 'write')).toBeNull()
    expect(widerScope(null, null, null)).toBeNull()
    expect(widerScope(null, null, 'a')).toBe('a')
  })
})

describe('an access token', () => {
  const bearer = { access_token: 'a', token_type: 'Bearer' }

  test('is due a minute before its end, or when a tenth of a short life is left', () => {
    const hour = { issuedAt: 0, expiresAt: 3_600_000 }
    expect([3_539_999, 3_540_000].map((now) => isDue(hour, now))).toEqual([false, true])
    const short = { issuedAt: 1_000, expiresAt: 11_000 }
    expect([9_999, 10_000].map((now) => isDue(short, now))).toEqual([false, true])
    expect([10_999, 11_000].map((now) => isOver(short, now))).toEqual([false, true])
    const endless = { issuedAt: 0, expiresAt: null }
    expect([isDue(endless, 1e15), isOver(endless, 1e15)]).toEqual([false, false])
  })

  test('is taken with whatever end the server tells', () => {
    expect(readTokens({ ...bearer, expires_in: 60 }, 5)).toEqual({
      accessToken: 'a',
      refreshToken: null,
      issuedAt: 5,
      expiresAt: 60_005,
      scope: null,
    })
    for (const expires_in of [0, -1, Number.NaN, Number.POSITIVE_INFINITY])
      expect(readTokens({ ...bearer, expires_in }, 5).expiresAt).toBeNull()
    expect(readTokens({ ...bearer, token_type: 'bearer', refresh_token: '' }, 5).refreshToken).toBeNull()
  })

  test.each([
    { ...bearer, token_type: 'DPoP' },
    { ...bearer, access_token: 'a\r\nX-Evil: 1' },
    { ...bearer, access_token: 'a b' },
    { ...bearer, access_token: '' },
    { ...bearer, access_token: 'é' },
    { ...bearer, access_token: 'x'.repeat(16_001) },
  ])('is refused where it is none that could be sent: %j', (tokens) => {
    expect(() => readTokens(tokens, 0)).toThrow('a token of a kind that cannot be used here')
  })
})

describe('an answer of a service', () => {
  const state = 'S'.repeat(43)
  const server = {
    issuer: 'https://as.example',
    authorization_endpoint: 'https://as.example/a',
    token_endpoint: 'https://as.example/t',
    response_types_supported: ['code'],
  }
  const tells = { ...server, authorization_response_iss_parameter_supported: true }
  const read = (params: Record<string, string>) => readAnswer(new URLSearchParams({ state, ...params }))
  const reason = (params: Record<string, string>, of = server) => {
    const answer = read(params)
    return answer && (flawOfAnswer(answer, of)?.reason ?? null)
  }

  test('has to name a state of ours', () => {
    for (const other of ['', 'short', `${state}x`, 'S'.repeat(42).concat('!')])
      expect(read({ state: other })).toBeNull()
    const twice = new URLSearchParams([
      ['state', state],
      ['state', state],
    ])
    expect(readAnswer(twice)).toBeNull()
  })

  test('comes from the server that was asked, to the letter, wherever it says who it is or has to', () => {
    expect(reason({ code: 'c' })).toBeNull()
    expect(reason({ code: 'c' }, tells)).toBe('other_issuer')
    expect(reason({ code: 'c', iss: server.issuer }, tells)).toBeNull()
    for (const iss of ['https://as.example/', 'https://AS.example', 'https://evil.example', ''])
      expect([iss, reason({ code: 'c', iss })]).toEqual([iss, 'other_issuer'])
    expect(reason({ error: 'access_denied', iss: 'https://evil.example' })).toBe('other_issuer')
  })

  test('brings a code, or says why not in a word that can be written down', () => {
    expect(reason({})).toBe('no_code')
    expect(reason({ code: '' })).toBe('no_code')
    expect(reason({ code: 'x'.repeat(8_001) })).toBe('no_code')
    expect(reason({ error: 'access_denied' })).toBe('access_denied')
    expect(reason({ error: 'server_error', code: 'c' })).toBe('server_error')
    expect(reason({ error: 'Some <b>thing</b>\nelse' })).toBe('an unknown error')
  })
})

describe('what an owner opened', () => {
  test('is one host and port, as a URL has them', () => {
    expect(checkOpened('login.lan:443')).toBe('login.lan:443')
    expect(checkOpened('LOGIN.lan:8443')).toBe('login.lan:8443')
    expect(checkOpened('[::1]:9000')).toBe('[::1]:9000')
    expect(checkOpened('2130706433:80')).toBe('127.0.0.1:80')
    for (const place of ['login.lan', 'login.lan:', 'https://login.lan:443', 'a:1/x', 'a:1?x', 'a@b:1', 'a:1 b:2', ''])
      expect(() => checkOpened(place)).toThrow('as HOST:PORT')
  })

  test('opens that and nothing beside it', () => {
    const opened = '127.0.0.1:80 login.lan:443'
    expect(openedFor(new URL('http://127.0.0.1/x'), opened)).toBe('127.0.0.1:80')
    expect(openedFor(new URL('https://login.lan/x'), opened)).toBe('login.lan:443')
    for (const url of ['https://127.0.0.1/', 'http://login.lan/', 'http://27.0.0.1/', 'https://n.lan/'])
      expect(openedFor(new URL(url), opened)).toBeNull()
    expect(openedFor(new URL('http://127.0.0.1/'), null)).toBeNull()
  })
})

describe('arguments that a tool wants mirrored into headers', () => {
  const marked = (mark: unknown, type: unknown = 'string') => ({ type, 'x-mcp-header': mark })

  test.each<[string, unknown]>([
    ['none', { type: 'object', properties: { a: { type: 'string' } } }],
    ['no schema', undefined],
    ['one', { properties: { a: marked('Region') } }],
    ['of each plain type', { properties: { a: marked('A'), b: marked('B', 'integer'), c: marked('C', 'boolean') } }],
    ['one further down', { properties: { a: { properties: { b: marked('B') } } } }],
  ])('are fine: %s', (_, schema) => expect(mirrorsCleanly(schema)).toBe(true))

  test.each<[string, unknown]>([
    ['no name', { properties: { a: marked('') } }],
    ['no string', { properties: { a: marked(7) } }],
    ['no header name', { properties: { a: marked('a b') } }],
    ['a line break', { properties: { a: marked('a\r\nb') } }],
    ['a number', { properties: { a: marked('A', 'number') } }],
    ['an object', { properties: { a: marked('A', 'object') } }],
    ['no type', { properties: { a: { 'x-mcp-header': 'A' } } }],
    ['one name twice', { properties: { a: marked('Region'), b: marked('REGION') } }],
    ['the whole', marked('A', 'object')],
    ['an item', { properties: { a: { type: 'array', items: marked('A') } } }],
    ['a choice', { properties: { a: { oneOf: [marked('A')] } } }],
    ['something defined elsewhere', { $defs: { a: marked('A') } }],
    ['an argument of a pattern', { patternProperties: { a: marked('A') } }],
    ['below an item', { items: { properties: { a: marked('A') } } }],
  ])('make a tool that cannot be called: %s', (_, schema) => expect(mirrorsCleanly(schema)).toBe(false))
})
