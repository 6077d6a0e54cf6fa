import { stopwatch } from '../lib/clock.ts'
import type { CallPlace, PastCall } from './history-queries.ts'
import type { Looked } from './search-queries.ts'

export interface Found extends SearchEnd {
  calls: PastCall[]
}

interface SearchEnd {
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

/**
 * Looks through calls step by step until enough of them have what is looked for, a moment is over, or there are no more.
 * @param look gives so many calls from behind a place, fewer only at the end.
 */
export async function searchCalls(
  look: (before: CallPlace | null, limit: number) => Looked[],
  before: CallPlace | null,
  enough: number,
): Promise<SearchEnd & { ids: string[] }> {
  const began = stopwatch()
  const ids: string[] = []
  let place = before
  let looked = 0
  let size = FIRST_STEP
  let isOver = false
  while (!isOver && ids.length < enough && stopwatch() - began < SEARCH_MS) {
    if (looked > 0) await Bun.sleep(0)
    const stepBegan = stopwatch()
    const step = look(place, size)
    isOver = step.length < size
    for (const { askedAt, id, has } of step) {
      if (has && ids.length === enough) {
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
  return { ids, older: isOver ? null : place, looked, backTo: looked === 0 ? null : (place?.askedAt ?? null) }
}
