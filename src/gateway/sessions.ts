import type { Server, WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/server'

export interface Session {
  id: string
  principalId: string
  server: Server
  transport: WebStandardStreamableHTTPServerTransport
  /** Plain calls under way, by the id that their client gave them, and how to end them. */
  plainCalls: Map<string | number, AbortController>
  usedAt: number
}

const MOST_PER_PRINCIPAL = 100
const MOST_IN_ALL = 20_000
const IDLE_MS = 60 * 60_000

/**
 * Sessions of the older protocol generation. A session is a convenience and no credential:
 * it answers only to the principal that opened it, who proves itself anew on each request.
 */
export class Sessions {
  /** In the order of use, the longest unused first. */
  readonly #sessions = new Map<string, Session>()

  constructor(readonly now: () => number) {}

  add(session: Omit<Session, 'usedAt' | 'plainCalls'>): void {
    const own = [...this.#sessions.values()].filter((each) => each.principalId === session.principalId)
    if (own.length >= MOST_PER_PRINCIPAL && own[0]) this.end(own[0].id)
    const oldest = this.#sessions.values().next()
    if (this.#sessions.size >= MOST_IN_ALL && !oldest.done) this.end(oldest.value.id)
    this.#sessions.set(session.id, { ...session, plainCalls: new Map(), usedAt: this.now() })
  }

  /** Null too when it belongs to somebody else: that it exists is nobody else's business. */
  find(id: string, principalId: string): Session | null {
    const session = this.#sessions.get(id)
    if (!session || session.principalId !== principalId) return null
    session.usedAt = this.now()
    this.#sessions.delete(id)
    this.#sessions.set(id, session)
    return session
  }

  /** Ends its plain calls, which its server knows nothing of. */
  forget(id: string): void {
    for (const call of this.#sessions.get(id)?.plainCalls.values() ?? []) call.abort()
    this.#sessions.delete(id)
  }

  end(id: string): void {
    const session = this.#sessions.get(id)
    this.forget(id)
    void session?.server.close().catch(() => {})
  }

  /** Ends what has been idle for an hour and what belongs to a principal that is no more. */
  sweep(isLive: (principalId: string) => boolean): void {
    const idleSince = this.now() - IDLE_MS
    for (const session of [...this.#sessions.values()]) {
      if (session.usedAt < idleSince || !isLive(session.principalId)) this.end(session.id)
    }
  }

  endAll(): void {
    for (const id of [...this.#sessions.keys()]) this.end(id)
  }

  get size(): number {
    return this.#sessions.size
  }
}
