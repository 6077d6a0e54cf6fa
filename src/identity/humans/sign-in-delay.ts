/** Mistyping a few times costs nothing; after that every failure doubles the wait. */
const FREE_FAILURES = 4
const FIRST_DELAY_MS = 1_000
const LONGEST_DELAY_MS = 60_000
/** After a quiet day the count starts anew. */
export const FAILURES_KEPT_MS = 24 * 60 * 60_000

/** When the next try is taken, given the failures so far. Pure. */
export function nextTryAt(failures: { count: number; lastAt: number } | undefined, now: number): number {
  if (!failures || failures.count <= FREE_FAILURES) return 0
  // The clock was set back: nobody shall wait until it is there again. This try counts from now.
  if (failures.lastAt > now) return 0
  const delay = FIRST_DELAY_MS * 2 ** Math.min(failures.count - FREE_FAILURES - 1, 16)
  return failures.lastAt + Math.min(delay, LONGEST_DELAY_MS)
}
