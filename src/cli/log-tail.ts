import type { Approvals, PastCall } from '../approvals/approvals.ts'

/** Calls become visible in the order of their commits, which is not quite that of their times. */
const MARGIN_MS = 10_000
const OVER: ReadonlySet<PastCall['state']> = new Set(['executed', 'failed', 'unknown', 'denied', 'expired', 'refused'])

/** The end of a user's log: what is new or has come further since it was last looked at, each once for each state. */
export class LogTail {
  /** Those that may still change, and those that the next look will meet again. */
  readonly #seen = new Map<string, { state: PastCall['state']; askedAt: number }>()
  #newestAt = Number.NEGATIVE_INFINITY

  constructor(
    readonly approvals: Approvals,
    readonly userId: string,
  ) {}

  /** The newest calls, oldest first. */
  async begin(limit: number): Promise<PastCall[]> {
    const calls: PastCall[] = []
    for await (const call of this.#newestFirst()) {
      if (calls.length >= limit) break
      calls.push(call)
    }
    // Without one to begin from, whatever comes is new.
    const newest = calls[0] ?? (await this.#newestFirst().next()).value
    if (newest) this.#newestAt = newest.askedAt
    for await (const call of this.#newestFirst(this.#newestAt - MARGIN_MS)) this.#note(call)
    for (const call of calls) this.#note(call)
    return calls.reverse()
  }

  /** What has happened since, oldest first. */
  async next(): Promise<PastCall[]> {
    const since = this.#newestAt - MARGIN_MS
    const news: PastCall[] = []
    for (const [id, { state, askedAt }] of [...this.#seen]) {
      if (askedAt >= since) continue
      const found = OVER.has(state) ? null : await this.approvals.find(this.userId, id)
      if (found && found.request.state !== state) news.push(found.request)
      if (!found || OVER.has(found.request.state)) this.#seen.delete(id)
    }
    for await (const call of this.#newestFirst(since))
      if (this.#seen.get(call.id)?.state !== call.state) news.push(call)
    for (const call of news) {
      if (!OVER.has(call.state) || call.askedAt >= since) this.#note(call)
      this.#newestAt = Math.max(this.#newestAt, call.askedAt)
    }
    return news.sort((a, b) => a.askedAt - b.askedAt)
  }

  #note({ id, state, askedAt }: PastCall): void {
    this.#seen.set(id, { state, askedAt })
  }

  async *#newestFirst(from?: number): AsyncGenerator<PastCall, undefined> {
    const filter = from === undefined || !Number.isFinite(from) ? {} : { from }
    let place = null
    do {
      const { calls, older } = await this.approvals.history.calls(this.userId, filter, place)
      yield* calls
      place = older
    } while (place)
  }
}
