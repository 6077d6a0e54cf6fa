import { type LogAgent, type LogFilter, LogPage } from '../../views/pages/log.tsx'
import { type CallFilter, type CallPlace, ENDINGS } from '../approvals/approvals.ts'
import type { Agent } from '../identity/identity.ts'
import { AppError } from '../lib/errors.ts'
import { EXPORT_FORMATS, exportCalls } from './log-export.ts'
import { page } from './page.ts'
import type { HumanRequest, Route } from './routes.ts'
import type { WebRooms } from './web-rooms.ts'

const MOST_CHARACTERS = 256

export function logRoutes({ approvals, identity, frames, callProps }: WebRooms): Route<HumanRequest>[] {
  return [
    {
      method: 'GET',
      path: '/log',
      async handle({ session, url }) {
        const userId = session.user.id
        const filter = readForm(url.searchParams)
        const before = url.searchParams.get('before')
        const found = await approvals.history.calls(userId, readFilter(filter), readPlace(before))
        const unrevoked = await identity.agents.unrevoked(userId)
        const revoked = await identity.agents.revoked(userId, null)
        const agents = [...unrevoked, ...revoked.agents].sort((a, b) => b.createdAt - a.createdAt)
        return page(
          LogPage({
            frame: await frames.of(session),
            calls: await callProps.summaries(found.calls, session),
            filter,
            agents: agents.map((agent) => logAgent(agent, identity.agents.isLive(agent.id))),
            connections: await approvals.history.connectionSlugs(userId),
            before,
            older: found.older && writePlace(found.older),
          }),
        )
      },
    },
    {
      method: 'GET',
      path: '/log/export',
      async handle({ session, url }) {
        const format = EXPORT_FORMATS.find((each) => each === url.searchParams.get('format'))
        if (!format) throw new AppError('bad_request', 'An export is csv or jsonl.')
        const filter = readFilter(readForm(url.searchParams))
        return exportCalls(approvals.history, session.user.id, filter, format)
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
    agent: text('agent'),
    connection: text('connection'),
    tool: text('tool'),
    ending: text('ending'),
    from: text('from'),
    until: text('until'),
  }
}

function readFilter({ agent, connection, tool, ending, from, until }: LogFilter): CallFilter {
  const known = ENDINGS.find((each) => each === ending)
  if (ending !== '' && !known) throw new AppError('bad_request', 'There is no such state of a call.')
  return {
    ...(agent === '' ? {} : { principalId: agent }),
    ...(connection === '' ? {} : { connectionSlug: connection }),
    ...(tool === '' ? {} : { toolName: tool }),
    ...(known ? { ending: known } : {}),
    ...(from === '' ? {} : { from: readTime(from) }),
    ...(until === '' ? {} : { until: readTime(until) }),
  }
}

/** As a browser writes it, with seconds or without. */
function readTime(text: string): number {
  const at = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$/.test(text) ? Date.parse(`${text}Z`) : Number.NaN
  if (Number.isNaN(at)) throw new AppError('bad_request', 'Write a time as 2026-11-23T08:00. It is read as UTC.')
  return at
}

/** Opaque to whoever follows the link. */
const writePlace = ({ askedAt, id }: CallPlace): string => `${askedAt}.${id}`

function readPlace(text: string | null): CallPlace | null {
  if (text === null) return null
  const [, askedAt, id] = /^(\d{1,15})\.([0-9a-z]{1,40})$/.exec(text) ?? []
  if (askedAt === undefined || id === undefined)
    throw new AppError('bad_request', 'That link is not one of ours. Begin with the newest calls.')
  return { askedAt: Number(askedAt), id }
}
