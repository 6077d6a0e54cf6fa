import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { outcome } from '../harness/agent.ts'
import { type App, startApp } from '../harness/app.ts'
import { ModernEnd } from '../harness/modern-end.ts'
import { rawConnection, rawExchange, statuses } from '../harness/raw-connection.ts'
import { ACCEPT_BOTH } from '../harness/wire.ts'

let app: App
let host: string
let key: { id: string; key: string }

beforeAll(async () => {
  app = await startApp()
  host = new URL(app.origin).host
  key = await app.newKey()
})
afterAll(() => app.stop())

const LIST = '{"jsonrpc":"2.0","id":1,"method":"tools/list"}'
const post = (headers: string[], body: string, first = 'POST /mcp HTTP/1.1') =>
  [first, `Host: ${host}`, `X-API-Key: ${key.key}`, ...headers, '', body].join('\r\n')
const smuggled = () => `GET /health HTTP/1.1\r\nHost: ${host}\r\n\r\n`

describe('a request whose end is a matter of opinion is refused, and its connection closed', () => {
  test.each<[string, string[], string]>([
    ['a length beside chunks', ['Content-Length: 4', 'Transfer-Encoding: chunked'], '0\r\n\r\n'],
    ['chunks beside a length', ['Transfer-Encoding: chunked', 'Content-Length: 4'], '0\r\n\r\n'],
    ['two lengths', ['Content-Length: 4', 'Content-Length: 6'], 'abcdef'],
    ['a list of lengths', ['Content-Length: 4, 6'], 'abcdef'],
    ['a signed length', ['Content-Length: +4'], 'abcd'],
    ['a negative length', ['Content-Length: -1'], 'abcd'],
    ['a hexadecimal length', ['Content-Length: 0x4'], 'abcd'],
    ['a length beyond 64 bits', ['Content-Length: 18446744073709551620'], 'abcd'],
    ['a blank before the colon', ['Content-Length : 4'], 'abcd'],
    ['an unknown coding', ['Transfer-Encoding: xchunked'], '0\r\n\r\n'],
    ['a coding before chunks', ['Transfer-Encoding: identity, chunked'], '0\r\n\r\n'],
    ['a coding after chunks', ['Transfer-Encoding: chunked, identity'], '0\r\n\r\n'],
    ['chunks, then another coding', ['Transfer-Encoding: chunked', 'Transfer-Encoding: identity'], '0\r\n\r\n'],
    ['a vertical tab before chunked', ['Transfer-Encoding: \x0bchunked', 'Content-Length: 5'], '0\r\n\r\n'],
    ['a chunk of negative size', ['Transfer-Encoding: chunked'], '-1\r\n\r\n0\r\n\r\n'],
    ['a chunk beyond 64 bits', ['Transfer-Encoding: chunked'], 'FFFFFFFFFFFFFFFFF\r\nabc\r\n0\r\n\r\n'],
    ['a chunk longer than it says', ['Transfer-Encoding: chunked'], '3\r\nabcdef\r\n0\r\n\r\n'],
    ['chunks with bare line feeds', ['Transfer-Encoding: chunked'], '3\nabc\n0\n\n'],
    ['a folded header', ['X-A: one', ' X-API-Key: two', 'Content-Length: 0'], ''],
    ['a bare line feed in a header', ['X-A: one\nContent-Length: 4'], 'abcd'],
    ['a bare carriage return in a header', ['X-A: one\rX-B: two', 'Content-Length: 0'], ''],
    ['a NUL in a header', ['X-A: one\0', 'Content-Length: 0'], ''],
    ['an escape in a header', ['User-Agent: \x1b[2J', 'Content-Length: 0'], ''],
    ['a header without a colon', ['X-A', 'Content-Length: 0'], ''],
    ['a blank in a header’s name', ['X A: one', 'Content-Length: 0'], ''],
  ])('%s', async (_, headers, body) => {
    const connection = rawConnection(app.origin, post(headers, body) + smuggled())
    expect(await connection.closed).toMatch(/^HTTP\/1\.1 400 Bad Request\r\nConnection: close\r\n\r\n$|^$/)
  })

  test('and what is not read of a refused request’s body is no request of its own', async () => {
    const inner = smuggled()
    for (const first of ['POST /mcp HTTP/1.1', 'POST /sign-in HTTP/1.1', 'GET /sign-in HTTP/1.1', 'POST /x HTTP/1.1']) {
      const outer = [first, `Host: ${host}`, `Content-Length: ${inner.length}`, '', inner].join('\r\n')
      const answer = await rawExchange(app.origin, outer)
      expect([first, statuses(answer).length, answer.includes('"version"')]).toEqual([first, 1, false])
    }
  })
})

describe('a request that is called by two names, or by none, is nobody’s', () => {
  test.each([
    ['Host twice', () => ['GET /sign-in HTTP/1.1', `Host: ${host}`, 'Host: evil.example'], 421],
    ['Host twice, the foreign one first', () => ['GET /sign-in HTTP/1.1', 'Host: evil.example', `Host: ${host}`], 421],
    ['no Host', () => ['GET /sign-in HTTP/1.1', 'X-A: one'], 400],
    ['no Host, in an older protocol', () => ['GET /sign-in HTTP/1.0', `X-API-Key: ${key.key}`], 421],
    [
      'ours in the first line, a foreign Host',
      () => [`GET http://${host}/sign-in HTTP/1.1`, 'Host: evil.example'],
      421,
    ],
    ['no path', () => ['GET  HTTP/1.1', `Host: ${host}`], 400],
    ['a tunnel', () => ['CONNECT evil.example:443 HTTP/1.1', `Host: ${host}`], 403],
  ])('%s', async (_, lines, status) => {
    const answer = await rawExchange(app.origin, [...lines(), '', ''].join('\r\n'))
    expect(statuses(answer)).toEqual([status])
  })

  test('headers that claim another name, path or method change nothing', async () => {
    const claims = [
      'X-Forwarded-Host: evil.example',
      'X-Forwarded-Proto: https',
      'Forwarded: host=evil.example;proto=https',
      'X-Original-URL: /agents',
      'X-Rewrite-URL: /agents',
      'X-HTTP-Method-Override: POST',
    ]
    const at = (name: string, path: string) =>
      rawExchange(app.origin, [`GET ${path} HTTP/1.1`, `Host: ${name}`, ...claims, '', ''].join('\r\n'))
    const led = await at(`127.0.0.1:${new URL(app.origin).port}`, '/agents')
    expect(led).toContain(`Location: ${app.origin}/agents\r\n`)
    const page = await at(host, '/sign-in')
    expect(statuses(page)).toEqual([200])
    expect(page).not.toContain('evil.example')
  })

  test('TRACE gives back none of what was sent', async () => {
    for (const path of ['/mcp', '/sign-in', '/']) {
      const lines = [
        `TRACE ${path} HTTP/1.1`,
        `Host: ${host}`,
        `X-API-Key: ${key.key}`,
        'Cookie: a=secret-cookie',
        '',
        '',
      ]
      const answer = await rawExchange(app.origin, lines.join('\r\n'))
      expect(statuses(answer)[0]).toBeGreaterThan(399)
      expect(answer).not.toContain(key.key)
      expect(answer).not.toContain('secret-cookie')
    }
  })
})

describe('two credentials in one request', () => {
  const status = async (...credentials: string[]) => {
    const lines = ['POST /mcp HTTP/1.1', `Host: ${host}`, ...credentials, 'Content-Type: application/json']
    const answer = await rawExchange(
      app.origin,
      [...lines, `Accept: ${ACCEPT_BOTH}`, `Content-Length: ${LIST.length}`, '', LIST].join('\r\n'),
    )
    return statuses(answer)[0] === 400 && answer.includes('Mcp-Session-Id') ? 'let in' : statuses(answer)[0]
  }

  test('that name two principals are both refused, in whatever order', async () => {
    const other = (await app.newKey('other')).key
    for (const [a, b] of [
      [key.key, other],
      [other, key.key],
      [key.key, 'an OAuth token'],
      [key.key, 'ap_unknown'],
      ['ap_unknown', key.key],
    ]) {
      expect(await status(`X-API-Key: ${a}`, `Authorization: Bearer ${b}`)).toBe(400)
      expect(await status(`Authorization: bearer ${b}`, `X-API-Key: ${a}`)).toBe(400)
    }
  })

  test('in one header are none', async () => {
    const other = (await app.newKey('third')).key
    expect(await status(`X-API-Key: ${key.key}`, `X-API-Key: ${other}`)).toBe(401)
    expect(await status(`X-API-Key: ${key.key}, ${other}`)).toBe(401)
    expect(await status(`Authorization: Bearer ${key.key}`, `Authorization: Bearer ${other}`)).toBe(401)
    expect(await status(`Authorization: Bearer ${key.key} ${other}`)).toBe(401)
  })

  test('that are the same are one, and what a proxy in front asks for is none of ours', async () => {
    expect(await status(`X-API-Key: ${key.key}`, `Authorization: Bearer ${key.key}`)).toBe('let in')
    expect(await status(`X-API-Key: ${key.key}`, `Authorization: Basic ${btoa('proxy:password')}`)).toBe('let in')
  })
})

test('an agent cannot choose the address that it is logged with', async () => {
  const { id, key: its } = await app.newKey('spoofer')
  for (const header of ['X-Forwarded-For', 'X-Real-IP', 'Forwarded', 'CF-Connecting-IP', 'True-Client-IP']) {
    const lines = ['POST /mcp HTTP/1.1', `Host: ${host}`, `X-API-Key: ${its}`, `${header}: for=6.6.6.6, 6.6.6.6`]
    await rawExchange(app.origin, [...lines, 'Content-Length: 2', '', '{}'].join('\r\n'))
  }
  const seen = (await app.rooms.identity.agents.list(app.userId)).find((each) => each.id === id)
  expect(seen?.lastUsedFrom).toBe('127.0.0.1')
})

describe('headers beyond 16 KB are refused, and the server goes on', () => {
  test.each([
    ['one', () => `GET /health HTTP/1.1\r\nHost: ${host}\r\nX-A: ${'a'.repeat(20_000)}\r\n\r\n`],
    ['many', () => `GET /health HTTP/1.1\r\nHost: ${host}\r\n${'X-A: b\r\n'.repeat(3_000)}\r\n`],
    ['a path', () => `GET /${'a'.repeat(20_000)} HTTP/1.1\r\nHost: ${host}\r\n\r\n`],
    ['one without an end', () => `GET /health HTTP/1.1\r\nHost: ${host}\r\nX-A: ${'a'.repeat(1_000_000)}`],
  ])('%s', async (_, bytes) => {
    const connection = rawConnection(app.origin, bytes())
    expect(await connection.closed).toMatch(/^HTTP\/1\.1 431 |^$/)
    expect((await fetch(`${app.origin}/health`)).status).toBe(200)
  })
})

describe('arguments that a tool wants mirrored into headers', () => {
  const mirrored = (header: string) => ({
    name: 'run',
    inputSchema: { type: 'object' as const, properties: { region: { type: 'string', 'x-mcp-header': header } } },
  })

  async function callWith(header: string, region: string) {
    const far = new ModernEnd([mirrored(header)]).start()
    const slug = `m${crypto.randomUUID().slice(0, 8)}`
    try {
      await app.install(slug, far.url)
      await app.setPolicy(slug, 'run', 'allow')
      const agent = await app.agent()
      const result = await agent.call(slug, 'run', { region })
      await agent.close()
      return { result, call: far.calls[0], names: [...(far.calls[0]?.headers.keys() ?? [])] }
    } finally {
      await far.stop()
    }
  }

  test.each([
    'eu\r\nX-Injected: 1',
    'eu\nX-Injected: 1',
    'eu\r\n\r\nGET /x HTTP/1.1',
    'eu\0',
    'ÿ',
    'büro 翻訳 😀',
    '\u202eeu',
    ' eu ',
    '',
    '=?base64?eA==?=',
    'a'.repeat(5_000),
  ])('arrive as one value and nothing beside it: %j', async (region) => {
    const { result, call, names } = await callWith('Region', region)
    expect(outcome(result)).toBe('executed')
    expect(call?.arguments).toEqual({ region })
    expect(names.filter((name) => name.startsWith('mcp-param-'))).toEqual(['mcp-param-region'])
    expect(names).not.toContain('x-injected')
    const sent = call?.headers.get('mcp-param-region') ?? ''
    const packed = /^=\?base64\?(.*)\?=$/.exec(sent)?.[1]
    expect(packed === undefined ? sent : Buffer.from(packed, 'base64').toString()).toBe(region)
  })

  test.each(['X\r\nX-Injected', 'X: 1\r\nX-Injected', 'with space', '', 'ü', 'a:b'])(
    'under a name that no header has, are not sent at all: %j',
    async (header) => {
      const far = new ModernEnd([mirrored(header), { ...mirrored('Region'), name: 'other' }]).start()
      const slug = `m${crypto.randomUUID().slice(0, 8)}`
      const { id } = await app.install(slug, far.url)
      const kept = await app.rooms.upstreams.tools(id)
      expect(kept.map(({ definition }) => definition.name)).toEqual(['other'])
      await far.stop()
    },
  )

  test.each(['Authorization', 'Host', 'Cookie', 'Content-Length', 'X-API-Key'])(
    'cannot pass for the header %s',
    async (header) => {
      const { call } = await callWith(header, 'forged')
      expect(call?.headers.get(header)).not.toBe('forged')
      expect(call?.headers.get(`mcp-param-${header}`)).toBe('forged')
    },
  )
})
