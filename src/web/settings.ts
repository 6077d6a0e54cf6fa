import { SettingsPage } from '../../views/pages/settings.tsx'
import { AppError } from '../lib/errors.ts'
import { page, seeOther } from './page.ts'
import type { HumanRequest, Route } from './routes.ts'
import type { WebRooms } from './web-rooms.ts'

const MINUTE_MS = 60_000

export function settingsRoutes({ approvals, frames }: WebRooms): Route<HumanRequest>[] {
  async function settingsPage({ session }: HumanRequest, error: string | null, status = 200) {
    const { pendingMs, approvedMs } = await approvals.limits(session.user.id)
    const minutes = { pendingMinutes: pendingMs / MINUTE_MS, approvedMinutes: approvedMs / MINUTE_MS }
    return page(SettingsPage({ frame: await frames.of(session), ...minutes, error }), status)
  }

  return [
    { method: 'GET', path: '/settings', handle: (request) => settingsPage(request, null) },
    {
      method: 'POST',
      path: '/settings',
      says: () => 'Change how long requests wait',
      async handle(request) {
        const ms = (name: string) => Number(request.form.get(name) || Number.NaN) * MINUTE_MS
        try {
          const limits = { pendingMs: ms('pending_minutes'), approvedMs: ms('approved_minutes') }
          await approvals.setLimits(request.session.user.id, limits)
        } catch (error) {
          if (error instanceof AppError) return settingsPage(request, error.message, error.status)
          throw error
        }
        return seeOther('/settings')
      },
    },
  ]
}
