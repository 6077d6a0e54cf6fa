import { ConnectPage } from '../../views/pages/connect.tsx'
import { ConnectionPage } from '../../views/pages/connection.tsx'
import { ConnectionsPage } from '../../views/pages/connections.tsx'
import { tokenAuth } from '../catalogue/catalogue.ts'
import { AppError } from '../lib/errors.ts'
import { APPROVAL_MODES, type ApprovalMode } from '../policy/policy.ts'
import { type Connection, toolFacts } from '../upstreams/upstreams.ts'
import { connectionSummary } from './connection-props.ts'
import { page, seeOther } from './page.ts'
import { type HumanRequest, param, type Route } from './routes.ts'
import type { WebRooms } from './web-rooms.ts'

export function connectionRoutes({ upstreams, policy, catalogue, frames }: WebRooms): Route<HumanRequest>[] {
  async function load(request: HumanRequest) {
    const connection = await upstreams.find(request.session.user.id, param(request, 'slug'))
    if (connection) return connection
    throw new AppError('not_found', 'There is no connection of that name.')
  }

  /** How the token of a connection is asked for: in the catalogue's words, or plainly for a server added by URL. */
  function tokenForm(connection: Connection) {
    const known = catalogue.find(connection.integrationId)
    const auth = known ? tokenAuth(known) : null
    const extra = (auth?.extraHeaders ?? []).map((header, i) => ({
      field: `extra_${i}`,
      header: header.header,
      format: header.format,
      label: header.label,
      required: header.required,
      options: header.enum ?? null,
    }))
    return { label: auth?.label ?? 'Token', acquireUrl: auth?.acquireUrl ?? null, extra }
  }

  async function connectPage(request: HumanRequest, error: string | null, status = 200) {
    const connection = await load(request)
    if (connection.authMethod !== 'token') throw new AppError('not_found', 'This connection needs no credential.')
    const { label, acquireUrl, extra } = tokenForm(connection)
    const fields = extra.map(({ field, label, required, options }) => ({ name: field, label, required, options }))
    const token = { label, acquireUrl, extra: fields }
    const { slug, name, url } = connection
    const frame = await frames.of(request.session)
    return page(ConnectPage({ frame, connection: { slug, name, target: url }, token, error }), status)
  }

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
        const tools = (await upstreams.tools(connection.id))
          .filter(({ definition: { name, title, description } }) =>
            `${name} ${title ?? ''} ${description ?? ''}`.toLowerCase().includes(filter.toLowerCase()),
          )
          .map((tool) => {
            const { name, title, description, hints } = tool.definition
            const { definitionHash } = tool
            return { name, title, description, hints, definitionHash, ...policy.decide(toolFacts(tool)) }
          })
        const frame = await frames.of(request.session)
        return page(ConnectionPage({ frame, connection: connectionSummary(connection), tools, filter }))
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
    { method: 'GET', path: '/connections/:slug/connect', handle: (request) => connectPage(request, null) },
    {
      method: 'POST',
      path: '/connections/:slug/connect',
      says: () => 'Keep a credential',
      async handle(request) {
        const { session, form } = request
        const connection = await load(request)
        const token = form.get('token')?.trim() ?? ''
        if (!token) return connectPage(request, 'Paste the token first.', 400)
        const extra: Record<string, string> = {}
        for (const { field, header, format, required, label } of tokenForm(connection).extra) {
          const value = form.get(field)?.trim() ?? ''
          if (!value && required) return connectPage(request, `${label} is needed too.`, 400)
          if (value) extra[header] = format.replace('{value}', () => value)
        }
        try {
          await upstreams.setCredentials(session.user.id, connection.slug, { token, extra }, `user:${session.user.id}`)
        } catch (error) {
          if (error instanceof AppError) return connectPage(request, `Nothing was kept. ${error.message}`, error.status)
          throw error
        }
        return seeOther(`/connections/${connection.slug}`)
      },
    },
  ]
}

const MODE_WORDS: Record<ApprovalMode, string> = { allow: 'Allow', require_approval: 'Ask', deny: 'Deny' }
