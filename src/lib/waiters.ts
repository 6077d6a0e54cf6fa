/** Wakes whoever waits for a thing by its name, within this process. `news` is what was stored, or null when only the store can tell. */
export class Waiters<News> {
  readonly #waiting = new Map<string, Set<(news: News | null) => void>>()

  /** Calls `wake` at every later wake of `name`, until the returned function is called. */
  add(name: string, wake: (news: News | null) => void): () => void {
    let set = this.#waiting.get(name)
    if (!set) {
      set = new Set()
      this.#waiting.set(name, set)
    }
    set.add(wake)
    return () => {
      set.delete(wake)
      if (set.size === 0 && this.#waiting.get(name) === set) this.#waiting.delete(name)
    }
  }

  wake(name: string, news: News | null): void {
    const waiting = this.#waiting.get(name)
    if (waiting) for (const wake of [...waiting]) wake(news)
  }

  /** For news from another process, which does not say what changed. */
  wakeAll(): void {
    for (const name of [...this.#waiting.keys()]) this.wake(name, null)
  }

  get size(): number {
    let size = 0
    for (const set of this.#waiting.values()) size += set.size
    return size
  }
}
