import { AppError } from '../lib/errors.ts'

/** Which connections a form says an agent may use; null for all. @throws AppError bad_request */
export function readReach(form: URLSearchParams, installed: readonly { id: string }[]): string[] | null {
  if (form.get('reach') === 'all') return null
  if (form.get('reach') !== 'chosen') throw new AppError('bad_request', 'Choose which connections it may use.')
  const chosen = [...new Set(form.getAll('connection'))]
  if (chosen.length === 0) throw new AppError('bad_request', 'Tick at least one connection, or choose all.')
  if (!chosen.every((id) => installed.some((connection) => connection.id === id)))
    throw new AppError('bad_request', 'One of these connections is gone. Reload the page and choose again.')
  return chosen
}
