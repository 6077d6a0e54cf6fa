import { LogNews, LogPage } from '../../views/pages/log.tsx'
import type { LogAgent } from '../../views/parts/log-filter.tsx'
import type { LogFilter } from '../../views/parts/log-path.ts'
import {
  type CallFilter,
  type CallPlace,
  DECISIONS,
  ENDINGS,
  MOST_NEWER,
  type PastCall,
  placeOf,
  readPlace,
  writePlace,
} from '../approvals/approvals.ts'
import type { Agent } from '../identity/identity.ts'
import { AppError } from '../lib/errors.ts'
import { EXPORT_FORMATS, exportCalls } from './log-export.ts'
import { fragment, page } from './page.ts'
import type { HumanRequest, Route } from './routes.ts'
import type { WebRooms } from './web-rooms.ts'

const MOST_CHARACTERS = 256

/** A page of the log, wherever it begins. */
interface LogPlace {
  calls: PastCall[]
  newer: CallPlace | null
  older: CallPlace | null
  isNewest: boolean
  searched: { looked: number; backTo: number | null } | null
}

export function logRoutes({
  approvals,
  identity,
  upstreams,
  frames,
  callProps,
  clock,
}: WebRooms): Route<HumanRequest>[] {
  const { history } = approvals

  async function find(userId: string, form: LogFilter, url: URL): Promise<LogPlace> {
    const filter = readFilter(form)
    const [before, after] = [readAt(url, 'before'), readAt(url, 'after')]
    if (form.q !== '') {
      const { calls, older, ...searched } = await history.search(userId, filter, form.q, before)
      return { calls, newer: null, older, isNewest: before === null, searched }
    }
    if (after) {
      const { calls, newer } = await history.callsAfter(userId, filter, after)
      return { calls, newer, older: placeOf(calls.at(-1)), isNewest: newer === null, searched: null }
    }
    const { calls, older } = await history.calls(userId, filter, before)
    return { calls, newer: before && placeOf(calls[0]), older, isNewest: before === null, searched: null }
  }

  async function agentsOf(userId: string): Promise<LogAgent[]> {
    const unrevoked = await identity.agents.unrevoked(userId)
    const revoked = await identity.agents.revoked(userId, null)
    const agents = [...unrevoked, ...revoked.agents].sort((a, b) => b.createdAt - a.createdAt)
    const you: LogAgent = { id: userId, name: 'you', is: 'person', since: 0, ended: false }
    return [you, ...agents.map((agent) => logAgent(agent, identity.agents.isLive(agent.id)))]
  }

  /** What agents made up must not push out what is there. */
  async function connectionsOf(userId: string): Promise<string[]> {
    const installed = (await upstreams.connections(userId)).map(({ slug }) => slug)
    return [...new Set([...installed, ...(await history.connectionSlugs(userId))])].sort()
  }

  return [
    {
      method: 'GET',
      path: '/log',
      async handle({ session, url }) {
        const userId = session.user.id
        const filter = readForm(url.searchParams)
        const found = await find(userId, filter, url)
        const canCount = found.isNewest && found.searched === null
        return page(
          LogPage({
            frame: await frames.of(session),
            calls: await callProps.summaries(found.calls, session),
            filter,
            agents: await agentsOf(userId),
            connections: await connectionsOf(userId),
            now: clock.now(),
            isNewest: found.isNewest,
            newer: found.newer && writePlace(found.newer),
            older: found.older && writePlace(found.older),
            newsAfter: canCount ? writePlace(placeOf(found.calls[0]) ?? { askedAt: clock.now(), id: '0' }) : null,
            searched: found.searched,
          }),
        )
      },
    },
    {
      method: 'GET',
      path: '/log/news',
      async handle({ session, url }) {
        const filter = readForm(url.searchParams)
        const after = readAt(url, 'after')
        if (!after) throw notOurs()
        const count = await history.countAfter(session.user.id, readFilter(filter), after)
        return fragment(LogNews({ filter, count, most: MOST_NEWER }))
      },
    },
    {
      method: 'GET',
      path: '/log/export',
      async handle({ session, url }) {
        const format = EXPORT_FORMATS.find((each) => each === url.searchParams.get('format'))
        if (!format) throw new AppError('bad_request', 'An export is csv or jsonl.')
        const userId = session.user.id
        const { q } = readForm(url.searchParams)
        const filter = readFilter(readForm(url.searchParams))
        const next = (before: CallPlace | null) =>
          q === '' ? history.calls(userId, filter, before) : history.search(userId, filter, q, before)
        return exportCalls(next, format)
      },
    },
  ]
}

const logAgent = ({ id, kind, name, createdAt }: Agent, isLive: boolean): LogAgent => ({
  id,
  name,
  is: kind === 'api_key' ? 'key' : 'program',
  since: createdAt,
  ended: !isLive,
})

function readForm(query: URLSearchParams): LogFilter {
  const text = (name: string) => query.get(name)?.trim().slice(0, MOST_CHARACTERS) ?? ''
  return {
    q: text('q'),
    agent: text('agent'),
    connection: text('connection'),
    tool: text('tool'),
    ending: text('ending'),
    decided: text('decided'),
    from: text('from'),
    until: text('until'),
  }
}

function readFilter({ agent, connection, tool, ending, decided, from, until }: LogFilter): CallFilter {
  const [knownEnding, knownDecided] = [known(ENDINGS, ending), known(DECISIONS, decided)]
  return {
    ...(agent === '' ? {} : { principalId: agent }),
    ...(connection === '' ? {} : { connectionSlug: connection }),
    ...(tool === '' ? {} : { toolName: tool }),
    ...(knownEnding ? { ending: knownEnding } : {}),
    ...(knownDecided ? { decided: knownDecided } : {}),
    ...(from === '' ? {} : { from: readTime(from) }),
    ...(until === '' ? {} : { until: readTime(until) }),
  }
}

function known<T extends string>(words: readonly T[], text: string): T | undefined {
  const word = words.find((each) => each === text)
  if (text !== '' && !word) throw new AppError('bad_request', 'There is no such state of a call.')
  return word
}

/** As a browser writes it, with seconds or without. */
function readTime(text: string): number {
  const at = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$/.test(text) ? Date.parse(`${text}Z`) : Number.NaN
  if (Number.isNaN(at)) throw new AppError('bad_request', 'Write a time as 2026-11-23T08:00. It is read as UTC.')
  return at
}

function readAt(url: URL, name: 'before' | 'after'): CallPlace | null {
  const text = url.searchParams.get(name)
  const place = text === null ? null : readPlace(text)
  if (text !== null && !place) throw notOurs()
  return place
}

const notOurs = () => new AppError('bad_request', 'That link is not one of ours. Begin with the newest calls.')
