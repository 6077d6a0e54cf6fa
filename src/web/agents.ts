import { AgentCalls, AgentPage } from '../../views/pages/agent.tsx'
import { AgentsPage } from '../../views/pages/agents.tsx'
import { AppError } from '../lib/errors.ts'
import { agentSummary } from './agent-props.ts'
import { fragment, page, seeOther } from './page.ts'
import { readChosen, readReach } from './reach.ts'
import { type HumanRequest, param, type Route } from './routes.ts'
import type { WebRooms } from './web-rooms.ts'

const MOST_RECENT = 10

export function agentRoutes(rooms: WebRooms): Route<HumanRequest>[] {
  const { identity, upstreams, approvals, frames, callProps, clock } = rooms
  const { agents, oauth } = identity

  /** @throws AppError not_found */
  async function agentOf(request: HumanRequest) {
    const agent = await agents.find(request.session.user.id, param(request, 'id'))
    if (!agent) throw new AppError('not_found', 'There is no such agent.')
    return agent
  }

  async function callsOf({ session }: HumanRequest, agentId: string) {
    const userId = session.user.id
    const waiting = (await approvals.waiting(userId)).filter(({ principalId }) => principalId === agentId)
    const { calls } = await approvals.history.calls(userId, { principalId: agentId }, null)
    const recent = calls.filter(({ state }) => state !== 'pending').slice(0, MOST_RECENT)
    return {
      waiting: await callProps.summaries(waiting, session),
      recent: await callProps.summaries(recent, session),
    }
  }

  /** @param sent a form of limits that has to be mended. */
  async function agentPage(request: HumanRequest, error: AppError | null, sent: URLSearchParams | null) {
    const agent = await agentOf(request)
    const connections = await upstreams.connections(request.session.user.id)
    const props = {
      frame: await frames.of(request.session),
      agent: await agentSummary(agent, { oauth, connections, now: clock.now() }),
      ...(await callsOf(request, agent.id)),
      connections,
      chosen: sent ? readChosen(sent) : { connections: agent.connections, lifetime: lifetimeOf(agent.expiresAt) },
      error: error?.message ?? null,
    }
    return page(AgentPage(props), error?.status ?? 200)
  }

  /** A form of an agent's own page. */
  function change(
    what: string,
    says: string,
    act: (request: HumanRequest, userId: string, id: string) => Promise<void>,
  ): Route<HumanRequest> {
    return {
      method: 'POST',
      path: `/agents/:id/${what}`,
      says: () => says,
      async handle(request) {
        const { id } = await agentOf(request)
        try {
          await act(request, request.session.user.id, id)
        } catch (error) {
          if (error instanceof AppError) return agentPage(request, error, what === 'reach' ? request.form : null)
          throw error
        }
        return seeOther(`/agents/${id}`)
      },
    }
  }

  return [
    {
      method: 'GET',
      path: '/agents',
      async handle({ session, url }) {
        const userId = session.user.id
        const connections = await upstreams.connections(userId)
        const facts = { oauth, connections, now: clock.now() }
        const before = url.searchParams.get('before')
        const revoked = await agents.revoked(userId, readPlace(before))
        const all = [...(before === null ? await agents.unrevoked(userId) : []), ...revoked.agents]
        const shown = await Promise.all(all.map((agent) => agentSummary(agent, facts)))
        const older = revoked.older && `${revoked.older.revokedAt}.${revoked.older.id}`
        return page(AgentsPage({ frame: await frames.of(session), agents: shown, before, older }))
      },
    },
    { method: 'GET', path: '/agents/:id', handle: (request) => agentPage(request, null, null) },
    {
      method: 'GET',
      path: '/agents/:id/calls',
      async handle(request) {
        const { id } = await agentOf(request)
        return fragment(AgentCalls({ id, ...(await callsOf(request, id)) }))
      },
    },
    change('name', 'Rename an agent', ({ form }, userId, id) =>
      agents.rename(userId, id, form.get('name') ?? '', `user:${userId}`),
    ),
    change('reach', 'Limit an agent', async (request, userId, id) => {
      const { expiresAt } = await agentOf(request)
      const reach = readReach(request.form, await upstreams.connections(userId), clock.now(), expiresAt)
      await agents.limit(userId, id, reach, `user:${userId}`)
    }),
    change('revoke', 'Revoke an agent', (_, userId, id) => agents.revoke(userId, id, `user:${userId}`)),
  ]
}

/** Opaque to whoever follows the link. */
function readPlace(text: string | null): { revokedAt: number; id: string } | null {
  if (text === null) return null
  const [, revokedAt, id] = /^(\d{1,15})\.([0-9a-z]{1,40})$/.exec(text) ?? []
  if (revokedAt === undefined || id === undefined)
    throw new AppError('bad_request', 'That link is not one of ours. Begin with the newest.')
  return { revokedAt: Number(revokedAt), id }
}

const lifetimeOf = (expiresAt: number | null): string => (expiresAt === null ? 'forever' : 'as_it_is')
