import { ConnectionPage } from '../../views/pages/connection.tsx'
import { ConnectionsPage } from '../../views/pages/connections.tsx'
import { ChangedPolicyRow, ChangedToolRow } from '../../views/parts/changed-tool-row.tsx'
import { needsCare } from '../../views/parts/connection-state.tsx'
import { countPolicies } from '../../views/parts/tool-group.ts'
import { ToolGroups, ToolRows } from '../../views/parts/tool-groups.tsx'
import { connectionPath } from '../../views/parts/tool-links.ts'
import { AppError } from '../lib/errors.ts'
import { APPROVAL_MODES, type ApprovalMode } from '../policy/policy.ts'
import type { Connection } from '../upstreams/upstreams.ts'
import { MODE_WORDS } from './bulk-policy.ts'
import { connectionSummary, findNamed } from './connection-props.ts'
import { fragment, localPath, page, seeOther } from './page.ts'
import { standingsOf } from './policy-standings.ts'
import type { HumanRequest, Route } from './routes.ts'
import { groupTools, ROWS_AT_ONCE, readFrom, readToolFilter, someOf, toolsThatMatch } from './tool-list.ts'
import type { WebRooms } from './web-rooms.ts'

/** Of what is searched for. */
const MOST_CHARACTERS = 200
const CONNECTIONS_AT_ONCE = 100

export function connectionRoutes(rooms: WebRooms): Route<HumanRequest>[] {
  const { upstreams, policy, frames, toolProps } = rooms
  const load = (request: HumanRequest) => findNamed(upstreams, request)

  /** In place of the row whose form was sent, and beside it the counts that it is among. */
  async function changedRow({ session }: HumanRequest, connection: Connection, toolName: string, back: string) {
    const { tools } = await toolProps.list(connection)
    const tool = tools.find(({ name }) => name === toolName)
    if (!tool) throw new AppError('conflict', 'The tool has gone meanwhile. Reload the page.')
    const { proof } = await frames.of(session)
    const { slug, name: of } = connection
    const row = { tool, slug, proof, back }
    if (!back.startsWith('/policies')) return fragment(ChangedToolRow({ ...row, tools }))
    const all = countPolicies(await standingsOf(rooms, session.user.id))
    return fragment(ChangedPolicyRow({ ...row, of, tools, all }))
  }

  return [
    {
      method: 'GET',
      path: '/connections',
      async handle({ session, url: { searchParams } }) {
        const query = searchParams.get('query')?.trim().slice(0, MOST_CHARACTERS) ?? ''
        const all = (await upstreams.connections(session.user.id)).map(connectionSummary)
        const found = all.filter(({ name, slug, target }) =>
          `${name} ${slug} ${target}`.toLowerCase().includes(query.toLowerCase()),
        )
        // Those that need care first, so that they are on the first page.
        found.sort((a, b) => Number(needsCare(b)) - Number(needsCare(a)))
        const { shown, next } = someOf(found, readFrom(searchParams), CONNECTIONS_AT_ONCE)
        const frame = await frames.of(session)
        return page(ConnectionsPage({ frame, connections: shown, total: all.length, query, next }))
      },
    },
    {
      method: 'GET',
      path: '/connections/:slug',
      async handle(request) {
        const connection = await load(request)
        const { searchParams } = request.url
        const filter = readToolFilter(searchParams)
        const { tools, news, gone } = await toolProps.list(connection)
        const groups = groupTools(tools, filter, readFrom(searchParams))
        const frame = await frames.of(request.session)
        return page(ConnectionPage({ frame, connection: connectionSummary(connection), filter, groups, news, gone }))
      },
    },
    {
      method: 'GET',
      path: '/connections/:slug/tools',
      async handle(request) {
        const connection = await load(request)
        const filter = readToolFilter(request.url.searchParams)
        const { tools } = await toolProps.list(connection)
        const { proof } = await frames.of(request.session)
        return fragment(ToolGroups({ slug: connection.slug, proof, filter, groups: groupTools(tools, filter, 0) }))
      },
    },
    {
      method: 'GET',
      path: '/connections/:slug/tools/more',
      async handle(request) {
        const connection = await load(request)
        const { searchParams } = request.url
        const filter = readToolFilter(searchParams)
        const { tools } = await toolProps.list(connection)
        const { shown, next } = someOf(toolsThatMatch(tools, filter), readFrom(searchParams), ROWS_AT_ONCE)
        const { proof } = await frames.of(request.session)
        const { slug } = connection
        return fragment(ToolRows({ slug, proof, filter, back: connectionPath(slug, '', filter), tools: shown, next }))
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
        const back = localPath(form.get('back') ?? `/connections/${connection.slug}`)
        return request.request.headers.has('hx-request')
          ? changedRow(request, connection, toolName, back)
          : seeOther(back)
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
