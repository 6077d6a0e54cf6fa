import type { CallToolResult } from '@modelcontextprotocol/server'
import { z } from 'zod'
import { type Caller, type CallOptions, type Calls, connectUrl, OUTCOME_META } from '../calls/calls.ts'
import type { Catalogue, Integration } from '../catalogue/catalogue.ts'
import { AppError } from '../lib/errors.ts'
import { isJsonObject, type JsonObject } from '../lib/json.ts'
import type { Policy } from '../policy/policy.ts'
import { type Connection, type ListedTool, type Reachable, toolFacts, type Upstreams } from '../upstreams/upstreams.ts'
import type { MetaToolName } from './meta-tools.ts'
import { renderOutcome } from './render-outcome.ts'
import { INPUTS, type OUTPUTS } from './tool-schemas.ts'

export interface MetaToolCall {
  name: string
  /** As it came, untouched by any schema: what is shown and hashed is what was sent. */
  arguments: JsonObject
  /** Source texts of numbers in the message that a double cannot hold. */
  inexactNumbers: readonly string[]
  caller: Caller
  options: CallOptions
}

export interface MetaToolDeps {
  catalogue: Catalogue
  /** Not the whole of it: an agent's limits hold wherever it asks. */
  upstreams: Pick<Upstreams, 'reachableBy'>
  policy: Policy
  calls: Calls
  origin: string
}

type Act = (call: MetaToolCall, deps: MetaToolDeps) => Promise<CallToolResult>

const DEFAULT_AWAIT_S = 45
const DEFAULT_PAGE = 50

export const isMetaTool = (name: string): name is MetaToolName => Object.hasOwn(ACTS, name)

/** Null for a name that is none of ours. */
export async function actOn(call: MetaToolCall, deps: MetaToolDeps): Promise<CallToolResult | null> {
  const { name } = call
  if (!isMetaTool(name)) return null
  try {
    return await ACTS[name](call, deps)
  } catch (error) {
    if (error instanceof AppError) return invalid(error.message)
    throw error
  }
}

const ACTS: Record<MetaToolName, Act> = {
  async agentport__list_installed_integrations({ caller }, { upstreams }) {
    const connections = await upstreams.reachableBy(caller.principal).connections()
    const integrations = connections.map((each) => ({
      integration_id: each.slug,
      name: each.name,
      type: 'mcp',
      auth_method: each.authMethod,
      connected: each.connected,
      tool_count: each.toolCount,
      added_at: new Date(each.addedAt).toISOString(),
    }))
    return structured<typeof OUTPUTS.listInstalled>({ integrations })
  },

  async agentport__list_available_integrations(call, { catalogue, upstreams }) {
    const { query, type } = read(INPUTS.listAvailable, call)
    const installed = await upstreams.reachableBy(call.caller.principal).connections()
    const found = query ? catalogue.search(query) : catalogue.all()
    const integrations = found
      .filter((integration) => !type || integration.kind === type)
      .map((integration) => present(integration, installed))
    return structured<typeof OUTPUTS.listAvailable>({ integrations })
  },

  async agentport__get_integration(call, { catalogue, upstreams }) {
    const { integration_id } = read(INPUTS.getIntegration, call)
    const installed = await upstreams.reachableBy(call.caller.principal).connections()
    const connection = installed.find((each) => each.slug === integration_id)
    const integration = catalogue.find(connection?.integrationId ?? integration_id)
    if (integration) return structured<typeof OUTPUTS.getIntegration>(present(integration, installed))
    if (!connection) throw unknownIntegration(integration_id)
    return structured<typeof OUTPUTS.getIntegration>({
      id: connection.slug,
      name: connection.name,
      description: 'A server that the owner added by its URL.',
      category: 'Custom',
      type: 'mcp',
      auth_methods: [connection.authMethod],
      docs_url: null,
      installed: true,
    })
  },

  async agentport__install_integration(call, { catalogue, upstreams, origin }) {
    const { integration_id, auth_method, as } = read(INPUTS.install, call)
    const integration = catalogue.find(integration_id)
    if (!integration) throw unknownIntegration(integration_id)
    const { principal } = call.caller
    const reachable = upstreams.reachableBy(principal)
    const actor = `${principal.kind}:${principal.id}` as const
    const { connection, tools } = await reachable.install({ integration, method: auth_method, as }, actor)
    const { slug } = connection
    if (!connection.connected) return needsHuman(slug, origin)
    const message = `${integration.name} is installed with ${tools} tools. Each needs approval until its owner says otherwise.`
    return structured<typeof OUTPUTS.install>({ installed: true, connected: true, integration_id: slug, message })
  },

  async agentport__uninstall_integration(call, { calls, origin }) {
    const { integration_id } = read(INPUTS.uninstall, call)
    return renderOutcome(await calls.uninstall(call.caller, { slug: integration_id, note: null }, call.options), origin)
  },

  async agentport__get_auth_status(call, { upstreams }) {
    const connection = await installedOne(
      read(INPUTS.authStatus, call).integration_id,
      upstreams.reachableBy(call.caller.principal),
    )
    return structured<typeof OUTPUTS.authStatus>({
      integration_id: connection.slug,
      connected: connection.connected,
      auth_method: connection.authMethod,
      oauth_status: connection.oauthStatus,
      last_error: connection.lastError,
    })
  },

  async agentport__start_oauth_flow(call, { upstreams, origin }) {
    const connection = await installedOne(
      read(INPUTS.startOauth, call).integration_id,
      upstreams.reachableBy(call.caller.principal),
    )
    if (connection.authMethod === 'none') throw new AppError('bad_request', `${connection.slug} needs no sign-in.`)
    return structured<typeof OUTPUTS.startOauth>({
      authorization_url: connectUrl(origin, connection.slug),
      message: `Share this link with the human, who ${connection.authMethod === 'oauth' ? 'signs in' : 'enters the credential'} there. What works now goes on working until then.`,
    })
  },

  async agentport__list_integration_tools(call, deps) {
    const { integration_id = null, query = null, limit = DEFAULT_PAGE, cursor } = read(INPUTS.listTools, call)
    const reachable = deps.upstreams.reachableBy(call.caller.principal)
    if (integration_id !== null) await installedOne(integration_id, reachable)
    const offset = cursor === undefined ? 0 : readCursor(cursor)
    // One more than asked for tells whether there is a next page.
    const found = await reachable.searchTools({ slug: integration_id, query, limit: limit + 1, offset })
    const tools = found.slice(0, limit).map((tool) => presentTool(tool, integration_id !== null, deps.policy))
    return structured<typeof OUTPUTS.listTools>({
      tools,
      ...(found.length > limit ? { next_cursor: writeCursor(offset + limit) } : {}),
    })
  },

  async agentport__describe_tool(call, { upstreams, policy }) {
    const { integration_id, tool_name } = read(INPUTS.describeTool, call)
    const reachable = upstreams.reachableBy(call.caller.principal)
    const connection = await installedOne(integration_id, reachable)
    const lookup = await reachable.tool(integration_id, tool_name)
    if (lookup.found === 'no_tool') {
      const near = lookup.near.length > 0 ? ` Did you mean ${lookup.near.join(', ')}?` : ''
      throw new AppError('not_found', `${connection.slug} has no tool ${JSON.stringify(tool_name)}.${near}`)
    }
    if (lookup.found !== 'tool') throw new AppError('not_found', `${connection.slug} is not connected yet.`)
    const { definition } = lookup.handle
    return structured<typeof OUTPUTS.describeTool>({
      integration_id: connection.slug,
      tool: definition.raw,
      approval: policy.decide(toolFacts(lookup.handle)),
    })
  },

  async agentport__call_tool(call, { calls, origin }) {
    const { integration_id, tool_name, additional_info } = read(INPUTS.callTool, call)
    const args = call.arguments.arguments
    const toolCall = {
      slug: integration_id,
      toolName: tool_name,
      arguments: isJsonObject(args) ? args : {},
      inexactNumbers: call.inexactNumbers,
      note: additional_info?.trim() ? additional_info : null,
    }
    return renderOutcome(await calls.callTool(call.caller, toolCall, call.options), origin)
  },

  async agentport__await_approval(call, { calls, origin }) {
    const { request_id, timeout_seconds = DEFAULT_AWAIT_S } = read(INPUTS.awaitApproval, call)
    const wait = { requestId: request_id, timeoutMs: timeout_seconds * 1000 }
    return renderOutcome(await calls.awaitApproval(call.caller, wait, call.options), origin)
  },
}

/** @throws AppError that names the field. */
function read<T extends z.ZodObject>(schema: T, call: MetaToolCall): z.infer<T> {
  const parsed = schema.safeParse(call.arguments)
  if (parsed.success) return parsed.data
  throw new AppError('bad_request', `The arguments do not fit ${call.name}:\n${z.prettifyError(parsed.error)}`)
}

function structured<T extends z.ZodObject>(content: z.infer<T>): CallToolResult {
  return {
    content: [{ type: 'text', text: JSON.stringify(content) }],
    structuredContent: content as { [key: string]: unknown },
  }
}

function invalid(message: string): CallToolResult {
  return { content: [{ type: 'text', text: message }], isError: true, _meta: { [OUTCOME_META]: 'invalid' } }
}

function needsHuman(slug: string, origin: string): CallToolResult {
  return structured<typeof OUTPUTS.install>({
    installed: true,
    connected: false,
    integration_id: slug,
    authorization_url: connectUrl(origin, slug),
    message:
      'Share authorization_url with the human, who signs in or enters the credential there, never here. agentport__get_auth_status tells when it is connected.',
  })
}

const unknownIntegration = (id: string) =>
  new AppError(
    'not_found',
    `There is no integration ${JSON.stringify(id)}. agentport__list_available_integrations finds it by name.`,
  )

async function installedOne(slug: string, reachable: Reachable): Promise<Connection> {
  const connection = await reachable.find(slug)
  if (connection) return connection
  throw new AppError(
    'not_found',
    `No integration ${JSON.stringify(slug)} is installed. agentport__list_installed_integrations lists what is.`,
  )
}

function present(integration: Integration, installed: readonly Connection[]) {
  return {
    id: integration.id,
    name: integration.name,
    description: integration.description,
    category: integration.category,
    type: integration.kind,
    auth_methods: [...new Set(integration.auth.map((auth) => auth.method))],
    docs_url: integration.docsUrl,
    installed: installed.some((connection) => connection.integrationId === integration.id),
  }
}

function presentTool(tool: ListedTool, withSchema: boolean, policy: Policy) {
  const { connection, definition } = tool
  return {
    integration_id: connection.slug,
    name: definition.name,
    title: definition.title,
    description: definition.description,
    approval_mode: policy.decide(toolFacts(tool)).mode,
    ...(withSchema ? { inputSchema: definition.inputSchema } : {}),
  }
}

/** Opaque to the caller; a position in the list. */
const writeCursor = (offset: number): string => Buffer.from(`o${offset}`).toString('base64url')

function readCursor(cursor: string): number {
  const match = /^o(\d{1,9})$/.exec(Buffer.from(cursor, 'base64url').toString())
  if (!match)
    throw new AppError('bad_request', 'That cursor is not one of ours. Leave it out to start from the first page.')
  return Number(match[1])
}
