import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import type { JsonObject } from '../../src/lib/json.ts'
import { type Agent, outcome, text } from '../harness/agent.ts'
import { type App, startApp } from '../harness/app.ts'
import { FarEnd, type FarTool } from '../harness/far-end.ts'

let app: App
let agent: Agent
let far: FarEnd
let nth = 0
let slug = ''

beforeAll(async () => {
  app = await startApp()
  agent = await app.agent()
})
afterAll(async () => {
  await agent.close()
  await app.stop()
})
beforeEach(() => {
  far = new FarEnd().start()
  slug = `far${++nth}`
})
afterEach(() => far.stop())

async function install(tools: FarTool[]): Promise<number> {
  far.tools = tools
  return (await app.install(slug, far.url)).tools
}
const names = async (): Promise<string[]> => {
  const connection = await app.rooms.upstreams.find(app.userId, slug)
  return (await app.rooms.upstreams.tools(connection?.id ?? '')).map((tool) => tool.definition.name)
}
const tool = (name: string, more: Partial<FarTool> = {}): FarTool => ({ name, ...more })
describe('a list of tools', () => {
  test('is read to its last page, in its order', async () => {
    far.pageSize = 7
    expect(await install(Array.from({ length: 40 }, (_, n) => tool(`tool_${n}`)))).toBe(40)
    expect(await names()).toEqual(Array.from({ length: 40 }, (_, n) => `tool_${n}`))
    expect(far.seen.filter((each) => each === 'POST tools/list').length).toBe(6)
  })

  test('that never ends is refused in words, and nothing is installed', async () => {
    far.pageSize = 1
    const endless = Array.from({ length: 100_000 }, (_, n) => tool(`tool_${n}`))
    await expect(install(endless)).rejects.toThrow("The server's list of tools does not end")
    expect(far.seen.filter((each) => each === 'POST tools/list').length).toBeLessThanOrEqual(200)
    expect(await app.rooms.upstreams.find(app.userId, slug)).toBeNull()
  })

  test('of more than 5,000 tools is refused, on one page or on many', async () => {
    far.pageSize = 10_000
    await expect(install(Array.from({ length: 50_000 }, (_, n) => tool(`t${n}`)))).rejects.toThrow('does not end')
  })

  test('that does not end at a later reading leaves the tools as they were', async () => {
    await install([tool('run')])
    far.pageSize = 1
    far.tools = Array.from({ length: 100_000 }, (_, n) => tool(`tool_${n}`))
    const connection = await app.rooms.upstreams.find(app.userId, slug)
    await expect(app.rooms.upstreams.refresh(connection?.id ?? '', 'operator')).rejects.toThrow('does not end')
    expect(await names()).toEqual(['run'])
    const status = await agent.use('agentport__get_auth_status', { integration_id: slug })
    expect(status.structuredContent?.last_error).toContain('does not end')
  })

  test('with a name twice keeps the first of the two', async () => {
    expect(
      await install([tool('run', { description: 'first' }), tool('other'), tool('run', { description: 'second' })]),
    ).toBe(2)
    const described = await agent.use('agentport__describe_tool', { integration_id: slug, tool_name: 'run' })
    expect(described.structuredContent?.tool).toMatchObject({ description: 'first' })
  })

  test('leaves out what cannot be a tool, and keeps the rest', async () => {
    const odd = [
      { name: '' },
      { name: 'x'.repeat(257) },
      { name: 'half \ud800' },
      { name: 5 },
      { description: 'no name' },
      null,
      'run',
      ['run'],
      { name: 'deep', inputSchema: JSON.parse(`${'{"a":'.repeat(150)}1${'}'.repeat(150)}`) },
      { name: 'good' },
      { name: 'no_schema', inputSchema: null },
    ] as unknown as FarTool[]
    expect(await install(odd.filter((each) => typeof each === 'object' && each !== null && !Array.isArray(each)))).toBe(
      2,
    )
    expect(await names()).toEqual(['good', 'no_schema'])
  })

  test.each(['agentport__call_tool', 'agentport__anything', 'agentport__'])(
    'cannot take a name of ours: %s',
    async (name) => {
      expect(await install([tool(name), tool('agentport_fine'), tool('run')])).toBe(2)
      expect(await names()).toEqual(['agentport_fine', 'run'])
      const result = await agent.call(slug, name, {})
      expect(outcome(result)).toBe('invalid')
    },
  )

  test('leaves out a definition over 512 KB, counted in bytes', async () => {
    const description = (bytes: number) => 'é'.repeat(bytes / 2)
    expect(
      await install([
        tool('small', { description: description(500 * 1024) }),
        tool('large', { description: description(520 * 1024) }),
      ]),
    ).toBe(1)
    expect(await names()).toEqual(['small'])
  })

  test('is no trouble when it is empty', async () => {
    expect(await install([])).toBe(0)
    const found = await agent.use('agentport__list_integration_tools', { integration_id: slug })
    expect(found.structuredContent).toEqual({ tools: [] })
  })
})

describe('a hostile definition', () => {
  /** The gateway still answers, and quickly. */
  async function answersQuickly(call: () => Promise<unknown>): Promise<void> {
    const started = performance.now()
    await call()
    expect(performance.now() - started).toBeLessThan(2_000)
    expect((await fetch(`${app.origin}/health`)).status).toBe(200)
  }

  test.each<[string, JsonObject]>([
    ['a schema of no known type', { type: 'nonsense' }],
    [
      'a pattern that is no regular expression',
      { type: 'object', properties: { a: { type: 'string', pattern: '(' } } },
    ],
    ['a reference to nowhere', { $ref: '#/$defs/missing' }],
    ['a reference to another server', { $ref: 'https://evil.example/schema.json' }],
    ['a reference to itself', { $ref: '#' }],
    ['references in a ring', { $defs: { a: { $ref: '#/$defs/b' }, b: { $ref: '#/$defs/a' } }, $ref: '#/$defs/a' }],
    ['an endless recursion over the same value', { type: 'object', allOf: [{ $ref: '#' }] }],
    ['an unknown dialect', { $schema: 'https://evil.example/dialect', type: 'object' }],
    ['an asynchronous schema', { $async: true, type: 'object', required: ['missing'] }],
    ['an asynchronous part', { type: 'object', properties: { a: { $async: true, type: 'number' } } }],
    ['a property called __proto__', JSON.parse('{"type":"object","properties":{"__proto__":{"type":"number"}}}')],
    ['code in a key', { type: 'object', properties: { '"];process.exit(1);//': { type: 'string' } } }],
    ['an id that is no address', { $id: '\u0000', type: 'object' }],
  ])('%s leaves the judgement to the server, or is refused in words', async (_what, inputSchema) => {
    await install([tool('run', { inputSchema })])
    await app.setPolicy(slug, 'run', 'allow')
    await answersQuickly(async () => {
      const result = await agent.call(slug, 'run', { a: 'x' })
      expect(['executed', 'invalid']).toContain(String(outcome(result)))
    })
  })

  test.each([
    ['^(a+)+$', `${'a'.repeat(50)}!`],
    ['a*a*a*a*a*b', 'a'.repeat(3_000)],
    ['^(a|a)*$', `${'a'.repeat(60)}!`],
    ['a*b', 'a'.repeat(200_000)],
    ['(x+x+)+y', 'x'.repeat(1_000)],
    ['^(([a-z])+.)+[A-Z]([a-z])+$', 'a'.repeat(1_000)],
    ['^(?:a{1,1000}){1,1000}$', `${'a'.repeat(400)}!`],
    ['(?=(a+))*b', 'a'.repeat(400)],
  ])('the regular expression %s does not hold up the gateway', async (pattern, a) => {
    const properties = { a: { type: 'string', pattern }, b: { type: 'number' } }
    const patternProperties = { [pattern]: { type: 'string' } }
    await install([tool('run', { inputSchema: { type: 'object', properties, patternProperties } })])
    await app.setPolicy(slug, 'run', 'allow')
    await answersQuickly(() => agent.call(slug, 'run', { a, [a.slice(0, 1_000)]: 'x' }))
    // The rest of the schema is checked as before.
    expect(outcome(await agent.call(slug, 'run', { a: 'short', b: 'no number' }))).toBe('invalid')
  })

  test.each<[string, JsonObject]>([
    ['under a property called default', { properties: { default: { pattern: 'a*a*a*a*a*b' } } }],
    [
      'in a constant that a reference leads into',
      { not: { const: { pattern: 'a*a*a*a*a*b' } }, properties: { default: { $ref: '#/not/const' } } },
    ],
    ['in the names of properties', { propertyNames: { pattern: 'a*a*a*a*a*b' } }],
    ['in a definition', { $defs: { x: { pattern: 'a*a*a*a*a*b' } }, properties: { default: { $ref: '#/$defs/x' } } }],
  ])('a regular expression %s does not hold up the gateway', async (_where, schema) => {
    await install([tool('run', { inputSchema: { type: 'object', ...schema } })])
    await app.setPolicy(slug, 'run', 'allow')
    await answersQuickly(() => agent.call(slug, 'run', { default: 'a'.repeat(490), ['a'.repeat(490)]: 1 }))
  })

  test('ordinary regular expressions are checked', async () => {
    for (const [pattern, good, bad] of [
      ['^[A-Z]{2}$', 'DE', 'de'],
      ['^[a-z0-9-]+$', 'a-b', 'A B'],
      ['^\\d{4}-\\d{2}$', '2026-01', '26-1'],
      ['^(GET|POST)$', 'GET', 'PUT'],
    ] as const) {
      await app.rooms.upstreams
        .find(app.userId, slug)
        .then((found) => found && app.rooms.upstreams.remove(found.id, 'operator'))
      const inputSchema = { type: 'object', properties: { a: { type: 'string', pattern } } }
      await install([tool('run', { inputSchema })])
      await app.setPolicy(slug, 'run', 'allow')
      expect(outcome(await agent.call(slug, 'run', { a: good }))).toBe('executed')
      expect(outcome(await agent.call(slug, 'run', { a: bad }))).toBe('invalid')
    }
  })

  test('an output schema whose regular expression takes for ever does not hold up the gateway', async () => {
    const outputSchema = {
      type: 'object',
      properties: { a: { type: 'string', pattern: '^(([a-z])+.)+[A-Z]([a-z])+$' } },
    }
    await install([tool('run', { outputSchema })])
    await app.setPolicy(slug, 'run', 'allow')
    far.act = () => ({ content: [], structuredContent: { a: 'a'.repeat(60) } })
    await answersQuickly(async () => {
      expect(outcome(await agent.call(slug, 'run', {}))).toBe('executed')
    })
  })

  test('a schema whose check grows beyond bounds does not hold up the gateway', async () => {
    // Each level tries both of its branches: 2^24 ways through.
    const $defs: JsonObject = { d0: { type: 'number' } }
    for (let depth = 1; depth <= 24; depth++) {
      const ref = { $ref: `#/$defs/d${depth - 1}` }
      $defs[`d${depth}`] = { anyOf: [ref, { allOf: [ref] }] }
    }
    await install([tool('run', { inputSchema: { type: 'object', properties: { a: { $ref: '#/$defs/d24' } }, $defs } })])
    await app.setPolicy(slug, 'run', 'allow')
    await answersQuickly(() => agent.call(slug, 'run', { a: 'x' }))
  })

  test('a server’s markup and long names come through as text', async () => {
    const name = '<b>"x"\n\u202E'
    await install([tool(name, { description: '<script>alert(1)</script>' })])
    const result = await agent.call(slug, name, {})
    expect(outcome(result)).toBe('approval_required')
    expect(text(result)).not.toContain('<b>')
  })
})
