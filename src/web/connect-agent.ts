import { ConnectAgentPage } from '../../views/pages/connect-agent.tsx'
import { KeyCreatedPage } from '../../views/pages/key-created.tsx'
import { Arrivals } from '../../views/parts/arrivals.tsx'
import { AppError } from '../lib/errors.ts'
import { agentSummary } from './agent-props.ts'
import { fragment, page } from './page.ts'
import { readChosen, readReach, UNLIMITED } from './reach.ts'
import type { HumanRequest, Route } from './routes.ts'
import type { WebRooms } from './web-rooms.ts'

/** The ways in for agents, and the keys made for those that need one. */
export function connectAgentRoutes({ identity, upstreams, frames, clock, config }: WebRooms): Route<HumanRequest>[] {
  const { agents, oauth } = identity
  const { resource: url } = config.own

  /** Who has called for the first time since then; of one agent, if one is meant. */
  async function arrivedSince({ session }: HumanRequest, since: number, agentId: string | null) {
    const userId = session.user.id
    const all = (await agents.unrevoked(userId)).filter(
      ({ id, firstUsedAt }) => firstUsedAt !== null && firstUsedAt >= since && (agentId === null || id === agentId),
    )
    const connections = await upstreams.connections(userId)
    const facts = { oauth, connections, now: clock.now() }
    return Promise.all(all.map((agent) => agentSummary(agent, facts)))
  }

  /** Nobody yet, at the time that the page is made. */
  function arrivals(agentId: string | null) {
    const query = new URLSearchParams({ since: String(clock.now()), ...(agentId === null ? {} : { agent: agentId }) })
    return { path: `/connect/arrivals?${query}`, arrived: [] }
  }

  async function connectPage({ session, form }: HumanRequest, clientId: string, error: AppError | null) {
    const connections = await upstreams.connections(session.user.id)
    const props = {
      frame: await frames.of(session),
      clientId,
      url,
      connections,
      chosen: error ? readChosen(form) : UNLIMITED,
      arrivals: arrivals(null),
      error: error?.message ?? null,
    }
    return page(ConnectAgentPage(props), error?.status ?? 200)
  }

  return [
    {
      method: 'GET',
      path: '/connect',
      handle: (request) => connectPage(request, request.url.searchParams.get('client') ?? '', null),
    },
    {
      method: 'GET',
      path: '/connect/arrivals',
      async handle(request) {
        const { searchParams } = request.url
        const since = Number(searchParams.get('since') ?? Number.NaN)
        if (!Number.isSafeInteger(since)) throw new AppError('bad_request', 'That link is not one of ours.')
        return fragment(Arrivals({ arrived: await arrivedSince(request, since, searchParams.get('agent')) }))
      },
    },
    {
      method: 'POST',
      path: '/agents',
      says: () => 'Create a key',
      async handle(request) {
        const { session, form } = request
        const userId = session.user.id
        const name = form.get('name') ?? ''
        const clientId = form.get('client') ?? ''
        try {
          const reach = readReach(form, await upstreams.connections(userId), clock.now())
          const { id, key } = await agents.createKey(userId, name, `user:${userId}`, reach)
          const frame = await frames.of(session)
          return page(KeyCreatedPage({ frame, name: name.trim(), keyText: key, clientId, url, arrivals: arrivals(id) }))
        } catch (error) {
          if (error instanceof AppError) return connectPage(request, clientId, error)
          throw error
        }
      },
    },
  ]
}
