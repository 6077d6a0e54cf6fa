import { z } from 'zod'
import type { TokenHolder } from '../../identity/identity.ts'
import { AppError } from '../../lib/errors.ts'
import { APPROVAL_MODES } from '../../policy/policy.ts'
import { type ListedTool, toolFacts } from '../../upstreams/upstreams.ts'
import { type Operation, reply } from '../operation.ts'
import { problem } from '../refusals.ts'
import { listOf, PageQuery, pageOf } from './paging.ts'
import { actorOf, mustTighten, type PeopleRooms, personOperation } from './people-operations.ts'

const APolicy = z
  .object({
    connection_id: z.string(),
    tool_name: z.string(),
    mode: z.enum(APPROVAL_MODES),
    source: z
      .enum(['default', 'policy', 'definition_changed'])
      .describe(
        'default: you have said nothing; definition_changed: it was allowed, and its server has changed it since',
      ),
  })
  .meta({ id: 'Policy' })

const Tightened = z.object({
  tool_name: z.string().min(1).max(300),
  mode: z.enum(['require_approval', 'deny']).describe('allow is not among them: only a person allows, on the page'),
})

export function policyOperations({ upstreams, policy }: PeopleRooms): Operation<TokenHolder>[] {
  const present = (tool: ListedTool): z.input<typeof APolicy> => ({
    connection_id: tool.connection.slug,
    tool_name: tool.definition.name,
    ...policy.decide(toolFacts(tool)),
  })

  async function connectionOf(userId: string, slug: string) {
    const connection = await upstreams.find(userId, slug)
    if (connection) return connection
    throw new AppError('not_found', 'There is no such connection.')
  }

  return [
    personOperation(
      {
        id: 'listPolicies',
        method: 'GET',
        path: '/api/human/connections/{connection_id}/policies',
        summary: 'What holds for each tool of a connection, by name',
        params: { connection_id: 'As agents name it' },
        query: PageQuery,
        answers: {
          200: { description: 'A page of them', body: listOf(APolicy) },
          400: problem('That cursor is not one of ours'),
          404: problem('There is no such connection'),
        },
      },
      async ({ userId }, { params, query }) => {
        const { id } = await connectionOf(userId, params.connection_id)
        const page = pageOf(await upstreams.tools(id), ({ definition }) => definition.name, query)
        return reply(200, { ...page, items: page.items.map(present) })
      },
    ),
    personOperation(
      {
        id: 'tightenPolicy',
        method: 'POST',
        path: '/api/human/connections/{connection_id}/policies',
        summary: 'Make a tool ask or be denied',
        description:
          'With a token that may tighten. Where it would let more happen than now, as ask instead of deny, it is refused. Setting what holds already changes nothing.',
        params: { connection_id: 'As agents name it' },
        body: Tightened,
        answers: {
          200: { description: 'What holds now', body: APolicy },
          403: problem('It would let more happen, or this token may only read'),
          404: problem('There is no such connection or tool'),
        },
      },
      async (holder, { params, body }) => {
        mustTighten(holder)
        const { tool_name: name, mode } = body
        const { id } = await connectionOf(holder.userId, params.connection_id)
        const tool = (await upstreams.tools(id)).find(({ definition }) => definition.name === name)
        if (!tool) throw new AppError('not_found', 'The connection has no such tool.')
        await policy.tighten({ ...toolFacts(tool), mode, actor: actorOf(holder) })
        return reply(200, present(tool))
      },
    ),
  ]
}
