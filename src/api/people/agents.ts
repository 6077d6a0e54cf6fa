import { z } from 'zod'
import type { Agent, TokenHolder } from '../../identity/identity.ts'
import { AppError } from '../../lib/errors.ts'
import { type Operation, reply } from '../operation.ts'
import { problem } from '../refusals.ts'
import { listOf, PageQuery, pageOf } from './paging.ts'
import {
  actorOf,
  mustTighten,
  type PeopleRooms,
  personOperation,
  Time,
  timeOf,
  timeOrNull,
} from './people-operations.ts'

const AnAgent = z
  .object({
    id: z.string(),
    kind: z.enum(['api_key', 'oauth_client']),
    name: z.string(),
    prefix: z.string().nullable().describe('The first characters of a key'),
    program: z.string().nullable().describe('What it calls itself'),
    connections: z.array(z.string()).nullable().describe('Those that it may use; null for all'),
    created_at: Time,
    expires_at: Time.nullable(),
    last_used_at: Time.nullable(),
    last_used_from: z.string().nullable(),
    revoked_at: Time.nullable(),
  })
  .meta({ id: 'Agent' })

export function agentOperations({ identity, upstreams }: PeopleRooms): Operation<TokenHolder>[] {
  const { agents } = identity

  async function presentFor(userId: string): Promise<(agent: Agent) => z.input<typeof AnAgent>> {
    const slugs = new Map((await upstreams.connections(userId)).map(({ id, slug }) => [id, slug]))
    return (agent) => ({
      id: agent.id,
      kind: agent.kind,
      name: agent.name,
      prefix: agent.prefix,
      program: agent.program,
      connections: agent.connections?.flatMap((id) => slugs.get(id) ?? []) ?? null,
      created_at: timeOf(agent.createdAt),
      expires_at: timeOrNull(agent.expiresAt),
      last_used_at: timeOrNull(agent.lastUsedAt),
      last_used_from: agent.lastUsedFrom,
      revoked_at: timeOrNull(agent.revokedAt),
    })
  }

  return [
    personOperation(
      {
        id: 'listAgents',
        method: 'GET',
        path: '/api/human/agents',
        summary: 'Your agents, those that are revoked too, the oldest first',
        query: PageQuery,
        answers: {
          200: { description: 'A page of them', body: listOf(AnAgent) },
          400: problem('That cursor is not one of ours'),
        },
      },
      async ({ userId }, { query }) => {
        const page = pageOf(await agents.list(userId), ({ createdAt, id }) => `${timeOf(createdAt)} ${id}`, query)
        return reply(200, { ...page, items: page.items.map(await presentFor(userId)) })
      },
    ),
    personOperation(
      {
        id: 'getAgent',
        method: 'GET',
        path: '/api/human/agents/{agent_id}',
        summary: 'One agent',
        params: { agent_id: 'Its id' },
        answers: { 200: { description: 'It', body: AnAgent }, 404: problem('There is no such agent') },
      },
      async ({ userId }, { params }) => {
        const agent = await agents.find(userId, params.agent_id)
        if (!agent) throw new AppError('not_found', 'There is no such agent.')
        const present = await presentFor(userId)
        return reply(200, present(agent))
      },
    ),
    personOperation(
      {
        id: 'revokeAgent',
        method: 'DELETE',
        path: '/api/human/agents/{agent_id}',
        summary: 'Revoke an agent',
        description:
          'With a token that may tighten. The agent is shut out at once: its waits end, and what it asked is void. This cannot be undone.',
        params: { agent_id: 'Its id' },
        answers: {
          204: { description: 'Revoked', body: null },
          403: problem('This token may only read'),
          404: problem('There is no such agent, or it is revoked already'),
        },
      },
      async (holder, { params }) => {
        mustTighten(holder)
        await agents.revoke(holder.userId, params.agent_id, actorOf(holder))
        return { status: 204 as const }
      },
    ),
  ]
}
