import { SettingsPage } from '../../views/pages/settings.tsx'
import type { ChosenToken, PageFrame } from '../../views/types.ts'
import { APPEARANCES } from '../identity/identity.ts'
import { AppError } from '../lib/errors.ts'
import { page, seeOther } from './page.ts'
import { personalTokenRoutes } from './personal-tokens.ts'
import { type HumanRequest, param, type Route } from './routes.ts'
import type { WebRooms } from './web-rooms.ts'

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS

/** What was done, as the page says it after the form that did it. */
const DONE: Record<string, string> = {
  times: 'The times are saved.',
  browser: 'That browser is signed out.',
  browsers: 'All other browsers are signed out.',
  password: 'The password is changed. All other browsers are signed out, and your personal tokens have ended.',
}

/** A form that has to be mended. */
type Wrong =
  | { form: 'times'; error: AppError }
  | { form: 'password'; error: AppError }
  | { form: 'token'; error: AppError; sent: ChosenToken }

export function settingsRoutes(rooms: WebRooms): Route<HumanRequest>[] {
  const { approvals, frames, identity, upstreams, clock, config } = rooms
  const { humans } = identity

  async function settingsPage({ session, url }: HumanRequest, wrong: Wrong | null) {
    const userId = session.user.id
    const { pendingMs, approvedMs, keptMs } = await approvals.limits(userId)
    const tokens = await identity.personalTokens.list(userId)
    const errorOf = (form: Wrong['form']) => (wrong?.form === form ? wrong.error.message : null)
    const props = {
      frame: await frames.of(session, wrong ? null : noticeOf(url)),
      pendingMinutes: pendingMs / MINUTE_MS,
      approvedMinutes: approvedMs / MINUTE_MS,
      keptDays: keptMs / DAY_MS,
      error: errorOf('times'),
      browsers: await humans.signedInBrowsers(session),
      passwordError: errorOf('password'),
      tokens: tokens.map((token) => ({ ...token, expired: token.expiresAt <= clock.now() })),
      sent: wrong?.form === 'token' ? { chosen: wrong.sent, error: wrong.error.message } : null,
      about: await aboutOf(userId),
    }
    return page(SettingsPage(props), wrong?.error.status ?? 200)
  }

  async function aboutOf(userId: string) {
    const { calls, isExact } = await approvals.history.count(userId, {})
    return {
      ...config.about(),
      connections: (await upstreams.connections(userId)).length,
      agents: (await identity.agents.unrevoked(userId)).length,
      calls: { count: calls, isExact },
    }
  }

  /** Where a form has to be mended, it is shown again with why. */
  async function orAgain(request: HumanRequest, form: 'times' | 'password', act: () => Promise<void>) {
    try {
      await act()
      return seeOther(`/settings?done=${form}`)
    } catch (error) {
      if (error instanceof AppError) return settingsPage(request, { form, error })
      throw error
    }
  }

  return [
    { method: 'GET', path: '/settings', handle: (request) => settingsPage(request, null) },
    {
      method: 'POST',
      path: '/settings',
      says: () => 'Change how long requests wait and calls are kept',
      handle: (request) =>
        orAgain(request, 'times', () => {
          const number = (name: string) => Number(request.form.get(name) || Number.NaN)
          return approvals.setLimits(request.session.user.id, {
            pendingMs: number('pending_minutes') * MINUTE_MS,
            approvedMs: number('approved_minutes') * MINUTE_MS,
            keptMs: number('kept_days') * DAY_MS,
          })
        }),
    },
    {
      method: 'POST',
      path: '/settings/appearance',
      says: () => 'Change the appearance of the pages',
      async handle({ session, form }) {
        const appearance = APPEARANCES.find((each) => each === form.get('appearance'))
        if (!appearance) throw new AppError('bad_request', 'Choose Light, Dark or As the system.')
        await humans.setAppearance(session, appearance)
        return seeOther('/settings#appearance')
      },
    },
    {
      method: 'POST',
      path: '/settings/browsers/:id/end',
      says: () => 'Sign out a browser',
      async handle(request) {
        await humans.endSession(request.session, param(request, 'id'))
        return seeOther('/settings?done=browser#browsers')
      },
    },
    {
      method: 'POST',
      path: '/settings/browsers/end-others',
      says: () => 'Sign out all other browsers',
      async handle({ session }) {
        await humans.endOtherSessions(session)
        return seeOther('/settings?done=browsers#browsers')
      },
    },
    {
      method: 'POST',
      path: '/settings/password',
      says: () => 'Change your password',
      handle: (request) =>
        orAgain(request, 'password', async () => {
          const field = (name: string) => request.form.get(name) ?? ''
          const next = field('new_password')
          if (next !== field('new_password_again')) throw new AppError('bad_request', 'The two new passwords differ.')
          const { session, from } = request
          await humans.changePassword(session, { current: field('password'), next }, from)
        }),
    },
    ...personalTokenRoutes(rooms, (request, error, sent) => settingsPage(request, { form: 'token', error, sent })),
  ]
}

function noticeOf({ searchParams }: URL): PageFrame['notice'] {
  const done = searchParams.get('done') ?? ''
  return Object.hasOwn(DONE, done) ? { kind: 'ok', text: DONE[done] ?? '' } : null
}
