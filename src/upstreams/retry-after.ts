/** Whoever asks for longer is asked again after this, so that one mistake of a server does not close a connection for a year. */
export const LONGEST_RETRY_AFTER_MS = 60 * 60_000

/**
 * How long a server asks to be left alone: seconds, or a date (RFC 9110, 10.2.3). Null where it does not say, or makes no sense.
 * A date is taken against the server's own `Date`, where it tells one: its clock need not be ours.
 */
export function retryAfterMs(headers: Headers, now: number): number | null {
  const text = headers.get('retry-after')?.trim() ?? ''
  if (/^\d+$/.test(text)) return Math.min(Number(text) * 1_000, LONGEST_RETRY_AFTER_MS)
  const at = /[a-z]{3}/i.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(at)) return null
  const theirs = Date.parse(headers.get('date') ?? '')
  return Math.min(Math.max(0, at - (Number.isNaN(theirs) ? now : theirs)), LONGEST_RETRY_AFTER_MS)
}
