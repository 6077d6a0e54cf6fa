import { stopwatch } from '../../lib/clock.ts'
import { LinkLost, NotReached, Refused } from '../link/endpoint.ts'
import { liveLine } from './live-line.ts'

export interface Wait<T> {
  /** 0: as long as it takes. */
  timeoutS: number
  /** For the line that shows at a terminal. */
  words: string
  interrupted: AbortSignal
  /** Waits so many seconds at most. It must be harmless to ask again: that is done whatever happens to the link. */
  ask(seconds: number): Promise<T>
  isOver(answer: T): boolean
  /** Whether the gateway has answered already: one that never did is not waited for. */
  hasMet: boolean
}

/** Below the 240 s that one wait may take, and short enough to notice a link that is gone. */
const LONGEST_WAIT_S = 60
const RETRY_MS = 1_000
/** So long a gateway may be away, as when it is started anew. */
const LONGEST_ABSENCE_MS = 120_000

/** @returns the last answer, which is not over if the time was; null if there was none in time. */
export async function patiently<T>({ timeoutS, words, interrupted, ask, isOver, hasMet }: Wait<T>): Promise<T | null> {
  const began = stopwatch()
  const elapsedMs = () => stopwatch() - began
  const line = liveLine(words, elapsedMs)
  let answer: T | null = null
  let awaySince: number | null = null
  let met = hasMet
  try {
    for (;;) {
      const leftS = timeoutS === 0 ? LONGEST_WAIT_S : timeoutS - elapsedMs() / 1000
      if (leftS <= 0) return answer
      try {
        answer = await ask(Math.min(LONGEST_WAIT_S, Math.max(1, leftS)))
        awaySince = null
        met = true
        if (isOver(answer)) return answer
      } catch (error) {
        met ||= !(error instanceof NotReached)
        if (!isPassing(error) || !met) throw error
        awaySince ??= stopwatch()
        if (stopwatch() - awaySince > LONGEST_ABSENCE_MS) throw error
        await Bun.sleep(RETRY_MS)
        interrupted.throwIfAborted()
      }
    }
  } finally {
    line.end()
  }
}

/** What a gateway that is started anew, or has much to do, looks like from here. */
const isPassing = (error: unknown): boolean =>
  error instanceof LinkLost ||
  error instanceof NotReached ||
  (error instanceof Refused && [429, 502, 503, 504].includes(error.status))
