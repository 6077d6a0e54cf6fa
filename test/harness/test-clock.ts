import type { Clock } from '../../src/lib/clock.ts'

/** A clock that stands still until the test moves it. Starts at the real time, so that dates in output look sane. */
export class TestClock implements Clock {
  #now = Date.now()
  readonly #due = new Set<{ at: number; act: () => void }>()

  now(): number {
    return this.#now
  }

  schedule(at: number, act: () => void): () => void {
    const entry = { at, act }
    this.#due.add(entry)
    return () => this.#due.delete(entry)
  }

  /** The times at which something is due, so that a test can tell that somebody has begun to wait. */
  get due(): number[] {
    return [...this.#due].map(({ at }) => at)
  }

  /** As somebody sets the clock of a machine: what is due stays due at its time. */
  setBack(ms: number): void {
    this.#now -= ms
  }

  /** Moves on, and runs what falls due on the way, in order. Lets promises settle in between. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms
    for (;;) {
      const next = [...this.#due].filter((entry) => entry.at <= end).sort((a, b) => a.at - b.at)[0]
      if (!next) break
      this.#now = Math.max(this.#now, next.at)
      this.#due.delete(next)
      next.act()
      await Bun.sleep(0)
    }
    this.#now = end
    await Bun.sleep(0)
  }
}
