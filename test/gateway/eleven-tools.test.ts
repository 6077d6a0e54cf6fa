import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { JsonObject } from '../../src/lib/json.ts'
import { GENERATIONS } from '../harness/agent.ts'
import { type App, startApp } from '../harness/app.ts'
import { FarEnd } from '../harness/far-end.ts'
import { lastMessage, Wire } from '../harness/wire.ts'

interface Listed {
  name: string
  title?: string
  description?: string
  inputSchema?: JsonObject & { properties?: JsonObject; required?: string[] }
  outputSchema?: JsonObject & { properties?: JsonObject }
  annotations?: JsonObject
}

/** What every client relies on, by name: inputs, `*` required, and the fields of the structured content. */
const TOOLS: Record<string, { input: string[]; output: string[] | null }> = {
  agentport__list_installed_integrations: { input: [], output: ['integrations'] },
  agentport__list_available_integrations: { input: ['query', 'type'], output: ['integrations'] },
  agentport__get_integration: {
    input: ['integration_id*'],
    output: ['id', 'name', 'description', 'category', 'type', 'auth_methods', 'docs_url', 'installed'],
  },
  agentport__install_integration: {
    input: ['integration_id*', 'auth_method', 'as'],
    output: ['installed', 'connected', 'integration_id', 'authorization_url', 'message'],
  },
  agentport__uninstall_integration: { input: ['integration_id*'], output: null },
  agentport__get_auth_status: {
    input: ['integration_id*'],
    output: ['integration_id', 'connected', 'auth_method', 'oauth_status', 'last_error'],
  },
  agentport__start_oauth_flow: { input: ['integration_id*'], output: ['authorization_url', 'message'] },
  agentport__list_integration_tools: {
    input: ['integration_id', 'query', 'limit', 'cursor'],
    output: ['tools', 'next_cursor'],
  },
  agentport__describe_tool: {
    input: ['integration_id*', 'tool_name*'],
    output: ['integration_id', 'tool', 'approval'],
  },
  agentport__call_tool: { input: ['integration_id*', 'tool_name*', 'arguments*', 'additional_info'], output: null },
  agentport__await_approval: { input: ['request_id*', 'timeout_seconds'], output: null },
}

let app: App
let far: FarEnd

beforeAll(async () => {
  far = new FarEnd().start()
  app = await startApp()
  await app.install('far', far.url)
})
afterAll(async () => {
  await app.stop()
  await far.stop()
})

async function listed(): Promise<Listed[]> {
  const agent = await app.agent('v2-2026')
  const tools = (await agent.listTools()) as unknown as Listed[]
  await agent.close()
  return tools
}

test('the gateway offers exactly its eleven tools, and none of an installed server', async () => {
  expect((await listed()).map((tool) => tool.name)).toEqual([
    'agentport__list_installed_integrations',
    'agentport__list_available_integrations',
    'agentport__get_integration',
    'agentport__install_integration',
    'agentport__uninstall_integration',
    'agentport__get_auth_status',
    'agentport__start_oauth_flow',
    'agentport__list_integration_tools',
    'agentport__describe_tool',
    'agentport__call_tool',
    'agentport__await_approval',
  ])
})

test('each tool has a title, a description, an input schema and all four annotations', async () => {
  for (const tool of await listed()) {
    expect(tool.title?.length ?? 0, tool.name).toBeGreaterThan(3)
    expect(tool.description?.length ?? 0, tool.name).toBeGreaterThan(20)
    expect(tool.inputSchema?.type, tool.name).toBe('object')
    const { readOnlyHint, destructiveHint, idempotentHint, openWorldHint, title } = tool.annotations ?? {}
    expect([readOnlyHint, destructiveHint, idempotentHint, openWorldHint].map((hint) => typeof hint)).toEqual(
      Array(4).fill('boolean'),
    )
    expect(title).toBe(tool.title)
  }
})

test('annotations do not call a tool read-only that can change something', async () => {
  const readOnly = (await listed()).filter((tool) => tool.annotations?.readOnlyHint).map((tool) => tool.name)
  expect(readOnly).toEqual([
    'agentport__list_installed_integrations',
    'agentport__list_available_integrations',
    'agentport__get_integration',
    'agentport__get_auth_status',
    'agentport__list_integration_tools',
    'agentport__describe_tool',
  ])
  const destructive = (await listed()).filter((tool) => tool.annotations?.destructiveHint).map((tool) => tool.name)
  expect(destructive).toEqual(['agentport__uninstall_integration', 'agentport__call_tool', 'agentport__await_approval'])
})

test('inputs and structured contents have the fields that the contract names', async () => {
  for (const tool of await listed()) {
    const required = new Set(tool.inputSchema?.required ?? [])
    const inputs = Object.keys(tool.inputSchema?.properties ?? {}).map(
      (name) => `${name}${required.has(name) ? '*' : ''}`,
    )
    expect({ [tool.name]: inputs }).toEqual({ [tool.name]: TOOLS[tool.name]?.input ?? [] })
    const outputs = tool.outputSchema ? Object.keys(tool.outputSchema.properties ?? {}) : null
    expect({ [tool.name]: outputs }).toEqual({ [tool.name]: TOOLS[tool.name]?.output ?? null })
  }
})

test('no field of any input asks an agent for a credential', async () => {
  const fields = (await listed()).flatMap((tool) => Object.keys(tool.inputSchema?.properties ?? {}))
  expect(fields.filter((field) => /token|secret|password|key|credential/i.test(field))).toEqual([])
})

test('all three clients are given the same list', async () => {
  const lists = await Promise.all(
    GENERATIONS.map(async (generation) => {
      const agent = await app.agent(generation)
      const tools = await agent.listTools()
      await agent.close()
      return tools
    }),
  )
  expect(lists[1]).toEqual(lists[0] ?? [])
  expect(lists[2]).toEqual(lists[0] ?? [])
})

describe('the protocol', () => {
  const wire = async () => new Wire(app.origin, (await app.newKey()).key)

  test.each(['2025-03-26', '2025-06-18', '2025-11-25'])(
    'initialize with %s gets that version and a session',
    async (version) => {
      const client = await wire()
      const { result } = await client.initialize(version)
      expect(result?.protocolVersion).toBe(version)
      expect(client.session).toMatch(/^[\x21-\x7e]{16,}$/)
      expect(result?.serverInfo).toMatchObject({ name: 'agentport' })
      const list = await lastMessage(await client.request('tools/list', '{}', { 'mcp-protocol-version': version }))
      expect(list.result?.tools).toHaveLength(11)
    },
  )

  test('initialize with a version nobody knows is offered one that we speak', async () => {
    const { result } = await (await wire()).initialize('1999-01-01')
    expect(result?.protocolVersion).toBe('2025-11-25')
  })

  test('a request of 2026-07-28 needs no session, and server/discover tells what there is', async () => {
    const client = await wire()
    const discovered = (await lastMessage(await client.modern('server/discover'))).result
    expect(discovered?.supportedVersions).toContain('2026-07-28')
    expect(discovered?.capabilities).toHaveProperty('tools')
    const response = await client.modern('tools/list')
    expect(response.headers.get('mcp-session-id')).toBeNull()
    expect((await lastMessage(response)).result?.tools).toHaveLength(11)
  })

  test('both generations are told how to work with the gateway', async () => {
    const client = await wire()
    const older = (await client.initialize()).result?.instructions as string
    const newer = (await lastMessage(await client.modern('server/discover'))).result?.instructions as string
    expect(newer).toBe(older)
    for (const word of [
      'agentport__call_tool',
      'agentport__await_approval',
      'additional_info',
      'Do not look for a way around',
    ]) {
      expect(older).toContain(word)
    }
  })

  test('a tool that is none of ours is an error that names it, and so is an unknown method', async () => {
    const client = await wire()
    await client.initialize()
    const tool = await lastMessage(await client.request('tools/call', '{"name":"run","arguments":{}}'))
    expect(tool.error).toEqual({ code: -32602, message: expect.stringContaining('Unknown tool: run') })
    const inherited = await lastMessage(await client.request('tools/call', '{"name":"constructor","arguments":{}}'))
    expect(inherited.error?.code).toBe(-32602)
    expect((await lastMessage(await client.request('tools/destroy'))).error?.code).toBe(-32601)
  })
})
