import { HomePage, RecentList, ToDo } from '../../views/pages/home.tsx'
import { Numbers } from '../../views/parts/day-numbers.tsx'
import { WaitingList } from '../../views/parts/waiting-list.tsx'
import { connectionSummary } from './connection-props.ts'
import { fragment, page } from './page.ts'
import type { HumanRequest, Route } from './routes.ts'
import type { WebRooms } from './web-rooms.ts'

const MOST_RECENT = 20
const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS

export function homeRoutes({
  approvals,
  upstreams,
  identity,
  frames,
  callProps,
  clock,
}: WebRooms): Route<HumanRequest>[] {
  const waiting = async ({ session }: HumanRequest) =>
    callProps.summaries(await approvals.waiting(session.user.id), session)
  // What waits stands above already.
  const recent = async ({ session }: HumanRequest) =>
    callProps.summaries(await approvals.recent(session.user.id, MOST_RECENT), session)
  const numbers = async ({ session }: HumanRequest) => {
    // From a full minute on, as the form of the log has it: then what it finds is what was counted.
    const since = Math.floor((clock.now() - DAY_MS) / MINUTE_MS) * MINUTE_MS
    return { since, ...(await approvals.history.numbers(session.user.id, since)) }
  }
  async function toDo({ session }: HumanRequest) {
    const { id } = session.user
    const connections = await upstreams.connections(id)
    const agents = await identity.agents.unrevoked(id)
    const { calls } = await approvals.history.calls(id, {}, null, 1)
    return {
      connections: connections.map(connectionSummary),
      steps: { connection: connections.length > 0, agent: agents.length > 0, call: calls.length > 0 },
    }
  }

  return [
    {
      method: 'GET',
      path: '/',
      handle: async (request) =>
        page(
          HomePage({
            frame: await frames.of(request.session),
            waiting: await waiting(request),
            recent: await recent(request),
            numbers: await numbers(request),
            ...(await toDo(request)),
          }),
        ),
    },
    {
      method: 'GET',
      path: '/home/waiting',
      handle: async (request) => fragment(WaitingList({ waiting: await waiting(request) })),
    },
    {
      method: 'GET',
      path: '/home/to-do',
      handle: async (request) => fragment(ToDo(await toDo(request))),
    },
    {
      method: 'GET',
      path: '/home/numbers',
      handle: async (request) => fragment(Numbers({ numbers: await numbers(request) })),
    },
    {
      method: 'GET',
      path: '/home/recent',
      handle: async (request) => fragment(RecentList({ recent: await recent(request) })),
    },
  ]
}
