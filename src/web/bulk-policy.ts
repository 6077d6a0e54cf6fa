import { BulkPolicyPage } from '../../views/pages/bulk-policy.tsx'
import { BulkPolicyDonePage, type BulkPolicyDonePageProps } from '../../views/pages/bulk-policy-done.tsx'
import type { ApprovalMode } from '../../views/types.ts'
import { AppError } from '../lib/errors.ts'
import { APPROVAL_MODES, type SetPolicy } from '../policy/policy.ts'
import { findNamed } from './connection-props.ts'
import { page } from './page.ts'
import type { HumanRequest, Route } from './routes.ts'
import { readToolFilter, toolsThatMatch } from './tool-list.ts'
import type { WebRooms } from './web-rooms.ts'

/** As many as somebody can look through, and as a page may hold. */
const MOST_AT_ONCE = 100

/** Setting many tools with one click: a page that names them, and the form on it. */
export function bulkPolicyRoutes({ upstreams, policy, frames, toolProps }: WebRooms): Route<HumanRequest>[] {
  /** The definitions that the form ticks are the tools: each names itself. */
  async function readChanges({ form, session }: HumanRequest, connectionId: string): Promise<SetPolicy[]> {
    const ticked = APPROVAL_MODES.flatMap((mode) =>
      form.getAll(mode).map((definitionHash) => ({ mode, definitionHash })),
    )
    if (ticked.length === 0) throw new AppError('bad_request', 'No tool has a tick. Go back, and tick those you mean.')
    if (ticked.length > MOST_AT_ONCE)
      throw new AppError('bad_request', `At most ${MOST_AT_ONCE} tools are set at once.`)
    const userId = session.user.id
    return Promise.all(
      ticked.map(async ({ mode, definitionHash }) => {
        const definition = await upstreams.definition(userId, definitionHash)
        if (!definition) throw new AppError('bad_request', 'The form names a tool that never was. Reload the page.')
        const toolName = definition.name
        return { userId, connectionId, toolName, definitionHash, mode, actor: `user:${userId}` as const }
      }),
    )
  }

  return [
    {
      method: 'GET',
      path: '/connections/:slug/bulk',
      async handle(request) {
        const connection = await findNamed(upstreams, request)
        const { searchParams } = request.url
        const mode = APPROVAL_MODES.find((each) => each === searchParams.get('mode'))
        if (!mode) throw new AppError('bad_request', 'There is no such policy.')
        const filter = readToolFilter(searchParams)
        const { tools } = await toolProps.list(connection)
        const changing = toolsThatMatch(tools, filter).filter((tool) => tool.mode !== mode)
        const frame = await frames.of(request.session)
        const { slug, name } = connection
        return page(
          BulkPolicyPage({
            frame,
            connection: { slug, name },
            mode,
            filter,
            tools: changing.slice(0, MOST_AT_ONCE),
            more: Math.max(0, changing.length - MOST_AT_ONCE),
          }),
        )
      },
    },
    {
      method: 'POST',
      path: '/connections/:slug/bulk',
      says: ({ form }) =>
        APPROVAL_MODES.filter((mode) => form.has(mode))
          .map((mode) => `${MODE_WORDS[mode]}: ${form.getAll(mode).length} tools`)
          .join(', '),
      async handle(request) {
        const connection = await findNamed(upstreams, request)
        const { id: connectionId, slug, name, fingerprint } = connection
        const changes = await readChanges(request, connectionId)
        const now = new Map((await upstreams.tools(connectionId)).map((tool) => [tool.definition.name, tool]))
        const before = new Map<string, ApprovalMode>()
        const set = await policy.setMany(changes, (change) => {
          const standing = upstreams.isCurrent({ ...change, fingerprint })
          // What is denied is denied whatever it has become.
          const holds =
            standing === 'current' || (standing === 'redefined' && change.mode === 'deny' && now.has(change.toolName))
          // As it stood with what the tool is now: to take a deny back must not allow what its server made of it since.
          const definitionHash = now.get(change.toolName)?.definitionHash ?? change.definitionHash
          if (holds) before.set(change.toolName, policy.decide({ ...change, definitionHash }).mode)
          return holds
        })
        const done = new Set(set.map(({ toolName }) => toolName))
        return page(
          BulkPolicyDonePage({
            frame: await frames.of(request.session),
            connection: { slug, name },
            set: set.map((change) => ({
              name: change.toolName,
              definitionHash: now.get(change.toolName)?.definitionHash ?? change.definitionHash,
              mode: change.mode,
              before: before.get(change.toolName) ?? 'require_approval',
            })),
            missed: changes.map(({ toolName }) => toolName).filter((toolName) => !done.has(toolName)),
          } satisfies BulkPolicyDonePageProps),
        )
      },
    },
  ]
}

export const MODE_WORDS: Record<ApprovalMode, string> = { allow: 'Allow', require_approval: 'Ask', deny: 'Deny' }
