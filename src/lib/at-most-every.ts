export interface Paced {
  (): void
  /** Forgets what is still to come. */
  stop(): void
}

/**
 * Does at once what is asked for, and however often it is asked for meanwhile, only once more when the time is over.
 * By elapsed time, which nobody sets.
 */
export function atMostEvery(ms: number, act: () => void): Paced {
  let timer: ReturnType<typeof setTimeout> | null = null
  let again = false
  const rest = () => {
    timer = null
    if (!again) return
    again = false
    run()
  }
  const run = () => {
    timer = setTimeout(rest, ms)
    timer.unref()
    act()
  }
  const ask = () => {
    if (timer === null) run()
    else again = true
  }
  return Object.assign(ask, {
    stop() {
      if (timer !== null) clearTimeout(timer)
      timer = null
      again = false
    },
  })
}
