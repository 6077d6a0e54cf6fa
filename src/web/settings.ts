import { SettingsPage } from '../../views/pages/settings.tsx'
import { AppError } from '../lib/errors.ts'
import { page, seeOther } from './page.ts'
import type { HumanRequest, Route } from './routes.ts'
import type { WebRooms } from './web-rooms.ts'

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS

export function settingsRoutes({ approvals, frames }: WebRooms): Route<HumanRequest>[] {
  async function settingsPage({ session }: HumanRequest, error: string | null, status = 200) {
    const { pendingMs, approvedMs, keptMs } = await approvals.limits(session.user.id)
    const times = {
      pendingMinutes: pendingMs / MINUTE_MS,
      approvedMinutes: approvedMs / MINUTE_MS,
      keptDays: keptMs / DAY_MS,
    }
    return page(SettingsPage({ frame: await frames.of(session), ...times, error }), status)
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
          if (error instanceof AppError) return settingsPage(request, error.message, error.status)
          throw error
        }
        return seeOther('/settings')
      },
    },
  ]
}
