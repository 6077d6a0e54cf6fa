import { PoliciesPage, type PoliciesPageProps } from '../../views/pages/policies.tsx'
import { POLICY_VIEWS, type PolicyPlace, type PolicyView } from '../../views/parts/policy-links.ts'
import { type PolicyRow, PolicyRows } from '../../views/parts/policy-rows.tsx'
import { countPolicies } from '../../views/parts/tool-group.ts'
import { AppError } from '../lib/errors.ts'
import type { Connection } from '../upstreams/upstreams.ts'
import { fragment, page } from './page.ts'
import { type Standing, standingsOf } from './policy-standings.ts'
import type { HumanRequest, Route } from './routes.ts'
import { ROWS_AT_ONCE, readFrom, someOf } from './tool-list.ts'
import { toolRow } from './tool-props.ts'
import type { WebRooms } from './web-rooms.ts'

const CONNECTIONS_AT_ONCE = 100

const VIEWS: Record<PolicyView, (tool: Standing) => boolean> = {
  alone: ({ mode }) => mode === 'allow',
  unused: ({ mode, lastCalledAt }) => mode === 'allow' && lastCalledAt === null,
  changed: ({ source }) => source === 'definition_changed',
  denied: ({ mode }) => mode === 'deny',
}

/** What agents may do, over all connections. */
export function policyRoutes(rooms: WebRooms): Route<HumanRequest>[] {
  const { upstreams, frames } = rooms

  async function load({ session, url }: HumanRequest) {
    const userId = session.user.id
    const connections = await upstreams.connections(userId)
    const tools = await standingsOf(rooms, userId)
    const place = readPlace(url.searchParams)
    const named = connections.find(({ slug }) => slug === place.connection)
    if (place.connection !== null && !named) throw new AppError('not_found', 'There is no connection of that name.')
    return { userId, connections, tools, place, named }
  }

  async function rowsOf({ userId, connections, tools, place, named }: Awaited<ReturnType<typeof load>>, from: number) {
    const { view } = place
    const wanted = tools.filter(
      (tool) => (view === null || VIEWS[view](tool)) && (!named || tool.connectionId === named.id),
    )
    const { shown, next } = someOf(wanted, from, ROWS_AT_ONCE)
    const connectionOf = new Map(connections.map((each) => [each.id, each]))
    const rows = await Promise.all(shown.map((tool) => rowOf(userId, connectionOf.get(tool.connectionId), tool)))
    return { rows: rows.filter((row) => row !== null), next }
  }

  async function rowOf(userId: string, connection: Connection | undefined, tool: Standing): Promise<PolicyRow | null> {
    const definition = await upstreams.definition(userId, tool.definitionHash)
    if (!connection || !definition) return null
    const seenHash = await upstreams.seenHash(tool.connectionId, tool.toolName)
    const { definitionHash, position, rule, lastCalledAt } = tool
    const row = toolRow({ definition, definitionHash, position, rule, lastCalledAt, seenHash })
    return { slug: connection.slug, connection: connection.name, tool: row }
  }

  return [
    {
      method: 'GET',
      path: '/policies',
      async handle(request) {
        const loaded = await load(request)
        const { connections, tools, place, named } = loaded
        const from = readFrom(request.url.searchParams)
        let shown: PoliciesPageProps['shown']
        if (place.view !== null || named) {
          shown = { are: 'tools', of: named?.name ?? null, ...(await rowsOf(loaded, from)) }
        } else {
          const some = someOf(connections, from, CONNECTIONS_AT_ONCE)
          const toolsOf = Map.groupBy(tools, ({ connectionId }) => connectionId)
          const summed = some.shown.map(({ id, slug, name }) => ({
            slug,
            name,
            counts: countPolicies(toolsOf.get(id) ?? []),
          }))
          shown = { are: 'connections', connections: summed, next: some.next }
        }
        const views = Object.fromEntries(
          POLICY_VIEWS.map((view) => [view, tools.filter(VIEWS[view]).length]),
        ) as PoliciesPageProps['views']
        const frame = await frames.of(request.session)
        return page(PoliciesPage({ frame, counts: countPolicies(tools), views, place, shown }))
      },
    },
    {
      method: 'GET',
      path: '/policies/tools',
      async handle(request) {
        const loaded = await load(request)
        const { proof } = await frames.of(request.session)
        const { rows, next } = await rowsOf(loaded, readFrom(request.url.searchParams))
        return fragment(PolicyRows({ proof, place: loaded.place, rows, next }))
      },
    },
  ]
}

const readPlace = (query: URLSearchParams): PolicyPlace => ({
  view: POLICY_VIEWS.find((each) => each === query.get('show')) ?? null,
  connection: query.get('connection'),
})
