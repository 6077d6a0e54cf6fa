import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { type App, startApp } from '../harness/app.ts'
import { messages, type RpcMessage, Wire } from '../harness/wire.ts'

let app: App
let wire: Wire

beforeAll(async () => {
  app = await startApp()
  wire = new Wire(app.origin, (await app.newKey()).key)
  await wire.initialize()
})
afterAll(() => app.stop())

const LIST = '{"jsonrpc":"2.0","id":1,"method":"tools/list"}'
const MODERN_HEADERS = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/list' }

/** A JSON-RPC error in words, and nothing of our inside. */
async function refused(response: Response, status: number, code: number, words: string): Promise<RpcMessage> {
  const text = await response.clone().text()
  expect({ status: response.status, text }).toMatchObject({ status })
  const message = (await messages(response))[0]
  expect(message?.jsonrpc).toBe('2.0')
  expect(message?.error?.code).toBe(code)
  expect(message?.error?.message).toContain(words)
  expect(text).not.toMatch(/\.ts:|node_modules|at \w+ \(/)
  return message as RpcMessage
}

describe.each([
  ['2025', {}],
  ['2026', MODERN_HEADERS],
])('in generation %s', (_generation, headers: Record<string, string>) => {
  test.each([
    ['nothing', ''],
    ['no JSON', '{nope'],
    ['half of JSON', LIST.slice(0, -5)],
    ['two values', `${LIST}${LIST}`],
    ['a NaN', '{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"x":NaN}}'],
  ])('a body of %s is a parse error', async (_what, body) => {
    await refused(await wire.send(body, headers), 400, -32700, 'not JSON in UTF-8')
  })

  test('a body that is not UTF-8 is a parse error', async () => {
    for (const bytes of [
      [0x7b, 0xff, 0x7d],
      [0x22, 0xc3, 0x22],
      [0xfe, 0xff, 0x00, 0x7b],
    ]) {
      await refused(await wire.send(new Uint8Array(bytes), headers), 400, -32700, 'not JSON in UTF-8')
    }
    const latin = new Uint8Array(Buffer.from(LIST.replace('tools/list', 'caf\xe9'), 'latin1'))
    await refused(await wire.send(latin, headers), 400, -32700, 'not JSON in UTF-8')
  })

  test('a body over 4 MB is too large, whether its length is declared or not', async () => {
    const huge = new Uint8Array(4 * 1024 * 1024 + 1).fill(0x20)
    await refused(await wire.send(huge, headers), 413, -32600, 'larger than 4194304 bytes')
    const chunks = new ReadableStream<Uint8Array>({
      start(controller) {
        for (let i = 0; i < 5; i++) controller.enqueue(huge.slice(0, 1024 * 1024))
        controller.close()
      },
    })
    await refused(await wire.send(chunks, headers), 413, -32600, 'larger than 4194304 bytes')
  })

  test.each(['5', 'null', '"tools/list"', 'true', '{}', '{"jsonrpc":"1.0","id":1,"method":"tools/list"}', '[]'])(
    'the JSON value %s, which is no request, is refused',
    async (body) => {
      const response = await wire.send(body, headers)
      const text = await response.text()
      expect(response.status, text).toBe(400)
      expect(JSON.parse(text)).toMatchObject({ jsonrpc: '2.0', error: { message: expect.any(String) } })
      expect(JSON.parse(text).error.code).toBeLessThan(-31_999)
    },
  )

  test('the wrong content type is 415', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp']) {
      await refused(await wire.send(LIST, { 'content-type': type }), 415, -32000, 'Content-Type')
    }
  })
})

test('a text nested 200,000 deep ends in an error and not in a crash', async () => {
  const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`
  const response = await wire.send(`{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"x":${deep}}}`)
  const [message] = await messages(response)
  expect(response.status).toBeLessThan(500)
  expect(message?.result ?? message?.error).toBeDefined()
  expect((await wire.request('tools/list')).status).toBe(200)
})

test('a batch of the older protocol is answered one by one, or refused, and never half', async () => {
  const batch = `[${LIST},${LIST.replace('"id":1', '"id":2')}]`
  const ids = (await messages(await wire.send(batch))).map((message) => message.id)
  expect(ids.sort()).toEqual([1, 2])
  await refused(await wire.send(batch, MODERN_HEADERS), 400, -32000, 'Unsupported protocol version')
  await refused(await wire.send('[1,2]'), 400, -32600, 'invalid')
})

test('a method that is not HTTP’s for MCP is 405', async () => {
  for (const method of ['PUT', 'PATCH', 'OPTIONS']) {
    const response = await wire.send(null, {}, method)
    expect(response.status).toBe(405)
    expect(response.headers.get('allow')).toBe('GET, POST, DELETE')
  }
})

test('headers of 2026-07-28 that disagree with the body are refused', async () => {
  const call = '{"name":"agentport__list_installed_integrations","arguments":{}}'
  const mismatch = await wire.modern('tools/call', call, { name: 'agentport__await_approval' })
  await refused(mismatch, 400, -32020, 'disagree')
})

test('an accept header that takes no event stream is refused in words', async () => {
  await refused(await wire.send(LIST, { accept: 'text/html' }), 406, -32000, 'Not Acceptable')
})

test('what a request is called by its client comes back as it was', async () => {
  for (const id of ['"a b/ü"', '0', '-1', '"__proto__"']) {
    const [message] = await messages(await wire.send(LIST.replace('"id":1', `"id":${id}`)))
    expect(message?.id).toEqual(JSON.parse(id))
  }
})
