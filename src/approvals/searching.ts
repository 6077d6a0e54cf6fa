import { stopwatch } from '../lib/clock.ts'
import type { Db } from '../store/store.ts'
import type { CallFilter, CallPlace, PastCall } from './history-queries.ts'
import { callsByIds, looker } from './search-queries.ts'

export interface Found {
  calls: PastCall[]
  /** Where to go on, since there may be more; null once all were looked through. */
  older: CallPlace | null
  /** How many were looked through. */
  looked: number
  /** When the oldest of them was asked; null when there were none. */
  backTo: number | null
}

/** A person waits for a page as for any other, and goes on from its end if they like. */
const SEARCH_MS = 80
/** Nobody else is served during a step, so it grows and shrinks with the time it takes: arguments may be short or long. */
const STEP_MS = 8
const FIRST_STEP = 10
const LONGEST_STEP = 4_000

export async function searchCalls(
  db: Db,
  userId: string,
  filter: CallFilter,
  text: string,
  before: CallPlace | null,
  limit: number,
): Promise<Found> {
  const look = looker(db, userId, filter, text)
  const began = stopwatch()
  const ids: string[] = []
  let place = before
  let looked = 0
  let size = FIRST_STEP
  let isOver = false
  while (!isOver && ids.length < limit && stopwatch() - began < SEARCH_MS) {
    if (looked > 0) await Bun.sleep(0)
    const stepBegan = stopwatch()
    const step = look(place, size)
    isOver = step.length < size
    for (const { askedAt, id, has } of step) {
      if (has && ids.length === limit) {
        isOver = false
        break
      }
      if (has) ids.push(id)
      place = { askedAt, id }
      looked++
    }
    const took = stopwatch() - stepBegan
    size = took < STEP_MS / 2 ? Math.min(size * 2, LONGEST_STEP) : took > STEP_MS ? Math.max(1, size >> 1) : size
  }
  const backTo = looked === 0 ? null : (place?.askedAt ?? null)
  return { calls: callsByIds(db, ids), older: isOver ? null : place, looked, backTo }
}
