import { HomePage, RecentList, WaitingList } from '../../views/pages/home.tsx'
import { connectionSummary } from './connection-props.ts'
import { fragment, page } from './page.ts'
import type { HumanRequest, Route } from './routes.ts'
import type { WebRooms } from './web-rooms.ts'

const MOST_RECENT = 20

export function homeRoutes({ approvals, upstreams, identity, frames, callProps }: WebRooms): Route<HumanRequest>[] {
  const waiting = async ({ session }: HumanRequest) =>
    callProps.summaries(await approvals.waiting(session.user.id), session)
  // What waits stands above already.
  const recent = async ({ session }: HumanRequest) => {
    const rows = await approvals.recent(session.user.id, MOST_RECENT)
    return callProps.summaries(
      rows.filter(({ state }) => state !== 'pending'),
      session,
    )
  }

  return [
    {
      method: 'GET',
      path: '/',
      async handle(request) {
        const { id } = request.session.user
        const agents = await identity.agents.unrevoked(id)
        const connections = await upstreams.connections(id)
        return page(
          HomePage({
            frame: await frames.of(request.session),
            waiting: await waiting(request),
            recent: await recent(request),
            connections: connections.map(connectionSummary),
            hasAgents: agents.length > 0,
          }),
        )
      },
    },
    {
      method: 'GET',
      path: '/home/waiting',
      handle: async (request) => fragment(WaitingList({ waiting: await waiting(request) })),
    },
    {
      method: 'GET',
      path: '/home/recent',
      handle: async (request) => fragment(RecentList({ recent: await recent(request) })),
    },
  ]
}
