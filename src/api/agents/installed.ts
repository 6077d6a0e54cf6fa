import { z } from 'zod'
import { type Caller, connectUrl, UNINSTALL_TOOL } from '../../calls/calls.ts'
import { AppError } from '../../lib/errors.ts'
import type { Connection } from '../../upstreams/upstreams.ts'
import { type Operation, reply } from '../operation.ts'
import { Detail, detail } from '../refusals.ts'
import { type AgentRooms, agentOperation, CONNECTION, IntegrationId } from './agent-operations.ts'
import { ApprovalRequired, Denied, NotRun, outcomeReply } from './outcome-reply.ts'

const Installed = z
  .object({
    id: z.string(),
    org_id: z.string().describe('Of the owner; there are no organizations here'),
    integration_id: z.string().describe('What every other path means by integration_id'),
    type: z.enum(['remote_mcp', 'custom']),
    url: z.string().describe('Of a server that its owner added, its origin only: a path may hold a secret'),
    auth_method: z.enum(['none', 'token', 'oauth']),
    connected: z.boolean(),
    updating_tool_cache: z.boolean().describe('Always false: nobody waits for a list of tools here'),
    added_at: z.iso.datetime(),
    has_token: z.boolean(),
  })
  .meta({ id: 'Installed' })

const JustInstalled = Installed.extend({
  authorization_url: z.string().optional().describe('Where a person has to act before it is connected'),
  message: z.string().optional(),
})

const ForPeople = Detail.extend({ authorization_url: z.string().describe('Where its owner enters it') })

const Link = z.object({
  authorization_url: z.string().describe('For a person to open'),
  state: z.string().nullable().describe('Always null: a sign-in is bound to the browser of whoever opens the link'),
})

const METHODS = ['none', 'token', 'oauth'] as const

export function installedOperations({ catalogue, upstreams, calls, origin }: AgentRooms): Operation<Caller>[] {
  function present(connection: Connection): z.input<typeof Installed> {
    const { id, userId, slug, url, authMethod, connected, addedAt } = connection
    const isKnown = catalogue.find(connection.integrationId)?.url === url
    return {
      id,
      org_id: userId,
      integration_id: slug,
      type: 'remote_mcp',
      url: isKnown ? url : new URL(url).origin,
      auth_method: authMethod,
      connected,
      updating_tool_cache: false,
      added_at: new Date(addedAt).toISOString(),
      has_token: authMethod === 'token' && connected,
    }
  }

  /** @throws AppError */
  async function installedOne({ principal }: Caller, slug: string): Promise<Connection> {
    const connection = await upstreams.reachableBy(principal).find(slug)
    if (connection) return connection
    throw new AppError('not_found', 'No such integration is installed. GET /api/installed lists what is.')
  }

  const notByAgents = (url: string) => ({
    detail: `Agents never send a credential. Ask the owner to enter it at ${url}`,
    authorization_url: url,
  })

  return [
    agentOperation(
      {
        id: 'listInstalled',
        method: 'GET',
        path: '/api/installed',
        summary: 'What is installed',
        answers: { 200: { description: 'All that this key may use', body: z.array(Installed) } },
      },
      async ({ principal }) => {
        return reply(200, (await upstreams.reachableBy(principal).connections()).map(present))
      },
    ),
    agentOperation(
      {
        id: 'install',
        method: 'POST',
        path: '/api/installed',
        summary: 'Install an integration',
        description:
          'Without a token: where a person has to act, the answer has the link where they sign in or enter the credential. Every tool needs approval until the owner says otherwise.',
        body: z.object({
          integration_id: IntegrationId,
          auth_method: z.string().describe('token, oauth or none, as the integration offers'),
          token: z.string().nullish().describe('Not taken: the answer to it is 422, with the link for the owner'),
          as: z.string().max(64).optional().describe('Id for a second account, as github-work'),
        }),
        answers: {
          201: { description: 'Installed', body: JustInstalled },
          400: detail('It does not offer that way to sign in, or that is no id for an account'),
          403: detail('This key is limited to chosen connections'),
          404: detail('There is no such integration'),
          409: detail('It is installed already'),
          422: { description: 'A token was sent', body: ForPeople },
          502: detail('Its server cannot be reached'),
        },
      },
      async ({ principal }, { body }) => {
        const integration = catalogue.find(body.integration_id)
        if (!integration)
          throw new AppError('not_found', 'There is no such integration. GET /api/integrations lists what there is.')
        const reachable = upstreams.reachableBy(principal)
        if (body.token) {
          const isThere = await reachable.find(body.as ?? integration.id)
          const url = isThere ? connectUrl(origin, isThere.slug) : `${origin}/catalogue/${integration.id}`
          return reply(422, notByAgents(url))
        }
        const method = METHODS.find((each) => each === body.auth_method)
        if (!method) throw new AppError('bad_request', 'auth_method must be token, oauth or none.')
        const actor = `${principal.kind}:${principal.id}` as const
        const { connection } = await reachable.install({ integration, method, as: body.as }, actor)
        if (connection.connected) return reply(201, present(connection))
        const authorization_url = connectUrl(origin, connection.slug)
        const message =
          'Share authorization_url with the owner, who signs in or enters the credential there. GET /api/installed tells when it is connected.'
        return reply(201, { ...present(connection), authorization_url, message })
      },
    ),
    agentOperation(
      {
        id: 'updateInstalled',
        method: 'PATCH',
        path: '/api/installed/{integration_id}',
        summary: 'Where a new token is entered',
        description: 'Takes none: it answers with the link where the owner enters it.',
        params: { integration_id: CONNECTION },
        body: z.object({ token: z.string() }),
        answers: {
          400: detail('It needs no token'),
          404: detail('No such integration is installed'),
          422: { description: 'Always, with the link', body: ForPeople },
        },
      },
      async (caller, { params }) => {
        const { authMethod, slug } = await installedOne(caller, params.integration_id)
        if (authMethod === 'token') return reply(422, notByAgents(connectUrl(origin, slug)))
        throw new AppError('bad_request', `${slug} does not take a token.`)
      },
    ),
    agentOperation(
      {
        id: 'uninstall',
        method: 'DELETE',
        path: '/api/installed/{integration_id}',
        summary: 'Remove an integration',
        description: 'A person is asked first. Send it again once they have said yes.',
        params: { integration_id: CONNECTION },
        answers: {
          204: { description: 'Removed', body: null },
          403: { description: 'A person has to say yes, or has said no', body: z.union([ApprovalRequired, Denied]) },
          404: { description: 'No such integration is installed', body: NotRun },
          409: { description: 'It is being removed, or was asked for and voided', body: NotRun },
          422: { description: 'Not taken', body: NotRun },
          429: { description: 'Too many requests of this key wait for people', body: NotRun },
          502: { description: 'It could not be removed', body: NotRun },
        },
      },
      async (caller, { params, signal }) => {
        const slug = params.integration_id
        const outcome = await calls.uninstall(caller, { slug, note: null }, { signal })
        const told = outcomeReply(outcome, { integrationId: slug, toolName: UNINSTALL_TOOL.name, origin })
        return told.status === 200 ? ({ status: 204 } as const) : told
      },
    ),
    agentOperation(
      {
        id: 'startSignIn',
        method: 'POST',
        path: '/api/auth/{integration_id}/start',
        summary: 'A link where the owner signs in or enters the credential',
        description: 'What works now goes on working until then.',
        params: { integration_id: CONNECTION },
        answers: {
          200: { description: 'The link', body: Link },
          400: detail('It needs no sign-in'),
          404: detail('No such integration is installed'),
        },
      },
      async (caller, { params }) => {
        const { authMethod, slug } = await installedOne(caller, params.integration_id)
        if (authMethod === 'none') throw new AppError('bad_request', `${slug} needs no sign-in.`)
        return reply(200, { authorization_url: connectUrl(origin, slug), state: null })
      },
    ),
  ]
}
