import { type Ask, type Settled, WaitingNews, WaitingPage } from '../../views/pages/waiting.tsx'
import type { CallDetail } from '../../views/types.ts'
import { AppError } from '../lib/errors.ts'
import { isAsWanted, readRuling } from './approve.ts'
import { fragment, page, seeOther } from './page.ts'
import type { HumanRequest, Route } from './routes.ts'
import type { WebRooms } from './web-rooms.ts'

const MOST_ON_A_PAGE = 30
/** A request longer than this is read and decided on a page of its own. */
const LONGEST_ASK = 4 * 1024
/** Beyond this, all together, a page is too long to be read before it is decided. */
const LONGEST_PAGE = 64 * 1024

const HOWS = ['decided', 'late', 'unmatched'] as const
type How = Settled['how']

/** Several requests of one agent, each whole and each with a tick of its own, decided by one form. */
export function waitingRoutes({ approvals, identity, frames, callProps }: WebRooms): Route<HumanRequest>[] {
  async function agentOf({ session }: HumanRequest, id: string | null) {
    if (id === session.user.id) return { id, name: session.user.email, isYou: true }
    const agent = id === null ? null : await identity.agents.find(session.user.id, id)
    if (!agent) throw new AppError('not_found', 'There is no such agent, or it belongs to another user.')
    return { id: agent.id, name: agent.name, isYou: false }
  }

  async function detail({ session }: HumanRequest, id: string): Promise<CallDetail | null> {
    const found = await approvals.find(session.user.id, id)
    return found && callProps.detail(found.request, found.notes, session)
  }

  /** As many as fit, oldest first, and the ids of those that do not. */
  async function asksOf(request: HumanRequest, agentId: string): Promise<{ asks: Ask[]; beyond: string[] }> {
    const ids = await approvals.waitingOfAgent(request.session.user.id, agentId)
    const asks: Ask[] = []
    let room = LONGEST_PAGE
    for (const id of ids.slice(0, MOST_ON_A_PAGE)) {
      const call = await detail(request, id)
      if (!call?.canDecide) continue
      const size = sizeOf(call)
      const apart = needsItsOwnPage(call, size, room)
      if (apart === null) room -= size
      asks.push({ call, apart })
    }
    return { asks, beyond: ids.slice(MOST_ON_A_PAGE) }
  }

  async function settledOf(request: HumanRequest, agentId: string, query: URLSearchParams): Promise<Settled[]> {
    const named = HOWS.flatMap((how) => idsIn(query.get(how)).map((id) => ({ how, id })))
    const settled: Settled[] = []
    for (const { how, id } of named.slice(0, MOST_ON_A_PAGE)) {
      const call = await detail(request, id)
      // An agent writes links too: what still waits is in the list, and no link says that it is over.
      const isSo = how === 'unmatched' || call?.canDecide === false
      if (call?.agent.id === agentId && isSo) settled.push({ how, call })
    }
    return settled
  }

  async function waitingPage(request: HumanRequest, agentId: string | null, refused: Refused | null = null) {
    const agent = await agentOf(request, agentId)
    const { asks, beyond } = await asksOf(request, agent.id)
    const query = request.url.searchParams
    const notice = refused && { kind: 'error' as const, text: refused.why }
    return page(
      WaitingPage({
        frame: await frames.of(request.session, notice),
        agent,
        asks,
        more: beyond.length,
        ticked: refused?.ticked ?? [],
        reason: refused?.reason ?? '',
        settled: await settledOf(request, agent.id, query),
        newsPath: newsPath(agent.id, asks, beyond, query),
      }),
      refused ? 400 : 200,
    )
  }

  return [
    {
      method: 'GET',
      path: '/waiting',
      async handle(request) {
        const agentId = request.url.searchParams.get('agent')
        return agentId === null ? seeOther('/') : waitingPage(request, agentId)
      },
    },
    {
      method: 'GET',
      path: '/waiting/news',
      async handle(request) {
        const query = request.url.searchParams
        const agent = await agentOf(request, query.get('agent'))
        const [shown, beyond] = [idsIn(query.get('shown')), idsIn(query.get('beyond'))]
        const waiting = await approvals.waitingOfAgent(request.session.user.id, agent.id)
        const over: CallDetail[] = []
        for (const id of shown.filter((each) => !waiting.includes(each))) {
          const call = await detail(request, id)
          if (call?.agent.id === agent.id) over.push(call)
        }
        return fragment(
          WaitingNews({
            agentId: agent.id,
            waitingCount: (await frames.of(request.session)).waitingCount,
            settled: await settledOf(request, agent.id, query),
            over,
            arrived: waiting.filter((id) => !shown.includes(id) && !beyond.includes(id)).length,
          }),
        )
      },
    },
    {
      method: 'POST',
      path: '/waiting/decisions',
      says: ({ form }) => (form.get('decision') === 'once' ? 'Approve the ticked calls once' : 'Deny the ticked calls'),
      async handle(request) {
        const { session, form } = request
        const ticks = form.getAll('ticked').slice(0, MOST_ON_A_PAGE).map(readTick)
        const refuse = (why: string) =>
          waitingPage(request, form.get('agent'), {
            why,
            ticked: ticks.flatMap((tick) => tick?.id ?? []),
            reason: form.get('reason') ?? '',
          })
        const decision = form.get('decision')
        if (decision !== 'once' && decision !== 'deny') return refuse('Choose Approve once or Deny.')
        if (ticks.length === 0) return refuse('Nothing was ticked, so nothing was decided. Tick what it is about.')
        const agent = await agentOf(request, form.get('agent'))
        const ruling = readRuling(form)
        const outcomes: Record<How, string[]> = { decided: [], late: [], unmatched: [] }
        for (const tick of ticks) {
          if (tick) outcomes[await decideOne(session.user.id, agent.id, tick)].push(tick.id)
        }
        return seeOther(pathOf(agent.id, outcomes))

        async function decideOne(userId: string, agentId: string, { id, argumentsHash }: Tick): Promise<How> {
          const found = await approvals.find(userId, id)
          const isShown = found?.request.principalId === agentId && found.request.argumentsHash === argumentsHash
          if (!isShown) return 'unmatched'
          const { decided, request: row } = await approvals.decide(userId, id, ruling)
          return decided || isAsWanted(row, ruling, userId) ? 'decided' : 'late'
        }
      },
    },
  ]
}

interface Refused {
  why: string
  ticked: string[]
  reason: string
}

/** A request, and the arguments that the page had shown for it. */
interface Tick {
  id: string
  argumentsHash: string
}

function readTick(text: string): Tick | null {
  const [, id, argumentsHash] = /^([0-9a-z]{1,40})\.([0-9a-f]{64})$/.exec(text) ?? []
  return id === undefined || argumentsHash === undefined ? null : { id, argumentsHash }
}

const idsIn = (text: string | null): string[] => (text ?? '').split(',').filter((id) => /^[0-9a-z]{1,40}$/.test(id))

function pathOf(agentId: string, outcomes: Record<How, string[]>): string {
  const query = new URLSearchParams({ agent: agentId })
  for (const how of HOWS) if (outcomes[how].length > 0) query.set(how, outcomes[how].join(','))
  return `/waiting?${query}`
}

function newsPath(agentId: string, asks: Ask[], beyond: string[], query: URLSearchParams): string {
  const news = new URLSearchParams({ agent: agentId, shown: asks.map(({ call }) => call.id).join(',') })
  if (beyond.length > 0) news.set('beyond', beyond.join(','))
  for (const how of HOWS) {
    const ids = idsIn(query.get(how))
    if (ids.length > 0) news.set(how, ids.join(','))
  }
  return `/waiting/news?${news}`
}

/** All that an agent or a server may make as long as they like. */
const sizeOf = ({ argumentsJson, notes, tool: { title, description } }: CallDetail): number =>
  [argumentsJson, ...notes.map(({ text }) => text), title ?? '', description ?? ''].reduce(
    (sum, text) => sum + Buffer.byteLength(text),
    0,
  )

function needsItsOwnPage({ tool }: CallDetail, size: number, room: number): Ask['apart'] {
  if (tool.change || tool.hidesText) return 'warned'
  return size > LONGEST_ASK || size > room ? 'long' : null
}
