import { z } from 'zod'
import type { TokenHolder } from '../../identity/identity.ts'
import { AppError } from '../../lib/errors.ts'
import type { Connection } from '../../upstreams/upstreams.ts'
import { type Operation, reply } from '../operation.ts'
import { problem } from '../refusals.ts'
import { listOf, PageQuery, pageOf } from './paging.ts'
import { type PeopleRooms, personOperation, Time, timeOf, timeOrNull } from './people-operations.ts'

const AConnection = z
  .object({
    id: z.string().describe('As agents name it'),
    name: z.string(),
    integration_id: z.string().describe('In the catalogue; custom for a server added by its URL'),
    url: z.string(),
    auth_method: z.enum(['none', 'token', 'oauth']),
    connected: z.boolean(),
    oauth_status: z
      .enum(['not_signed_in', 'signed_in', 'sign_in_needed', 'wider_access_needed'])
      .nullable()
      .describe('How its sign-in stands; null where one does not sign in'),
    tool_count: z.int(),
    added_at: Time,
    tools_read_at: Time.nullable(),
    last_error: z.string().nullable(),
  })
  .meta({ id: 'Connection' })

export const connectionOperations = ({ upstreams }: PeopleRooms): Operation<TokenHolder>[] => [
  personOperation(
    {
      id: 'listConnections',
      method: 'GET',
      path: '/api/human/connections',
      summary: 'Your connections, by id',
      query: PageQuery,
      answers: {
        200: { description: 'A page of them', body: listOf(AConnection) },
        400: problem('That cursor is not one of ours'),
      },
    },
    async ({ userId }, { query }) => {
      const page = pageOf(await upstreams.connections(userId), ({ slug }) => slug, query)
      return reply(200, { ...page, items: page.items.map(present) })
    },
  ),
  personOperation(
    {
      id: 'getConnection',
      method: 'GET',
      path: '/api/human/connections/{connection_id}',
      summary: 'One connection',
      params: { connection_id: 'As agents name it' },
      answers: { 200: { description: 'It', body: AConnection }, 404: problem('There is no such connection') },
    },
    async ({ userId }, { params }) => {
      const connection = await upstreams.find(userId, params.connection_id)
      if (!connection) throw new AppError('not_found', 'There is no such connection.')
      return reply(200, present(connection))
    },
  ),
]

function present(connection: Connection & { toolCount: number }): z.input<typeof AConnection> {
  const { slug, name, integrationId, url, authMethod, connected, oauthStatus, toolCount } = connection
  return {
    id: slug,
    name,
    integration_id: integrationId,
    url,
    auth_method: authMethod,
    connected,
    oauth_status: oauthStatus,
    tool_count: toolCount,
    added_at: timeOf(connection.addedAt),
    tools_read_at: timeOrNull(connection.toolsFetchedAt),
    last_error: connection.lastError,
  }
}
