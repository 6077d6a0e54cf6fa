import { isJsonObject, type JsonObject } from '../../lib/json.ts'
import type { Endpoint } from '../link/endpoint.ts'
import { modernHeaders } from '../link/modern-request.ts'
import { readMessages } from '../link/read-messages.ts'
import { type Incoming, isId, isResponse, type Write } from './client-pipe.ts'
import { askPatiently, brokenOff, handOn } from './relay.ts'

const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 30_000
const SUBSCRIPTION_META = 'io.modelcontextprotocol/subscriptionId'
/** What a subscription can be to, and how the client hears that it may have missed some. */
const CHANGES: { [filter: string]: string } = {
  toolsListChanged: 'notifications/tools/list_changed',
  promptsListChanged: 'notifications/prompts/list_changed',
  resourcesListChanged: 'notifications/resources/list_changed',
}

/**
 * The generation in which each request stands alone. On a pipe a request is called off by a message, over HTTP by hanging up;
 * and what listens for changes goes on listening, over as many connections as it takes.
 */
export class ModernLane {
  /** Requests under way, and how to hang up. */
  readonly #underWay = new Map<string | number, AbortController>()

  constructor(
    readonly endpoint: Endpoint,
    readonly write: Write,
    readonly ended: AbortSignal,
  ) {}

  /** @returns whether it was one of this lane's. */
  cancel(id: string | number): boolean {
    this.#underWay.get(id)?.abort()
    return this.#underWay.has(id)
  }

  async send({ text, messages: [message] }: Incoming): Promise<void> {
    const { id, method, params } = message ?? {}
    const ids = isId(id) ? [id] : []
    const hangUp = new AbortController()
    const signal = AbortSignal.any([hangUp.signal, this.ended])
    const headers = modernHeaders({ method: String(method), params })
    for (const each of ids) this.#underWay.set(each, hangUp)
    try {
      if (method === 'subscriptions/listen' && isId(id)) return await this.#listen(id, { body: text, headers, signal })
      const exchange = await askPatiently(this.endpoint, { body: text, headers, signal })
      await handOn(this.endpoint, exchange, { ids, write: this.write, mayStaySilent: () => signal.aborted })
    } catch (error) {
      if (signal.aborted) return
      for (const each of ids) this.write(brokenOff(each, error))
    } finally {
      for (const each of ids) this.#underWay.delete(each)
    }
  }

  /** The client hears one acknowledgement, and the end only when there is nothing to listen for. */
  async #listen(
    id: string | number,
    ask: { body: string; headers: Record<string, string>; signal: AbortSignal },
  ): Promise<void> {
    let honoured: JsonObject | null = null
    let pauseMs = FIRST_PAUSE_MS
    while (!ask.signal.aborted) {
      const { response, onSound, end } = await askPatiently(this.endpoint, ask)
      try {
        for await (const message of readMessages(response, onSound)) {
          const filter = acknowledged(message)
          if (filter && honoured) this.#tellMissed(id, filter)
          if (filter) pauseMs = FIRST_PAUSE_MS
          // The server's goodbye on its way down is no end of ours.
          const isGoodbye =
            isResponse(message) && isJsonObject(message.result) && Object.keys(honoured ?? {}).length > 0
          if (!(filter && honoured) && !isGoodbye) this.write(isResponse(message) ? { ...message, id } : message)
          if (isResponse(message) && !isGoodbye) return
          honoured = filter ?? honoured
        }
        if (response.status >= 400 && response.status < 500)
          throw new Error(`${this.endpoint.origin} answered ${response.status}.`)
      } catch (error) {
        if (response.status !== 200) throw error
        // A stream that broke off is opened again.
      } finally {
        end()
      }
      await Bun.sleep(pauseMs)
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)
    }
  }

  #tellMissed(id: string | number, filter: JsonObject): void {
    for (const [name, method] of Object.entries(CHANGES)) {
      if (filter[name] === true) this.write({ jsonrpc: '2.0', method, params: { _meta: { [SUBSCRIPTION_META]: id } } })
    }
  }
}

/** What the server says that it will tell; null for any other message. */
function acknowledged({ method, params }: JsonObject): JsonObject | null {
  if (method !== 'notifications/subscriptions/acknowledged' || !isJsonObject(params)) return null
  return isJsonObject(params.notifications) ? params.notifications : {}
}
