import { SettingsPage } from '../../views/pages/settings.tsx'
import type { ChosenToken } from '../../views/types.ts'
import { AppError } from '../lib/errors.ts'
import { page, seeOther } from './page.ts'
import { personalTokenRoutes } from './personal-tokens.ts'
import type { HumanRequest, Route } from './routes.ts'
import type { WebRooms } from './web-rooms.ts'

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS

export function settingsRoutes(rooms: WebRooms): Route<HumanRequest>[] {
  const { approvals, frames, identity, clock } = rooms

  /** @param sent a form for a token that has to be mended. */
  async function settingsPage({ session }: HumanRequest, error: AppError | null, sent: ChosenToken | null = null) {
    const userId = session.user.id
    const { pendingMs, approvedMs, keptMs } = await approvals.limits(userId)
    const tokens = await identity.personalTokens.list(userId)
    const props = {
      frame: await frames.of(session),
      pendingMinutes: pendingMs / MINUTE_MS,
      approvedMinutes: approvedMs / MINUTE_MS,
      keptDays: keptMs / DAY_MS,
      error: sent ? null : (error?.message ?? null),
      tokens: tokens.map((token) => ({ ...token, expired: token.expiresAt <= clock.now() })),
      sent: sent && { chosen: sent, error: error?.message ?? '' },
    }
    return page(SettingsPage(props), error?.status ?? 200)
  }

  return [
    { method: 'GET', path: '/settings', handle: (request) => settingsPage(request, null) },
    {
      method: 'POST',
      path: '/settings',
      says: () => 'Change how long requests wait and calls are kept',
      async handle(request) {
        const number = (name: string) => Number(request.form.get(name) || Number.NaN)
        try {
          await approvals.setLimits(request.session.user.id, {
            pendingMs: number('pending_minutes') * MINUTE_MS,
            approvedMs: number('approved_minutes') * MINUTE_MS,
            keptMs: number('kept_days') * DAY_MS,
          })
        } catch (error) {
          if (error instanceof AppError) return settingsPage(request, error)
          throw error
        }
        return seeOther('/settings')
      },
    },
    ...personalTokenRoutes(rooms, settingsPage),
  ]
}
