import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { JsonObject } from '../../src/lib/json.ts'
import { type Agent, GENERATIONS, outcome, type ToolResult, text } from '../harness/agent.ts'
import { type App, startApp } from '../harness/app.ts'
import { FarEnd } from '../harness/far-end.ts'
import { Wire } from '../harness/wire.ts'

let app: App
let far: FarEnd
let wire: Wire
let agent: Agent

const LIMIT = 1024 * 1024
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

beforeAll(async () => {
  const outputSchema = {
    type: 'object',
    properties: { count: { type: 'integer' } },
    required: ['count'],
  }
  far = new FarEnd([{ name: 'run' }, { name: 'typed', outputSchema }]).start()
  app = await startApp()
  await app.install('far', far.url)
  await app.setPolicy('far', 'run', 'allow')
  await app.setPolicy('far', 'typed', 'allow')
  wire = new Wire(app.origin, (await app.newKey()).key)
  agent = await app.agent()
})
afterAll(async () => {
  await agent.close()
  await app.stop()
  await far.stop()
})

/** What came out at our end for what went in at the far one, without our own words and those of the protocol. */
async function through(result: JsonObject, tool = 'run'): Promise<JsonObject> {
  far.act = () => result
  const { _meta, ...rest } = (await wire.call('2026', 'far', tool, '{}')) as unknown as JsonObject
  delete rest.resultType
  const foreign = Object.entries(_meta as JsonObject).filter(
    ([key]) => !/^(agentport|io\.modelcontextprotocol)\//.test(key),
  )
  return foreign.length === 0 ? rest : { ...rest, _meta: Object.fromEntries(foreign) }
}

describe('passes unchanged', () => {
  const BLOCKS: Record<string, JsonObject> = {
    text: { type: 'text', text: 'a\u0000b\u202Ec 😀 \u2028 e\u0301' },
    'an empty text': { type: 'text', text: '' },
    image: { type: 'image', data: PNG, mimeType: 'image/png' },
    audio: { type: 'audio', data: 'UklGRg==', mimeType: 'audio/wav' },
    'a resource of text': {
      type: 'resource',
      resource: { uri: 'file:///a.txt', mimeType: 'text/plain', text: 'hello' },
    },
    'a resource of bytes': { type: 'resource', resource: { uri: 'x://y', mimeType: 'application/pdf', blob: 'AAEC' } },
    'a resource link': {
      type: 'resource_link',
      uri: 'https://example.org/a',
      name: 'a',
      title: 'A',
      description: 'd',
      mimeType: 'text/html',
      size: 12,
      icons: [{ src: 'https://example.org/i.png' }],
    },
    annotations: {
      type: 'text',
      text: 'x',
      annotations: { audience: ['user', 'assistant'], priority: 0.25, lastModified: '2026-01-01T00:00:00Z' },
    },
    'the _meta of a block': { type: 'text', text: 'x', _meta: { 'example.org/k': [1, { a: null }] } },
    'unknown fields of a block': { type: 'text', text: 'x', future: { deep: [true] } },
    'a kind nobody knows yet': { type: 'hologram', frames: [{ z: 1 }], note: 'from the future' },
  }

  test.each(Object.entries(BLOCKS))('%s', async (_name, block) => {
    expect(await through({ content: [block] })).toEqual({ content: [block] })
  })

  test('all of them at once, in order', async () => {
    const content = Object.values(BLOCKS)
    expect(await through({ content })).toEqual({ content })
  })

  test('structured content, isError, foreign _meta and unknown fields of the result', async () => {
    const result = {
      content: [],
      structuredContent: { a: [1, 1.5, null, { __proto__x: true }], 'key with "quotes"': '\\' },
      isError: true,
      _meta: { 'example.org/trace': 'abc', progress: { n: 1 } },
      somethingNew: { kept: [1, 2] },
    }
    expect(await through(result)).toEqual(result)
  })

  test.each([{ isError: false }, { isError: true }, {}])('isError as it was: %j', async (flag) => {
    expect(await through({ content: [], ...flag } as JsonObject)).toEqual({ content: [], ...flag } as JsonObject)
  })

  test('to all three clients the same', async () => {
    const content = [BLOCKS.text, BLOCKS.image, BLOCKS['a resource of text'], BLOCKS['a resource link']] as JsonObject[]
    far.act = () => ({ content, structuredContent: { ok: true } })
    for (const generation of GENERATIONS) {
      const client = await app.agent(generation)
      const result = await client.call('far', 'run', {})
      expect(result.content).toEqual(content as unknown as ToolResult['content'])
      expect(result.structuredContent).toEqual({ ok: true })
      await client.close()
    }
  })

  test('but for a result that calls itself a question to the client, which it is not ours to pass on', async () => {
    const question = {
      method: 'elicitation/create',
      params: { mode: 'url', url: 'https://evil.example', message: 'x' },
    }
    const result = {
      resultType: 'input_required',
      inputRequests: { a: question },
      content: [{ type: 'text', text: 'x' }],
    }
    far.act = () => result as JsonObject
    for (const generation of GENERATIONS) {
      const client = await app.agent(generation)
      const passed = await client.call('far', 'run', {})
      expect(outcome(passed)).toBe('executed')
      expect(text(passed)).toBe('x')
      await client.close()
    }
  })

  test('again when the agent asks for the result it lost', async () => {
    const result = { content: [BLOCKS.image, BLOCKS['a kind nobody knows yet']] as JsonObject[] }
    far.act = () => result
    const calls = far.calls.length
    const first = await wire.call('2026', 'far', 'run', '{"lost":1}')
    const id = String(first._meta?.['agentport/request_id'])
    const again = await wire.use('2026', 'agentport__await_approval', `{"request_id":"${id}"}`)
    expect(again.content).toEqual(first.content)
    expect(far.calls.length).toBe(calls + 1)
  })
})

describe('a result that breaks the output schema of its tool', () => {
  test('is delivered as it is, with a mark beside it', async () => {
    const result = { content: [{ type: 'text', text: 'x' }], structuredContent: { count: 'many' } }
    expect(await through(result, 'typed')).toEqual(result)
    const marked = await agent.call('far', 'typed', {})
    expect(outcome(marked)).toBe('executed')
    expect(marked.isError ?? false).toBe(false)
    expect(String(marked._meta?.['agentport/output_schema_violation'])).toContain('count')
  })

  test('for want of structured content is delivered and marked too', async () => {
    far.act = () => ({ content: [] })
    const marked = await agent.call('far', 'typed', {})
    expect(outcome(marked)).toBe('executed')
    expect(marked._meta).toHaveProperty(['agentport/output_schema_violation'])
  })

  test('is not marked when it fits, nor when the tool reports an error', async () => {
    for (const result of [
      { content: [], structuredContent: { count: 3 } },
      { content: [], isError: true },
    ]) {
      far.act = () => result as JsonObject
      expect(Object.keys((await agent.call('far', 'typed', {}))._meta ?? {})).not.toContain(
        'agentport/output_schema_violation',
      )
    }
  })
})

describe('a result over 1 MB', () => {
  const sizeOf = (result: ToolResult) => Buffer.byteLength(JSON.stringify(result))
  const call = () => agent.call('far', 'run', {})

  test('is cut, with a notice that says so, and its size is told', async () => {
    far.act = () => ({ content: [{ type: 'text', text: 'x'.repeat(LIMIT + 10) }] })
    const result = await call()
    expect(outcome(result)).toBe('executed')
    expect(sizeOf(result)).toBeLessThan(LIMIT + 2_000)
    expect(result.content[0]?.text?.length).toBeGreaterThan(LIMIT - 2_000)
    expect(result.content.at(-1)?.text).toMatch(
      /^\[AgentPort: this result was cut\. The server sent \d+ bytes; the limit is 1048576\./,
    )
    expect(result._meta?.['agentport/cut_from_bytes']).toBeGreaterThan(LIMIT)
  })

  test('is never cut within a character', async () => {
    for (const character of ['é', '翻', '😀', '👩‍👩‍👧']) {
      for (let shift = 0; shift < 4; shift++) {
        far.act = () => ({ content: [{ type: 'text', text: 'x'.repeat(shift) + character.repeat(LIMIT / 4) }] })
        const [block] = (await call()).content
        expect(block?.text?.isWellFormed()).toBe(true)
        expect(block?.text).not.toContain('\uFFFD')
        expect(block?.text?.length).toBeGreaterThan(1_000)
      }
    }
  })

  test('stays below the limit also where JSON writes a character longer than it is', async () => {
    for (const character of ['"', '\n', '\u0001', '\\']) {
      far.act = () => ({ content: [{ type: 'text', text: character.repeat(LIMIT) }] })
      expect(sizeOf(await call())).toBeLessThan(LIMIT + 2_000)
    }
  })

  test('keeps whole blocks from the front, never half an image', async () => {
    const image = { type: 'image', data: 'A'.repeat(400_000), mimeType: 'image/png' }
    far.act = () => ({ content: [image, image, image, { type: 'text', text: 'after' }] })
    const result = await call()
    expect(result.content.slice(0, 2)).toEqual([image, image])
    expect(result.content.length).toBe(3)
    expect(result.content[2]?.text).toContain('this result was cut')
  })

  test('loses its structured content whole, which the notice says', async () => {
    far.act = () => ({ content: [{ type: 'text', text: 'short' }], structuredContent: { rows: 'x'.repeat(LIMIT) } })
    const result = await call()
    expect(result.structuredContent).toBeUndefined()
    expect(text(result)).toContain('Its structured content was left out.')
    expect(result.content[0]?.text).toBe('short')
  })

  test('is cut wherever it is large: in _meta and in fields nobody knows', async () => {
    for (const where of ['_meta', 'unknown']) {
      const large = { 'example.org/x': 'x'.repeat(2 * LIMIT) }
      far.act = () => ({ content: [{ type: 'text', text: 'short' }], [where]: large })
      const result = await call()
      expect(sizeOf(result)).toBeLessThan(LIMIT + 2_000)
      expect(result.content[0]?.text).toBe('short')
      expect(text(result)).toContain('this result was cut')
    }
  })

  test('that only just fits is whole', async () => {
    far.act = () => ({ content: [{ type: 'text', text: 'x'.repeat(LIMIT - 100) }] })
    const result = await call()
    expect(result.content.length).toBe(1)
    expect(result.content[0]?.text?.length).toBe(LIMIT - 100)
  })
})
