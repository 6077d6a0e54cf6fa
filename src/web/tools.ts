import { ToolPage, type ToolPageProps } from '../../views/pages/tool.tsx'
import { AppError } from '../lib/errors.ts'
import { page, seeOther } from './page.ts'
import { type HumanRequest, param, type Route } from './routes.ts'
import { toolDetail } from './tool-props.ts'
import type { WebRooms } from './web-rooms.ts'

/** What a person reads about one tool, and what they say about it beside its policy. */
export function toolRoutes({ upstreams, policy, approvals, frames, toolProps }: WebRooms): Route<HumanRequest>[] {
  async function load(request: HumanRequest) {
    const connection = await upstreams.find(request.session.user.id, param(request, 'slug'))
    if (connection) return connection
    throw new AppError('not_found', 'There is no connection of that name.')
  }

  const find = async (connectionId: string, name: string) =>
    (await upstreams.tools(connectionId)).find(({ definition }) => definition.name === name)

  /** As it is now; or, when it is gone, as it was last seen or allowed. */
  async function toolNow(request: HumanRequest): Promise<Omit<ToolPageProps, 'frame' | 'back'>> {
    const connection = await load(request)
    const name = request.url.searchParams.get('name') ?? ''
    const listed = await find(connection.id, name)
    if (listed) {
      const { definition, definitionHash } = listed
      const news = await toolProps.changeOf(listed)
      return { connection, tool: toolDetail(definition), standing: { kind: 'current', definitionHash, ...news } }
    }
    const rule = await policy.findRule(connection.id, name)
    const hash = rule?.definitionHash ?? (await upstreams.seenHash(connection.id, name))
    const definition = hash === null ? null : await upstreams.definition(connection.userId, hash)
    if (!definition) throw new AppError('not_found', 'There is no such tool.')
    const mode = rule?.mode ?? 'require_approval'
    return { connection, tool: toolDetail(definition), standing: { kind: 'gone', mode } }
  }

  return [
    {
      method: 'GET',
      path: '/connections/:slug/tool',
      async handle(request) {
        const shown = await toolNow(request)
        const { slug } = shown.connection
        const back = { href: `/connections/${encodeURIComponent(slug)}`, label: 'All its tools' }
        return page(ToolPage({ frame: await frames.of(request.session), ...shown, back }))
      },
    },
    {
      method: 'GET',
      path: '/approve/:id/tool',
      async handle(request) {
        const found = await approvals.find(request.session.user.id, param(request, 'id'))
        const row = found?.request
        const definition = row ? await upstreams.definition(row.userId, row.definitionHash) : null
        if (!row || !definition) throw new AppError('not_found', 'There is no such request, or its tool was not known.')
        const connection = { slug: row.connectionSlug, name: row.connectionName }
        const back = { href: `/approve/${encodeURIComponent(row.id)}`, label: 'The request' }
        const standing = { kind: 'asked' as const, at: row.askedAt }
        const frame = await frames.of(request.session)
        return page(ToolPage({ frame, connection, tool: toolDetail(definition), standing, back }))
      },
    },
    {
      method: 'POST',
      path: '/connections/:slug/seen',
      says: () => 'Mark tools as seen',
      async handle(request) {
        const { form } = request
        const connection = await load(request)
        const tool = form.get('tool')
        if (tool === null) await upstreams.markAllSeen(connection.id, form.get('list') ?? '')
        else await upstreams.markSeen(connection.id, tool, form.get('definition') ?? '')
        return seeOther(`/connections/${connection.slug}`)
      },
    },
    {
      method: 'POST',
      path: '/connections/:slug/forget',
      says: ({ form }) => `Forget what you said about ${form.get('tool') ?? ''}`,
      async handle(request) {
        const { form, session } = request
        const connection = await load(request)
        const toolName = form.get('tool') ?? ''
        // What is there has its three buttons: it must not fall back to asking by a click about what was gone.
        if (await find(connection.id, toolName))
          throw new AppError('conflict', 'The tool is there again. Reload the page.')
        const { id: userId } = session.user
        await policy.forgetTool({ userId, connectionId: connection.id, toolName, actor: `user:${userId}` })
        return seeOther(`/connections/${connection.slug}`)
      },
    },
  ]
}
