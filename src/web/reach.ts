import type { ChosenReach } from '../../views/types.ts'
import type { Reach } from '../identity/identity.ts'
import { AppError } from '../lib/errors.ts'

const DAY_MS = 24 * 60 * 60_000
const LIFETIMES_IN_DAYS = ['1', '7', '30']

/**
 * How far a form says an agent may reach, and for how long.
 * @param current when the agent ends as things stand.
 * @throws AppError bad_request
 */
export function readReach(
  form: URLSearchParams,
  installed: readonly { id: string }[],
  now: number,
  current: number | null = null,
): Reach {
  return { connections: readConnections(form, installed), expiresAt: readLifetime(form, now, current) }
}

export const UNLIMITED: ChosenReach = { connections: null, lifetime: 'forever' }

/** As it was ticked: what is to be mended must not come back as a wider yes than the person meant. */
export const readChosen = (form: URLSearchParams): ChosenReach => ({
  connections: form.get('reach') === 'all' ? null : form.getAll('connection'),
  lifetime: form.get('lifetime') ?? '1',
})

function readConnections(form: URLSearchParams, installed: readonly { id: string }[]): string[] | null {
  if (form.get('reach') === 'all') return null
  if (form.get('reach') !== 'chosen') throw new AppError('bad_request', 'Choose which connections it may use.')
  const chosen = [...new Set(form.getAll('connection'))]
  if (chosen.length === 0) throw new AppError('bad_request', 'Tick at least one connection, or choose all.')
  if (!chosen.every((id) => installed.some((connection) => connection.id === id)))
    throw new AppError('bad_request', 'One of these connections is gone. Reload the page and choose again.')
  return chosen
}

function readLifetime(form: URLSearchParams, now: number, current: number | null): number | null {
  const lifetime = form.get('lifetime') ?? 'forever'
  if (lifetime === 'forever') return null
  if (lifetime === 'as_it_is') return current
  if (!LIFETIMES_IN_DAYS.includes(lifetime)) throw new AppError('bad_request', 'Choose for how long.')
  return now + Number(lifetime) * DAY_MS
}
