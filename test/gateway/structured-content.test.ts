import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { AjvJsonSchemaValidator } from '@modelcontextprotocol/client/validators/ajv'
import type { JsonObject } from '../../src/lib/json.ts'
import { createOutbound } from '../../src/lib/outbound.ts'
import { type Agent, GENERATIONS, outcome, type ToolResult, text } from '../harness/agent.ts'
import { type App, startApp } from '../harness/app.ts'
import { FarEnd } from '../harness/far-end.ts'

let app: App
let far: FarEnd
let agent: Agent
const schemas = new Map<string, JsonObject>()

/** Whatever the catalogue's servers are, here they are all the far end. */
const real = createOutbound()

beforeAll(async () => {
  far = new FarEnd([
    {
      name: 'send_mail',
      description: 'Sends one mail',
      inputSchema: { type: 'object', properties: { to: { type: 'string' } } },
    },
    { name: 'list_mails', annotations: { title: 'List mails' } },
  ]).start()
  app = await startApp({
    outbound: (_url, init, limits) => real(far.url, init, { ...limits, allowedPrivate: `127.0.0.1:${far.port}` }),
  })
  await app.install('mail', far.url)
  agent = await app.agent()
  for (const tool of await agent.listTools()) {
    if (tool.outputSchema) schemas.set(tool.name, tool.outputSchema as JsonObject)
  }
})
afterAll(async () => {
  await agent.close()
  await app.stop()
  await far.stop()
})

/** The structured content, after checking that it fits the tool's output schema and that the text says the same. */
async function contentOf(tool: string, args: JsonObject = {}): Promise<JsonObject> {
  return checked(tool, await agent.use(tool, args))
}

function checked(tool: string, result: ToolResult): JsonObject {
  expect(result.isError ?? false, text(result)).toBe(false)
  expect(result.content.map((block) => block.type)).toEqual(['text'])
  expect(JSON.parse(text(result))).toEqual(result.structuredContent)
  const schema = schemas.get(tool)
  if (!schema) throw new Error(`${tool} has no output schema`)
  const verdict = new AjvJsonSchemaValidator().getValidator(schema)(result.structuredContent)
  expect(verdict.errorMessage).toBeUndefined()
  return result.structuredContent as JsonObject
}

const errorOf = async (tool: string, args: JsonObject): Promise<string> => {
  const result = await agent.use(tool, args)
  expect(result.isError).toBe(true)
  expect(result.structuredContent).toBeUndefined()
  expect(outcome(result)).toBe('invalid')
  return text(result)
}

test('installed integrations are listed with what the contract names', async () => {
  const { integrations } = await contentOf('agentport__list_installed_integrations')
  expect(integrations as JsonObject[]).toContainEqual({
    integration_id: 'mail',
    name: 'mail',
    type: 'mcp',
    auth_method: 'none',
    connected: true,
    tool_count: 2,
    added_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
  })
})

test('the catalogue is listed whole, and narrowed by query and by type', async () => {
  const all = (await contentOf('agentport__list_available_integrations')).integrations as JsonObject[]
  expect(all.length).toBeGreaterThan(50)
  const github = (await contentOf('agentport__list_available_integrations', { query: 'github' }))
    .integrations as JsonObject[]
  expect(github[0]?.id).toBe('github')
  const rest = (await contentOf('agentport__list_available_integrations', { type: 'rest' }))
    .integrations as JsonObject[]
  expect(new Set(rest.map((each) => each.type))).toEqual(new Set(['rest']))
  expect(await contentOf('agentport__list_available_integrations', { query: 'zzzzzz' })).toEqual({ integrations: [] })
})

test('one integration is given by its id, and a server added by URL by its own', async () => {
  expect(await contentOf('agentport__get_integration', { integration_id: 'github' })).toMatchObject({
    id: 'github',
    installed: false,
  })
  expect(await contentOf('agentport__get_integration', { integration_id: 'mail' })).toMatchObject({
    id: 'mail',
    installed: true,
    docs_url: null,
  })
})

test('installing one without sign-in connects it, and its tools ask', async () => {
  const installed = await contentOf('agentport__install_integration', {
    integration_id: 'deepwiki',
    auth_method: 'none',
  })
  expect(installed).toMatchObject({ installed: true, connected: true, integration_id: 'deepwiki' })
  expect(installed.authorization_url).toBeUndefined()
  const { tools } = await contentOf('agentport__list_integration_tools', { integration_id: 'deepwiki' })
  expect((tools as JsonObject[]).map((tool) => tool.approval_mode)).toEqual(['require_approval', 'require_approval'])
})

test('installing one that needs a token gives our own page to share, also when asked again, and nothing is called meanwhile', async () => {
  const before = far.seen.length
  const expected = {
    installed: true,
    connected: false,
    integration_id: 'github-work',
    authorization_url: `${app.origin}/connections/github-work/connect`,
  }
  const install = { integration_id: 'github', auth_method: 'token', as: 'github-work' }
  expect(await contentOf('agentport__install_integration', install)).toMatchObject(expected)
  expect(await contentOf('agentport__install_integration', install)).toMatchObject(expected)
  expect(far.seen.length).toBe(before)
  expect(await contentOf('agentport__get_auth_status', { integration_id: 'github-work' })).toEqual({
    integration_id: 'github-work',
    connected: false,
    auth_method: 'token',
    oauth_status: null,
    last_error: null,
  })
  expect(await contentOf('agentport__start_oauth_flow', { integration_id: 'github-work' })).toMatchObject({
    authorization_url: `${app.origin}/connections/github-work/connect`,
  })
})

test('a tool is described whole, with how it is approved and which rule says so', async () => {
  expect(await contentOf('agentport__describe_tool', { integration_id: 'mail', tool_name: 'send_mail' })).toEqual({
    integration_id: 'mail',
    tool: {
      name: 'send_mail',
      description: 'Sends one mail',
      inputSchema: { type: 'object', properties: { to: { type: 'string' } } },
    },
    approval: { mode: 'require_approval', source: 'default' },
  })
  await app.setPolicy('mail', 'list_mails', 'allow')
  const { approval } = await contentOf('agentport__describe_tool', { integration_id: 'mail', tool_name: 'list_mails' })
  expect(approval).toEqual({ mode: 'allow', source: 'policy' })
})

test('tools come with their input schemas when one integration is named, and without them otherwise', async () => {
  const own = (await contentOf('agentport__list_integration_tools', { integration_id: 'mail' })).tools as JsonObject[]
  expect(own[0]).toEqual({
    integration_id: 'mail',
    name: 'send_mail',
    title: null,
    description: 'Sends one mail',
    approval_mode: 'require_approval',
    inputSchema: { type: 'object', properties: { to: { type: 'string' } } },
  })
  expect(own[1]?.title).toBe('List mails')
  const all = (await contentOf('agentport__list_integration_tools')).tools as JsonObject[]
  expect(all.some((tool) => 'inputSchema' in tool)).toBe(false)
})

test('every client is given the same structured content', async () => {
  for (const generation of GENERATIONS) {
    const other = await app.agent(generation)
    const result = await other.use('agentport__get_integration', { integration_id: 'mail' })
    expect(checked('agentport__get_integration', result).name).toBe('mail')
    await other.close()
  }
})

describe('errors say what to do', () => {
  test.each([
    ['agentport__get_integration', { integration_id: 'nope' }, 'agentport__list_available_integrations'],
    ['agentport__install_integration', { integration_id: 'nope' }, 'agentport__list_available_integrations'],
    ['agentport__get_auth_status', { integration_id: 'nope' }, 'agentport__list_installed_integrations'],
    ['agentport__start_oauth_flow', { integration_id: 'nope' }, 'agentport__list_installed_integrations'],
    ['agentport__list_integration_tools', { integration_id: 'nope' }, 'agentport__list_installed_integrations'],
    ['agentport__describe_tool', { integration_id: 'nope', tool_name: 'x' }, 'agentport__list_installed_integrations'],
    ['agentport__describe_tool', { integration_id: 'mail', tool_name: 'sendMial' }, 'Did you mean send_mail?'],
    ['agentport__start_oauth_flow', { integration_id: 'mail' }, 'needs no sign-in'],
    ['agentport__install_integration', { integration_id: 'github', as: 'No Such Slug!' }, 'github-work'],
  ])('%s with %j', async (tool, args, words) => {
    const message = await errorOf(tool, args as unknown as JsonObject)
    expect(message).toContain(words)
    if (words.startsWith('agentport__')) expect(message).toContain('"nope"')
  })

  test.each([
    ['agentport__get_integration', {}, 'integration_id'],
    ['agentport__get_integration', { integration_id: 5 }, 'integration_id'],
    ['agentport__get_integration', { integration_id: '' }, 'integration_id'],
    ['agentport__list_available_integrations', { type: 'soap' }, 'type'],
    ['agentport__install_integration', { integration_id: 'github', auth_method: 'magic' }, 'auth_method'],
    ['agentport__list_integration_tools', { limit: 0 }, 'limit'],
    ['agentport__list_integration_tools', { limit: 201 }, 'limit'],
    ['agentport__list_integration_tools', { limit: 1.5 }, 'limit'],
    ['agentport__describe_tool', { integration_id: 'mail' }, 'tool_name'],
    ['agentport__call_tool', { integration_id: 'mail', tool_name: 'send_mail' }, 'arguments'],
    ['agentport__call_tool', { integration_id: 'mail', tool_name: 'send_mail', arguments: [] }, 'arguments'],
    [
      'agentport__call_tool',
      { integration_id: 'mail', tool_name: 'send_mail', arguments: {}, additional_info: 7 },
      'additional_info',
    ],
    ['agentport__await_approval', {}, 'request_id'],
    ['agentport__await_approval', { request_id: 'x', timeout_seconds: 241 }, 'timeout_seconds'],
    ['agentport__await_approval', { request_id: 'x', timeout_seconds: 0 }, 'timeout_seconds'],
  ])('%s with %j names the field %s', async (tool, args, field) => {
    expect(await errorOf(tool, args as unknown as JsonObject)).toContain(field)
  })
})
