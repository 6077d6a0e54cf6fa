import { errorText } from '../../lib/errors.ts'
import { createOutbound, hostAndPort, NotSent, type OutboundFetch } from '../../lib/outbound.ts'
import { VERSION } from '../../lib/version.ts'
import type { Instance } from '../instance/instance.ts'
import { CommandError } from '../output.ts'

/** Nothing was sent, so nothing was done. */
export class NotReached extends Error {}

/** It was sent, and its end is not known. */
export class LinkLost extends Error {}

/** The gateway took no request, and says why. */
export class Refused extends CommandError {
  constructor(
    message: string,
    readonly status: number,
  ) {
    super(message)
  }
}

/** The gateway's own results are limited to 32 MB, and one may stand in an answer twice. */
const MAX_ANSWER_BYTES = 80 * 1024 * 1024
/** A live gateway says something every 15 s, if only that it is still there. */
const LONGEST_SILENCE_MS = 60_000

export interface Exchange {
  response: Response
  /** To be called whenever the answer shows a sign of life. */
  onSound(): void
  /** Ends the exchange; the server takes it for a caller that hung up. */
  end(): void
}

export interface Ask {
  method?: 'GET' | 'POST' | 'DELETE'
  path?: string
  body?: string
  headers?: Record<string, string>
  signal?: AbortSignal
}

/** One AgentPort over HTTP, as one agent. The instance is opened by its owner's own configuration, wherever it is. */
export class Endpoint {
  readonly origin: string
  readonly #key: string
  readonly #outbound: OutboundFetch

  /** @throws CommandError without a key. */
  constructor({ origin, key }: Pick<Instance, 'origin' | 'key'>, outbound: OutboundFetch = createOutbound()) {
    if (key === null) {
      throw new CommandError(
        'Not signed in. Set AGENTPORT_API_KEY, or save a key with "agentport auth login". The page "Connect an agent" makes keys.',
      )
    }
    this.origin = origin
    this.#key = key
    this.#outbound = outbound
  }

  /** One request, never a second one by itself. @throws NotReached, LinkLost; the signal's reason once it aborts. */
  async ask({ method = 'POST', path = '/mcp', body, headers, signal }: Ask): Promise<Exchange> {
    const url = new URL(path, this.origin)
    const connection = new AbortController()
    let silence: ReturnType<typeof setTimeout> | undefined
    const onSound = () => {
      clearTimeout(silence)
      silence = setTimeout(() => connection.abort(new Error('nothing came for a minute')), LONGEST_SILENCE_MS)
      silence.unref()
    }
    const end = () => {
      clearTimeout(silence)
      signal?.removeEventListener('abort', hangUp)
      connection.abort()
    }
    const hangUp = () => connection.abort(signal?.reason)
    if (signal?.aborted) throw signal.reason
    signal?.addEventListener('abort', hangUp, { once: true })
    onSound()
    const init: RequestInit = {
      method,
      headers: {
        'user-agent': `agentport/${VERSION}`,
        'x-api-key': this.#key,
        accept: 'application/json, text/event-stream',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      signal: connection.signal,
      ...(body === undefined ? {} : { body }),
    }
    const limits = { allowedPrivate: hostAndPort(url), maxBytes: MAX_ANSWER_BYTES }
    try {
      return { response: await this.#outbound(url, init, limits), onSound, end }
    } catch (error) {
      end()
      throw this.named(error, signal)
    }
  }

  /** What broke off a request or its answer, in words for people. */
  named(error: unknown, signal?: AbortSignal): unknown {
    if (signal?.aborted) return signal.reason
    if (error instanceof NotSent)
      return new NotReached(`AgentPort at ${this.origin} cannot be reached, and nothing was sent: ${error.message}`)
    return new LinkLost(`The connection to AgentPort at ${this.origin} was lost (${errorText(error)}).`)
  }
}
