import { type LogFilter, LogPage } from '../../views/pages/log.tsx'
import { type CallFilter, type CallPlace, ENDINGS, readPlace, writePlace } from '../approvals/approvals.ts'
import { AppError } from '../lib/errors.ts'
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
        const found = await approvals.history.calls(userId, readFilter(filter), placeOf(before))
        const agents = await identity.agents.list(userId)
        return page(
          LogPage({
            frame: await frames.of(session),
            calls: await callProps.summaries(found.calls, session),
            filter,
            agents: agents.map(({ id, name }) => ({ id, name })),
            connections: await approvals.history.connectionSlugs(userId),
            before,
            older: found.older && writePlace(found.older),
          }),
        )
      },
    },
  ]
}

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

function placeOf(text: string | null): CallPlace | null {
  const place = text === null ? null : readPlace(text)
  if (text !== null && !place)
    throw new AppError('bad_request', 'That link is not one of ours. Begin with the newest calls.')
  return place
}
