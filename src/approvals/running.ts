/**
 * The calls that this process is running now, and who still wants their end.
 * When the last who wanted it has gone away, the call is cancelled upstream; a wait that merely ran out is not going away.
 */
export class Running {
  readonly #runs = new Map<string, { abort: AbortController; wanted: number; over: Promise<unknown> }>()

  /** Runs `work` once for `id`; its own caller is the first who wants it. */
  start<T>(id: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const abort = new AbortController()
    const over = work(abort.signal).finally(() => this.#runs.delete(id))
    this.#runs.set(id, { abort, wanted: 0, over })
    return over
  }

  has(id: string): boolean {
    return this.#runs.has(id)
  }

  /** The returned function says that this one no longer wants it. */
  want(id: string): { leave(reason: 'changed' | 'timed_out' | 'went_away'): void } {
    const run = this.#runs.get(id)
    if (run) run.wanted++
    let here = true
    return {
      leave: (reason) => {
        if (!run || !here) return
        here = false
        run.wanted--
        if (reason === 'went_away' && run.wanted === 0) run.abort.abort()
      },
    }
  }

  /** Waits for all, then cancels what is left after `graceMs`. */
  async finish(graceMs: number): Promise<void> {
    const settled = () => Promise.allSettled([...this.#runs.values()].map((run) => run.over))
    await Promise.race([settled(), Bun.sleep(graceMs)])
    for (const run of this.#runs.values()) run.abort.abort()
    await Promise.race([settled(), Bun.sleep(graceMs)])
  }
}
