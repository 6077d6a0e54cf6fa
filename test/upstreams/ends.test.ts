import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import type { Socket } from 'node:net'
import { sql } from 'drizzle-orm'
import { createOutbound } from '../../src/lib/outbound.ts'
import { type Agent, outcome, text } from '../harness/agent.ts'
import { type App, startApp } from '../harness/app.ts'
import { FAR_TEST_TLS } from '../harness/certificates.ts'
import { freePort } from '../harness/everything.ts'
import { FarEnd, rpcError } from '../harness/far-end.ts'
import { type RawServer, startRawServer } from '../harness/raw-server.ts'

let app: App
let far: FarEnd
let agent: Agent
let connectionId = ''
let raw: RawServer | null = null
/** Where the one POST of a tool call is led instead, when set. */
let divertCalls: string | null = null
let addresses: string[] = ['127.0.0.1']
const real = createOutbound({ resolve: async () => addresses })

beforeAll(async () => {
  far = new FarEnd().start()
  app = await startApp({
    outbound: (url, init, limits) => {
      const diverted = divertCalls !== null && String(init.body).includes('"tools/call"') ? divertCalls : null
      if (diverted === null) return real(url, init, limits)
      return real(diverted, init, { ...limits, allowedPrivate: new URL(diverted).host })
    },
  })
  await install()
  agent = await app.agent()
})
async function install(): Promise<void> {
  connectionId = (await app.install('far', `http://far.test:${far.port}/mcp`)).id
  await app.setPolicy('far', 'run', 'allow')
}
afterAll(async () => {
  await agent.close()
  await app.stop()
  await far.stop()
})
/** Several failures in a row would keep the next call back; here each is the first of its connection. */
beforeEach(async () => {
  await app.rooms.upstreams.remove(connectionId, 'operator')
  await install()
})
afterEach(async () => {
  divertCalls = null
  addresses = ['127.0.0.1']
  await raw?.stop()
  raw = null
})

/** That a call ends so, in these words and none of the server's, sent so often, and long before the time limit. */
async function endsAs(word: 'failed' | 'unknown', words: string, sent: number): Promise<void> {
  const before = far.calls.length
  const started = performance.now()
  const result = await agent.call('far', 'run', { secret: 'argument-value' })
  expect(performance.now() - started).toBeLessThan(2_000)
  expect(outcome(result)).toBe(word)
  expect(result.isError).toBe(true)
  expect(text(result)).toContain(words)
  expect(text(result)).not.toMatch(/upstream-words|argument-value/)
  expect(far.calls.length - before + (raw?.requests.length ?? 0)).toBe(sent)
}

async function divertTo(answer: (socket: Socket) => void): Promise<void> {
  raw = await startRawServer((socket) => answer(socket))
  divertCalls = `http://far.test:${raw.port}/mcp`
}

describe('it failed, and certainly did not run, when', () => {
  test('the connection was refused', async () => {
    divertCalls = `http://far.test:${await freePort()}/mcp`
    await endsAs('failed', 'cannot be reached', 0)
  })

  test('the name was not found', async () => {
    addresses = []
    await endsAs('failed', 'The name far.test cannot be found.', 0)
  })

  test('the name led to an address nobody allowed', async () => {
    divertCalls = 'http://169.254.169.254/latest/meta-data'
    await endsAs('failed', 'is not a public address', 0)
  })

  test('the certificate was not valid', async () => {
    let reached = 0
    const secure = Bun.serve({
      hostname: '127.0.0.1',
      port: 0,
      tls: FAR_TEST_TLS,
      fetch: () => new Response(`${reached++}`),
    })
    divertCalls = `https://far.test:${secure.port}/mcp`
    await endsAs('failed', 'certificate', 0)
    expect(reached).toBe(0)
    await secure.stop(true)
  })

  test.each([
    [401, 'The server refused the credential (401). Its owner must enter a new one.'],
    [403, 'The server refused access (403): the credential does not allow this.'],
    [429, 'The server is limiting requests (429). Try again later.'],
    [405, 'The server refused the request (405).'],
    [413, 'The server refused the request (413).'],
  ])('the server answered %d', async (status, words) => {
    far.act = () => new Response('upstream-words argument-value', { status })
    await endsAs('failed', words, 1)
  })

  test.each([
    [404, 'upstream-words', 2],
    [400, 'No valid session, upstream-words', 2],
    [400, 'upstream-words', 1],
  ])('the server answered %d %s, which over a session in use is tried %d times', async (status, body, tries) => {
    far.act = () => ({ content: [] })
    expect(outcome(await agent.call('far', 'run', {}))).toBe('executed')
    far.act = () => new Response(body, { status })
    // That a session was forgotten is said before anything runs, so then there is one more try, over a new one.
    await endsAs('failed', `(${status})`, tries)
    await app.rooms.upstreams.forgetIdleSessions(Number.MAX_SAFE_INTEGER)
    await endsAs('failed', `(${status})`, 1)
  })

  test.each([
    [-32602, 'The server refused the arguments.'],
    [-32601, 'The server does not offer this tool any more.'],
    [-32600, 'The server refused the request as invalid.'],
    [-32042, 'The server asks for something only a person at its own pages can do.'],
  ])('the server answered with the JSON-RPC error %d', async (code, words) => {
    far.act = ({ id }) => rpcError(id, code, 'upstream-words')
    await endsAs('failed', words, 1)
  })

  test.each([307, 308])('the server redirected with %d, which is not followed', async (status) => {
    far.act = () => new Response(null, { status, headers: { location: `${far.url}?again` } })
    await endsAs('failed', 'redirect', 1)
  })

  test('redirected over and over to itself, it is still sent once', async () => {
    far.act = () => new Response(null, { status: 307, headers: { location: far.url } })
    await endsAs('failed', 'redirect', 1)
  })
})

describe('its end is unknown, and it was sent exactly once, when', () => {
  test.each([301, 302, 303, 408, 409, 499])('the server answered %d, which may come after the work', async (status) => {
    far.act = () => new Response('upstream-words', { status, headers: { location: `${far.url}?again` } })
    await endsAs('unknown', `answered with ${status},`, 1)
  })

  test.each([500, 502, 503, 504])('the server answered %d', async (status) => {
    far.act = () => new Response('upstream-words', { status })
    await endsAs('unknown', `(${status})`, 1)
  })

  test.each([-32603, -32000, 7])('the server answered with the JSON-RPC error %d', async (code) => {
    far.act = ({ id }) => rpcError(id, code, 'upstream-words')
    await endsAs('unknown', `internal error (${code})`, 1)
  })

  const JSON_HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n'
  const SSE_HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n'
  const chunk = (data: string) => `${data.length.toString(16)}\r\n${data}\r\n`

  test.each<[string, (socket: Socket) => void]>([
    ['the connection dropped before the answer', (socket) => socket.destroy()],
    ['the connection was reset before the answer', (socket) => socket.resetAndDestroy()],
    ['the connection was half closed before the answer', (socket) => socket.end()],
    ['the answer broke off in its headers', (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Ty')],
    [
      'the answer broke off in its JSON',
      (socket) => socket.end(`${JSON_HEAD}Content-Length: 500\r\n\r\n{"jsonrpc":"2.0","id":1,"res`),
    ],
    [
      'the answer broke off in its chunks',
      (socket) => socket.end(`${JSON_HEAD}Transfer-Encoding: chunked\r\n\r\n${chunk('{"jsonrpc":"2.0",')}`),
    ],
    ['the answer was no JSON', (socket) => socket.end(`${JSON_HEAD}Content-Length: 5\r\n\r\nhello`)],
    ['the answer was no JSON-RPC', (socket) => socket.end(`${JSON_HEAD}Content-Length: 2\r\n\r\n{}`)],
    ['the answer was empty', (socket) => socket.end(`${JSON_HEAD}Content-Length: 0\r\n\r\n`)],
    ['the answer was no HTTP', (socket) => socket.end('220 mail ready\r\n')],
    [
      'the answer was a page',
      (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nhi'),
    ],
    [
      'the event stream ended without the answer',
      (socket) => socket.end(`${SSE_HEAD}${chunk(': hello\n\n')}0\r\n\r\n`),
    ],
    ['the event stream ended at once', (socket) => socket.end(`${SSE_HEAD}0\r\n\r\n`)],
    ['the event stream was cut', (socket) => socket.end(`${SSE_HEAD}${chunk(': hello\n\n')}`)],
    [
      'the event stream broke off in its answer',
      (socket) => socket.end(`${SSE_HEAD}${chunk('event: message\ndata: {"jsonrpc":"2.0","id"')}0\r\n\r\n`),
    ],
    [
      'the event stream gave the answer to another request',
      (socket) =>
        socket.end(`${SSE_HEAD}${chunk('data: {"jsonrpc":"2.0","id":99999,"result":{"content":[]}}\n\n')}0\r\n\r\n`),
    ],
  ])('%s', async (_what, answer) => {
    await divertTo(answer)
    await endsAs('unknown', 'The call may have taken effect.', 1)
  })

  test('the answer did not come within the time limit', async () => {
    const limit = (ms: number) => app.rooms.store.db.run(sql`UPDATE connections SET call_timeout_ms = ${ms}`)
    limit(300)
    await divertTo(() => {})
    await endsAs('unknown', 'The server did not answer within 0.3 s.', 1)
    limit(60_000)
  })

  test('progress that never ends does not push the time limit out', async () => {
    const limit = (ms: number) => app.rooms.store.db.run(sql`UPDATE connections SET call_timeout_ms = ${ms}`)
    limit(400)
    far.act = ({ progressToken, cancelled }) =>
      new Response(
        new ReadableStream({
          async start(controller) {
            for (let progress = 1; !cancelled.aborted && progress < 200; progress++) {
              const event = { jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken, progress } }
              controller.enqueue(new TextEncoder().encode(`data: ${JSON.stringify(event)}\n\n`))
              await Bun.sleep(20)
            }
          },
        }),
        { headers: { 'content-type': 'text/event-stream' } },
      )
    const before = far.calls.length
    const result = await agent.call('far', 'run', {}, undefined, { onprogress: () => {} })
    expect(outcome(result)).toBe('unknown')
    expect(far.calls.length - before).toBe(1)
    limit(60_000)
  })
})
