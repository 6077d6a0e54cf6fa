import { TokenCreatedPage } from '../../views/pages/token-created.tsx'
import type { ChosenToken } from '../../views/types.ts'
import { TOKEN_SCOPES } from '../identity/identity.ts'
import { AppError } from '../lib/errors.ts'
import { page, seeOther } from './page.ts'
import { type HumanRequest, param, type Route } from './routes.ts'
import type { WebRooms } from './web-rooms.ts'

const DAY_MS = 24 * 60 * 60_000
const LIFETIMES_IN_DAYS = ['7', '30', '90', '365']

/** @param settingsPage the page that the forms stand on, shown again where one has to be mended. */
export function personalTokenRoutes(
  { identity, frames, config }: WebRooms,
  settingsPage: (request: HumanRequest, error: AppError, sent: ChosenToken) => Promise<Response>,
): Route<HumanRequest>[] {
  const { humans, personalTokens } = identity

  /** @throws AppError */
  async function make({ session, form, from }: HumanRequest, { name, scope, lifetime }: ChosenToken) {
    if (!LIFETIMES_IN_DAYS.includes(lifetime)) throw new AppError('bad_request', 'Choose for how long.')
    if (!(await humans.confirmPassword(session, form.get('password') ?? '', from)))
      throw new AppError('forbidden', 'That was not the password of this account, or there were too many tries.')
    return personalTokens.create(session.user.id, { name, scope, lifetimeMs: Number(lifetime) * DAY_MS })
  }

  return [
    {
      method: 'POST',
      path: '/settings/tokens',
      says: () => 'Make a personal token',
      async handle(request) {
        const chosen = readToken(request.form)
        try {
          const { token } = await make(request, chosen)
          const frame = await frames.of(request.session)
          return page(TokenCreatedPage({ frame, name: chosen.name.trim(), token, origin: config.origin }))
        } catch (error) {
          if (error instanceof AppError) return settingsPage(request, error, chosen)
          throw error
        }
      },
    },
    {
      method: 'POST',
      path: '/settings/tokens/:id/revoke',
      says: () => 'Revoke a personal token',
      async handle(request) {
        await personalTokens.revoke(request.session.user.id, param(request, 'id'))
        return seeOther('/settings')
      },
    },
  ]
}

/** Whatever is not said is the narrower. */
const readToken = (form: URLSearchParams): ChosenToken => ({
  name: form.get('name') ?? '',
  scope: TOKEN_SCOPES.find((scope) => scope === form.get('scope')) ?? 'read',
  lifetime: form.get('lifetime') ?? '30',
})
