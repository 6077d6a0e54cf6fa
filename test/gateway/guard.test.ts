import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { type App, startApp } from '../harness/app.ts'
import { rawConnection } from '../harness/raw-connection.ts'
import { ACCEPT_BOTH, lastMessage, Wire } from '../harness/wire.ts'

let app: App
let key: string

beforeAll(async () => {
  app = await startApp()
  key = (await app.newKey()).key
})
afterAll(() => app.stop())

const METHODS = ['POST', 'GET', 'DELETE', 'OPTIONS', 'HEAD', 'PUT', 'PATCH'] as const
const LIST = '{"jsonrpc":"2.0","id":1,"method":"tools/list"}'
const challenge = () => `Bearer resource_metadata="${app.origin}/.well-known/oauth-protected-resource/mcp"`

/** A whole request in our own bytes, since fetch decides about Host itself. */
const raw = (lines: string[], body = ''): Promise<string> =>
  rawConnection(app.origin, [...lines, `Content-Length: ${body.length}`, 'Connection: close', '', body].join('\r\n'))
    .closed
const statusLine = (answer: string) => answer.split('\r\n')[0]

describe.each([...METHODS])('%s /mcp', (method) => {
  test('with a foreign Host is misdirected, whatever the key', async () => {
    const { port } = new URL(app.origin)
    for (const host of ['evil.example', `evil.example:${port}`, `localhost.evil.example:${port}`, 'localhost:1']) {
      const answer = await raw(
        [`${method} /mcp HTTP/1.1`, `Host: ${host}`, `X-API-Key: ${key}`, `Accept: ${ACCEPT_BOTH}`],
        method === 'POST' ? LIST : '',
      )
      expect(statusLine(answer)).toBe('HTTP/1.1 421 Misdirected Request')
    }
  })

  test('from a page of a foreign origin is forbidden, whatever the key', async () => {
    const { port } = new URL(app.origin)
    for (const origin of [
      'https://evil.example',
      `http://evil.example:${port}`,
      'http://localhost:1',
      `https://localhost:${port}`,
      `http://localhost.evil.example:${port}`,
      'null',
    ]) {
      const response = await new Wire(app.origin, key).send(LIST, { origin }, method)
      expect(response.status).toBe(403)
      expect(response.headers.get('access-control-allow-origin')).toBeNull()
    }
  })

  test('without a credential is 401 and says where to sign in', async () => {
    const response = await new Wire(app.origin, null).send(LIST, {}, method)
    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toBe(challenge())
  })

  test('with a wrong key is 401 too, and says that it is no good', async () => {
    for (const wrong of [
      'ap_',
      `${key}x`,
      key.slice(0, -1),
      key.toUpperCase(),
      'sk_live_123',
      `ap_${'A'.repeat(43)}`,
    ]) {
      const response = await new Wire(app.origin, wrong).send(LIST, {}, method)
      expect(response.status).toBe(401)
      expect(response.headers.get('www-authenticate')).toBe(
        challenge().replace('Bearer ', 'Bearer error="invalid_token", '),
      )
    }
  })
})

test('our own names are let in, with and without Origin', async () => {
  const { port } = new URL(app.origin)
  for (const host of [`localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`, `LOCALHOST:${port}`]) {
    const wire = ['POST /mcp HTTP/1.1', `Host: ${host}`, `X-API-Key: ${key}`, 'Content-Type: application/json']
    const answer = await raw([...wire, `Accept: ${ACCEPT_BOTH}`, `Origin: http://${host.toLowerCase()}`], LIST)
    expect(statusLine(answer)).toBe('HTTP/1.1 400 Bad Request')
    expect(answer).toContain('Mcp-Session-Id')
  }
})

test('the error of the guard is JSON-RPC, so that clients show its words', async () => {
  const message = await lastMessage(await new Wire(app.origin, null).send(LIST))
  expect(message).toEqual({
    jsonrpc: '2.0',
    error: {
      code: -32000,
      message: 'Sign in by OAuth, or send an API key in the X-API-Key header or as a Bearer token.',
    },
    id: null,
  })
})

test('a key works in X-API-Key and as Bearer, in any case of the scheme', async () => {
  const status = async (headers: Record<string, string>) => {
    const response = await new Wire(app.origin, null).send(LIST, headers)
    return response.status
  }
  // 400: past the guard, and only a session is missing.
  expect(await status({ 'x-api-key': key })).toBe(400)
  expect(await status({ authorization: `Bearer ${key}` })).toBe(400)
  expect(await status({ authorization: `bearer ${key}` })).toBe(400)
  expect(await status({ authorization: `Basic ${btoa(`${key}:`)}` })).toBe(401)
  expect(await status({ authorization: key })).toBe(401)
  expect(await status({ cookie: `api_key=${key}` })).toBe(401)
})

test('a key in the query string is no credential', async () => {
  for (const name of ['api_key', 'key', 'access_token', 'X-API-Key', 'token']) {
    const response = await fetch(`${app.origin}/mcp?${name}=${key}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: ACCEPT_BOTH },
      body: LIST,
    })
    expect(response.status).toBe(401)
  }
})

test('a signed-in person’s cookie is no credential for /mcp', async () => {
  const person = await app.person()
  const response = await new Wire(app.origin, null).send(LIST, { cookie: person.cookie })
  expect(response.status).toBe(401)
})

test('a path beside /mcp does not lead to it', async () => {
  for (const path of ['/mcp/', '/mcp/x', '/MCP', '//mcp', '/mcp;x', '/%6dcp']) {
    const answer = await raw(
      [
        `POST ${path} HTTP/1.1`,
        `Host: ${new URL(app.origin).host}`,
        'Content-Type: application/json',
        `Accept: ${ACCEPT_BOTH}`,
      ],
      LIST,
    )
    // Never a JSON-RPC answer to a stranger.
    expect(answer).not.toContain('"result"')
    expect(statusLine(answer)).toMatch(/ (401|403|404) /)
  }
})
