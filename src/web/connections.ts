import { ConnectionPage } from '../../views/pages/connection.tsx'
import { ConnectionsPage } from '../../views/pages/connections.tsx'
import { AppError } from '../lib/errors.ts'
import { APPROVAL_MODES, type ApprovalMode } from '../policy/policy.ts'
import { connectionSummary, findNamed } from './connection-props.ts'
import { page, seeOther } from './page.ts'
import type { HumanRequest, Route } from './routes.ts'
import type { WebRooms } from './web-rooms.ts'

export function connectionRoutes({ upstreams, policy, frames, toolProps }: WebRooms): Route<HumanRequest>[] {
  const load = (request: HumanRequest) => findNamed(upstreams, request)

  return [
    {
      method: 'GET',
      path: '/connections',
      async handle({ session }) {
        const connections = (await upstreams.connections(session.user.id)).map(connectionSummary)
        return page(ConnectionsPage({ frame: await frames.of(session), connections }))
      },
    },
    {
      method: 'GET',
      path: '/connections/:slug',
      async handle(request) {
        const connection = await load(request)
        const filter = request.url.searchParams.get('filter')?.slice(0, 200) ?? ''
        const { tools: all, news, gone } = await toolProps.list(connection)
        const tools = all.filter(({ name, title, description }) =>
          `${name} ${title ?? ''} ${description ?? ''}`.toLowerCase().includes(filter.toLowerCase()),
        )
        const frame = await frames.of(request.session)
        return page(ConnectionPage({ frame, connection: connectionSummary(connection), tools, filter, news, gone }))
      },
    },
    {
      method: 'POST',
      path: '/connections/:slug/policies',
      says: ({ form }) => `${MODE_WORDS[form.get('mode') as ApprovalMode] ?? 'Set'}: ${form.get('tool') ?? ''}`,
      async handle(request) {
        const { session, form } = request
        const connection = await load(request)
        const mode = APPROVAL_MODES.find((each) => each === form.get('mode'))
        const toolName = form.get('tool') ?? ''
        const lookup = await upstreams.tool(session.user.id, connection.slug, toolName)
        if (!mode || lookup.found !== 'tool')
          throw new AppError('bad_request', 'There is no such tool or policy. Reload the page.')
        // Allowed is what the person saw: if the server has changed it since, it goes on asking.
        const definitionHash = form.get('definition') ?? ''
        if (mode === 'allow' && !(await upstreams.definition(session.user.id, definitionHash)))
          throw new AppError('bad_request', 'The form does not say which definition is allowed. Reload the page.')
        await policy.set({
          userId: session.user.id,
          connectionId: connection.id,
          toolName,
          definitionHash,
          mode,
          actor: `user:${session.user.id}`,
        })
        const filter = form.get('filter')
        return seeOther(`/connections/${connection.slug}${filter ? `?filter=${encodeURIComponent(filter)}` : ''}`)
      },
    },
    {
      method: 'POST',
      path: '/connections/:slug/refresh',
      says: () => 'Read the tools again',
      async handle(request) {
        const connection = await load(request)
        await upstreams.refresh(connection.id, `user:${request.session.user.id}`)
        return seeOther(`/connections/${connection.slug}`)
      },
    },
    {
      method: 'POST',
      path: '/connections/:slug/remove',
      says: () => 'Remove the connection',
      async handle(request) {
        await upstreams.remove((await load(request)).id, `user:${request.session.user.id}`)
        return seeOther('/connections')
      },
    },
  ]
}

const MODE_WORDS: Record<ApprovalMode, string> = { allow: 'Allow', require_approval: 'Ask', deny: 'Deny' }
