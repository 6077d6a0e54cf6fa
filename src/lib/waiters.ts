/**
 * Wakes whoever waits for a thing by its name, within this process.
 * A wake carries no news: the woken look at the store, which alone is the truth.
 */
export class Waiters {
  readonly #waiting = new Map<string, Set<() => void>>()

  /** Calls `wake` at every later wake of `name`, until the returned function is called. */
  add(name: string, wake: () => void): () => void {
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

  wake(name: string): void {
    for (const wake of [...(this.#waiting.get(name) ?? [])]) wake()
  }

  /** For news from another process, which does not say what changed. */
  wakeAll(): void {
    for (const name of [...this.#waiting.keys()]) this.wake(name)
  }

  get size(): number {
    let size = 0
    for (const set of this.#waiting.values()) size += set.size
    return size
  }
}
