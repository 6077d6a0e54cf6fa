/** A request of an agent that is being answered. */
export interface OpenRequest {
  /** Aborted when its client hangs up, and when its agent is no more. */
  readonly gone: AbortSignal
  /** Resolves only when its agent is no more. */
  readonly ended: Promise<'ended'>
  leave(): void
}

/** Requests of agents that are being answered, by agent: what waits or runs must not outlive a revocation. */
export class OpenRequests {
  readonly #open = new Map<string, Set<() => void>>()

  enter(principalId: string, { signal }: Request): OpenRequest {
    const gone = new AbortController()
    const { promise: ended, resolve } = Promise.withResolvers<'ended'>()
    const hungUp = () => gone.abort()
    const end = () => {
      resolve('ended')
      gone.abort()
    }
    const mine = this.#open.get(principalId) ?? new Set()
    this.#open.set(principalId, mine)
    mine.add(end)
    signal.addEventListener('abort', hungUp, { once: true })
    const leave = () => {
      signal.removeEventListener('abort', hungUp)
      mine.delete(end)
      if (mine.size === 0 && this.#open.get(principalId) === mine) this.#open.delete(principalId)
    }
    return { gone: gone.signal, ended, leave }
  }

  /** Ends those of agents that are no more. */
  sweep(isLive: (principalId: string) => boolean): void {
    for (const [principalId, open] of this.#open) {
      if (!isLive(principalId)) for (const end of [...open]) end()
    }
  }
}
