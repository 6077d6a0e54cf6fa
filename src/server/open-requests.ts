/** A request that is being answered of somebody with a credential: an agent, or a person's script. */
export interface OpenRequest {
  /** Aborted when its client hangs up, and when whose it is is no more. */
  readonly gone: AbortSignal
  /** Resolves only when whose it is is no more. */
  readonly ended: Promise<'ended'>
  leave(): void
}

/** Requests that are being answered, by whose they are: what waits or runs must not outlive a revocation. */
export class OpenRequests {
  readonly #open = new Map<string, Set<() => void>>()

  enter(id: string, { signal }: Request): OpenRequest {
    const gone = new AbortController()
    const { promise: ended, resolve } = Promise.withResolvers<'ended'>()
    const hungUp = () => gone.abort()
    const end = () => {
      resolve('ended')
      gone.abort()
    }
    const mine = this.#open.get(id) ?? new Set()
    this.#open.set(id, mine)
    mine.add(end)
    signal.addEventListener('abort', hungUp, { once: true })
    const leave = () => {
      signal.removeEventListener('abort', hungUp)
      mine.delete(end)
      if (mine.size === 0 && this.#open.get(id) === mine) this.#open.delete(id)
    }
    return { gone: gone.signal, ended, leave }
  }

  /** Ends those of whoever is no more. */
  sweep(isLive: (id: string) => boolean): void {
    for (const [id, open] of this.#open) {
      if (!isLive(id)) for (const end of [...open]) end()
    }
  }
}
