import { isJsonObject, type JsonObject } from '../../lib/json.ts'
import type { Endpoint, Exchange } from '../link/endpoint.ts'
import { readMessages } from '../link/read-messages.ts'
import { CommandError } from '../output.ts'
import { cancelledId, type Incoming, isId, isRequest, type Write } from './client-pipe.ts'
import { askPatiently, brokenOff, CalledOff, handOn } from './relay.ts'

/** A session with the server; another object for another one. */
interface Session {
  headers: Record<string, string>
  /** How the client hears that lists have changed, of those that the server tells about. */
  changes: string[]
}

const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 30_000
const GOODBYE_MS = 1_000
const LISTS = ['tools', 'resources', 'prompts'] as const

/**
 * The generation that begins with `initialize`. The client has one session for as long as it lives; when the server forgets it, as after a
 * restart, another is opened in its place, the way the client opened the first, and the message that met with 404 is sent once more:
 * a session that is not found has run nothing.
 */
export class LegacyLane {
  #initialize: JsonObject | null = null
  #session: Session | null = null
  #renewing: Promise<void> | null = null
  /** Until the session is open, and the server told that the client is ready, nothing else is sent. */
  #ready: Promise<unknown> = Promise.resolve()
  #isFollowing = false
  /** Requests under way, and which of them the client has called off. */
  readonly #underWay = new Map<string | number, { calledOff: boolean }>()

  constructor(
    readonly endpoint: Endpoint,
    readonly write: Write,
    readonly ended: AbortSignal,
  ) {}

  async send(incoming: Incoming): Promise<void> {
    const { messages } = incoming
    const ids = messages
      .filter(isRequest)
      .map(({ id }) => id)
      .filter(isId)
    for (const message of messages) this.#callOff(cancelledId(message))
    for (const id of ids) this.#underWay.set(id, { calledOff: false })
    const [first] = messages
    try {
      if (first?.method === 'initialize') await this.#inOrder(() => this.#open(first, incoming.text))
      else if (first?.method === 'notifications/initialized') await this.#inOrder(() => this.#greet(incoming.text))
      else await this.#deliver(incoming, ids)
    } catch (error) {
      if (this.ended.aborted || error instanceof CalledOff) return
      for (const id of ids) this.write(brokenOff(id, error))
    } finally {
      for (const id of ids) this.#underWay.delete(id)
    }
  }

  #callOff(id: string | number | null): void {
    const request = id === null ? undefined : this.#underWay.get(id)
    if (request) request.calledOff = true
  }

  #inOrder(act: () => Promise<void>): Promise<void> {
    const done = this.#ready.then(act)
    this.#ready = done
    // What waited for it fails with it; what comes after has another try.
    done.catch(() => {
      if (this.#ready === done) this.#ready = Promise.resolve()
    })
    return done
  }

  async #open(message: JsonObject, text: string): Promise<void> {
    const exchange = await this.#ask(text, null)
    const { id } = message
    const answer = (each: unknown) => {
      if (isJsonObject(each) && isJsonObject(each.result)) {
        this.#initialize = message
        this.#session = sessionOf(exchange.response, each.result)
      }
      this.write(each as JsonObject)
    }
    await handOn(this.endpoint, exchange, { ids: isId(id) ? [id] : [], write: answer, mayStaySilent: () => false })
  }

  async #greet(text: string): Promise<void> {
    await this.#post(text, this.#session)
    if (this.#isFollowing) return
    this.#isFollowing = true
    void this.#follow()
  }

  async #deliver({ text, messages, isBatch }: Incoming, ids: (string | number)[]): Promise<void> {
    await this.#ready
    const answers: JsonObject[] = []
    // Of a batch the answers are one too (JSON-RPC 2.0 §6); what is no answer goes on at once.
    const write: Write = (message) => {
      if (isBatch && isJsonObject(message) && message.method === undefined) answers.push(message)
      else this.write(message)
    }
    const mayStaySilent = (id: string | number) => this.#underWay.get(id)?.calledOff === true || this.ended.aborted
    // Of a batch nothing is kept back as long as anything in it is wanted.
    const isCalledOff = () =>
      messages.every(({ id, method }) => method !== undefined && isId(id) && this.#underWay.get(id)?.calledOff)
    const session = this.#session
    let exchange = await this.#ask(text, session, isCalledOff)
    const isLost = exchange.response.status === 404 && session !== null
    // An answer to what a lost session asked is nobody's any more.
    if (isLost && messages.every(({ method }) => method === undefined)) return exchange.end()
    if (isLost) {
      exchange.end()
      await this.#renew(session)
      exchange = await this.#ask(text, this.#session, isCalledOff)
    }
    await handOn(this.endpoint, exchange, { ids, write, mayStaySilent })
    if (answers.length > 0) this.write(answers)
  }

  /** Opens a session in place of one that is lost, once for all who noticed. @throws when the server lets nobody in. */
  #renew(lost: Session): Promise<void> {
    if (this.#session !== lost) return Promise.resolve()
    this.#renewing ??= this.#openAgain().finally(() => {
      this.#renewing = null
    })
    return this.#renewing
  }

  async #openAgain(): Promise<void> {
    const exchange = await this.#ask(JSON.stringify({ ...this.#initialize, id: 'bridge' }), null)
    let result: JsonObject | null = null
    try {
      for await (const message of readMessages(exchange.response, exchange.onSound)) {
        if (isJsonObject(message.result)) result = message.result
        else if (isJsonObject(message.error)) throw new CommandError(String(message.error.message))
      }
    } finally {
      exchange.end()
    }
    if (!result) throw new CommandError(`${this.endpoint.origin} opens no session.`)
    const session = sessionOf(exchange.response, result)
    await this.#post(JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' }), session)
    this.#session = session
  }

  /** What the server says unasked, for as long as the client lives; what was missed between two streams is to be looked up. */
  async #follow(): Promise<void> {
    let isFirst = true
    for (let pauseMs = FIRST_PAUSE_MS; !this.ended.aborted; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
      const session = this.#session
      try {
        const { response, onSound, end } = await this.endpoint.ask({
          method: 'GET',
          headers: session?.headers ?? {},
          signal: this.ended,
        })
        try {
          // A server that says nothing unasked.
          if (response.status === 405) return
          if (response.status === 404 && session) await this.#renew(session)
          if (response.status !== 200) continue
          if (!isFirst) for (const method of session?.changes ?? []) this.write({ jsonrpc: '2.0', method })
          isFirst = false
          pauseMs = FIRST_PAUSE_MS
          for await (const message of readMessages(response, onSound)) this.write(message)
        } finally {
          end()
        }
      } catch {
        // It is tried again.
      } finally {
        await Bun.sleep(pauseMs)
      }
    }
  }

  /** Tells the server that the session is over, if it can be told quickly. */
  async goodbye(): Promise<void> {
    if (!this.#session?.headers['mcp-session-id']) return
    const { headers } = this.#session
    const signal = AbortSignal.timeout(GOODBYE_MS)
    await this.endpoint.ask({ method: 'DELETE', headers, signal }).then(
      ({ end }) => end(),
      () => {},
    )
  }

  async #post(text: string, session: Session | null): Promise<void> {
    const exchange = await this.#ask(text, session)
    exchange.end()
  }

  #ask(body: string, session: Session | null, isCalledOff?: () => boolean): Promise<Exchange> {
    return askPatiently(this.endpoint, { body, headers: session?.headers ?? {}, signal: this.ended }, isCalledOff)
  }
}

function sessionOf({ headers }: Response, { protocolVersion, capabilities }: JsonObject): Session {
  const id = headers.get('mcp-session-id')
  const offered = isJsonObject(capabilities) ? capabilities : {}
  return {
    changes: LISTS.filter((list) => isJsonObject(offered[list]) && offered[list].listChanged === true).map(
      (list) => `notifications/${list}/list_changed`,
    ),
    headers: {
      ...(id === null ? {} : { 'mcp-session-id': id }),
      ...(typeof protocolVersion === 'string' ? { 'mcp-protocol-version': protocolVersion } : {}),
    },
  }
}
