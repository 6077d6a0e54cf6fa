import { z } from 'zod'
import type { Caller } from '../../calls/calls.ts'
import { type Integration, waysToConnect } from '../../catalogue/catalogue.ts'
import { AppError } from '../../lib/errors.ts'
import type { Connection } from '../../upstreams/upstreams.ts'
import { type Operation, reply } from '../operation.ts'
import { detail } from '../refusals.ts'
import { type AgentRooms, agentOperation } from './agent-operations.ts'

const TYPES = ['remote_mcp', 'custom'] as const
const TYPE_OF_KIND = { mcp: 'remote_mcp', rest: 'custom' } as const satisfies Record<
  Integration['kind'],
  (typeof TYPES)[number]
>

const Auth = z.looseObject({ method: z.enum(['none', 'token', 'oauth']) })

const AnIntegration = z
  .object({
    id: z.string(),
    name: z.string(),
    type: z.enum(TYPES).describe('remote_mcp: an MCP server; custom: an API described to us'),
    description: z.string().nullable(),
    docs_url: z.string().nullable(),
    auth: z.array(Auth).describe('How one signs in to it'),
    tool_categories: z.record(z.string(), z.string()),
    url: z.string().optional().describe('Of a server that its owner added, its origin only: a path may hold a secret'),
    base_url: z.string().optional(),
    tools: z.array(z.unknown()).optional(),
    available: z.boolean().describe('Whether it can be connected here'),
    available_reason: z.string().nullable(),
  })
  .meta({ id: 'Integration' })

export function integrationOperations({ catalogue, upstreams }: AgentRooms): Operation<Caller>[] {
  /** What the agent may use beside the catalogue: servers that the owner added, and second accounts. */
  async function others(caller: Caller) {
    const connections = await upstreams.reachableBy(caller.principal).connections()
    return connections.filter(({ slug }) => catalogue.find(slug) === null)
  }

  function presentConnection(connection: Connection): z.input<typeof AnIntegration> {
    const known = catalogue.find(connection.integrationId)
    if (known) return { ...present(known), id: connection.slug, name: connection.name }
    return {
      id: connection.slug,
      name: connection.name,
      type: 'remote_mcp',
      description: 'A server that the owner added by its URL.',
      docs_url: null,
      auth: [{ method: connection.authMethod }],
      tool_categories: {},
      url: new URL(connection.url).origin,
      available: true,
      available_reason: null,
    }
  }

  return [
    agentOperation(
      {
        id: 'listIntegrations',
        method: 'GET',
        path: '/api/integrations',
        summary: 'What can be installed, and what the owner has added beside that',
        query: z.object({ type: z.string().optional().describe('Only those of this type') }),
        answers: { 200: { description: 'All of them', body: z.array(AnIntegration) } },
      },
      async (caller, { query }) => {
        const all = [...catalogue.all().map(present), ...(await others(caller)).map(presentConnection)]
        return reply(
          200,
          all.filter(({ type }) => query.type === undefined || query.type === type),
        )
      },
    ),
    agentOperation(
      {
        id: 'getIntegration',
        method: 'GET',
        path: '/api/integrations/{integration_id}',
        summary: 'One integration',
        params: { integration_id: 'Its id, or that of an installed one' },
        answers: { 200: { description: 'It', body: AnIntegration }, 404: detail('There is no such integration') },
      },
      async (caller, { params }) => {
        const known = catalogue.find(params.integration_id)
        if (known) return reply(200, present(known))
        const connection = (await others(caller)).find(({ slug }) => slug === params.integration_id)
        if (connection) return reply(200, presentConnection(connection))
        throw new AppError('not_found', 'There is no such integration. GET /api/integrations lists what there is.')
      },
    ),
  ]
}

function present(integration: Integration): z.input<typeof AnIntegration> {
  const { id, name, kind, description, docsUrl, url } = integration
  const available = waysToConnect(integration).length > 0
  return {
    id,
    name,
    type: TYPE_OF_KIND[kind],
    description,
    docs_url: docsUrl,
    auth: integration.auth.map(presentAuth),
    tool_categories: {},
    ...(kind === 'mcp' ? { url } : { base_url: url, tools: [] }),
    available,
    available_reason: available ? null : 'This version cannot connect it yet.',
  }
}

function presentAuth(auth: Integration['auth'][number]): z.input<typeof Auth> {
  switch (auth.method) {
    case 'none':
      return { method: 'none' }
    case 'token':
      return { method: 'token', label: auth.label, header: auth.header, format: auth.format }
    case 'oauth':
      return {
        method: 'oauth',
        note: null,
        registration_url: null,
        provider: auth.provider ?? null,
        authorization_url: auth.authorizationUrl ?? null,
        token_url: auth.tokenUrl ?? null,
        scopes: auth.scopes ?? null,
        scope_param: auth.scopeParam ?? 'scope',
        extra_auth_params: auth.extraParams ?? {},
      }
  }
}
