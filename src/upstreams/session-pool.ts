import { ProtocolError, SdkHttpError } from '@modelcontextprotocol/client'
import type { Logger } from '../lib/logger.ts'
import type { OutboundFetch } from '../lib/outbound.ts'
import { RemoteMcp, type RemoteTarget } from './remote-mcp.ts'

/** One session per connection and account, made when first needed and shared by all its calls. */
export class SessionPool {
  readonly #sessions = new Map<string, { fingerprint: string; session: Promise<RemoteMcp>; usedAt: number }>()

  constructor(
    readonly deps: {
      /** The way out for one connection. */
      outbound: (connectionId: string) => OutboundFetch
      logger: Logger
      now: () => number
      onToolsChanged: (connectionId: string) => void
    },
  ) {}

  /** @param target asked for only when a session has to be made. */
  async get(
    connection: { id: string; fingerprint: string },
    target: () => Promise<RemoteTarget>,
  ): Promise<{ session: RemoteMcp; isNew: boolean }> {
    // Looked at anew after each wait: whoever else found the session closed may have made another meanwhile.
    for (;;) {
      const held = this.#sessions.get(connection.id)
      if (!held) break
      if (held.fingerprint !== connection.fingerprint) {
        this.drop(connection.id)
        break
      }
      held.usedAt = this.deps.now()
      const session = await held.session
      if (!session.isClosed) return { session, isNew: false }
      if (this.#sessions.get(connection.id) === held) this.#sessions.delete(connection.id)
    }
    const session = this.#connect(connection.id, target)
    this.#sessions.set(connection.id, { fingerprint: connection.fingerprint, session, usedAt: this.deps.now() })
    try {
      return { session: await session, isNew: true }
    } catch (error) {
      if (this.#sessions.get(connection.id)?.session === session) this.#sessions.delete(connection.id)
      throw error
    }
  }

  async #connect(id: string, target: () => Promise<RemoteTarget>): Promise<RemoteMcp> {
    const remembered = await target()
    const connect = (to: RemoteTarget) =>
      RemoteMcp.connect(to, this.deps.outbound(id), () => this.deps.onToolsChanged(id))
    try {
      return await connect(remembered)
    } catch (error) {
      if (remembered.prior === null || !refusesProtocol(error)) throw error
      return connect({ ...remembered, prior: null })
    }
  }

  /** Hands this very session out no more; another may have taken its place already. */
  discard(connectionId: string, session: RemoteMcp): void {
    this.#forget(connectionId, session)
    session.retire()
  }

  #forget(connectionId: string, session: RemoteMcp): void {
    const held = this.#sessions.get(connectionId)
    void held?.session.then(
      (current) => {
        if (current === session && this.#sessions.get(connectionId) === held) this.#sessions.delete(connectionId)
      },
      () => {},
    )
  }

  drop(connectionId: string): void {
    const held = this.#sessions.get(connectionId)
    this.#sessions.delete(connectionId)
    void held?.session.then(
      (session) => session.retire(),
      () => {},
    )
  }

  /** Ends sessions unused since `at`. */
  sweep(at: number): void {
    for (const [id, held] of [...this.#sessions]) if (held.usedAt < at) this.drop(id)
  }

  async close(): Promise<void> {
    // Not waited for: one that is still connecting to a server that hangs would hold up our own end.
    for (const held of this.#sessions.values()) {
      void held.session.then(
        (session) => session.close(),
        () => {},
      )
    }
    this.#sessions.clear()
  }
}

/** What was learnt about the server's protocol may no longer hold. */
const refusesProtocol = (error: unknown): boolean =>
  error instanceof ProtocolError || (error instanceof SdkHttpError && [400, 404, 405].includes(error.status ?? 0))
