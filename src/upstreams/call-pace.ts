const STARTS_KEPT = 16
const LOOK_BACK_MS = 60_000
const LEAST_SPACING_MS = 50
const MOST_SPACING_MS = 2_000
const EASED = 0.8
/** Closer than this, calls are not spaced at all. */
const NO_SPACING_MS = 20

/** How close calls may follow one another: as they like, until a server limits them; then half as often, and a little more often after each answer. */
export class CallPace {
  #spacingMs = 0
  #nextAt = 0
  #starts = 0
  readonly #startedAt = new Float64Array(STARTS_KEPT)

  /** When the next call may start, at the earliest now. */
  nextAt(now: number): number {
    // Further away than any spacing: the clock was set back.
    return this.#nextAt - now > MOST_SPACING_MS ? now : Math.max(now, this.#nextAt)
  }

  started(now: number): void {
    this.#startedAt[this.#starts++ % STARTS_KEPT] = now
    if (this.#spacingMs > 0) this.#nextAt = now + this.#spacingMs
  }

  /** What was too often is measured by what was done. */
  limited(now: number): void {
    const lately = this.#startedAt.filter((at, i) => i < this.#starts && at <= now && at > now - LOOK_BACK_MS)
    const spacingMs = lately.length > 1 ? (now - Math.min(...lately)) / (lately.length - 1) : 0
    this.#spacingMs = Math.min(Math.max(2 * Math.max(spacingMs, this.#spacingMs), LEAST_SPACING_MS), MOST_SPACING_MS)
  }

  answered(): void {
    this.#spacingMs *= EASED
    if (this.#spacingMs < NO_SPACING_MS) this.#spacingMs = 0
  }
}
