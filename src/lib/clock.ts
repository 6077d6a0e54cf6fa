/**
 * Time as a value handed in, so that tests can move it.
 * All times are UTC epoch milliseconds; all durations are milliseconds.
 */
export interface Clock {
  now(): number
  /** Runs `act` once at `at` or soon after; the returned function cancels it. Never keeps the process alive. */
  schedule(at: number, act: () => void): () => void
}

/** Timers cannot reach further than 2^31-1 ms; a longer wait is taken in steps. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** Its timers run by elapsed time: they do not move when what it reads is set back or forward. */
export const clockReading = (now: () => number): Clock => ({
  now,
  schedule(at, act) {
    let timer: ReturnType<typeof setTimeout>
    const arm = () => {
      const left = at - now()
      timer = left > LONGEST_TIMER_MS ? setTimeout(arm, LONGEST_TIMER_MS) : setTimeout(act, Math.max(0, left))
      timer.unref()
    }
    arm()
    return () => clearTimeout(timer)
  },
})

export const systemClock: Clock = clockReading(() => Date.now())

/** A monotonic reading in milliseconds, for durations only. */
export const stopwatch = (): number => performance.now()
