import {
  type CallToolRequestOptions,
  Client,
  type DiscoverResult,
  type PriorDiscovery,
  SdkError,
  SdkErrorCode,
  SdkHttpError,
  StreamableHTTPClientTransport,
  type Tool,
} from '@modelcontextprotocol/client'
import { z } from 'zod'
import { stopwatch } from '../lib/clock.ts'
import { withDeadline } from '../lib/deadline.ts'
import { AppError } from '../lib/errors.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../lib/json.ts'
import { NotSent, type OutboundFetch } from '../lib/outbound.ts'
import { VERSION } from '../lib/version.ts'
import { Dial } from './dial.ts'
import { mirrorsCleanly } from './mirrored-headers.ts'
import { type Bearer, NoAccess } from './oauth/access-tokens.ts'
import { ShortCalls } from './short-calls.ts'

/** What it takes to speak to one remote MCP server as one account. */
export interface RemoteTarget {
  url: string
  headers: Record<string, string>
  /** Of a connection that is signed in to. */
  bearer: Bearer | null
  allowedPrivate: string | null
  /** What an earlier connection learnt about the protocol; null asks anew. */
  prior: PriorDiscovery | null
}

export interface RemoteCall {
  name: string
  arguments: JsonObject
  /** The tool's input schema, which may ask for some arguments to be mirrored into headers. */
  inputSchema: JsonObject
  timeoutMs: number
  signal: AbortSignal
  onProgress?: (progress: { progress: number; total?: number; message?: string }) => void
  /** Called when the request is about to leave. */
  onSent: () => void
}

export const CONNECT_TIMEOUT_MS = 15_000
/** Between two tries to listen for changed tools; doubled each time, until a stream has held for a while. */
const LISTEN_PAUSE_MS = 1_000
const LONGEST_LISTEN_PAUSE_MS = 10 * 60_000
const LISTEN_SETTLED_MS = 60_000
const MAX_TOOL_PAGES = 200
/** More would hold up everybody while they are stored. */
const MAX_TOOLS = 5_000
const MAX_LIST_BYTES = 16 * 1024 * 1024
/** Marks the one POST that carries a tool call, so that its fate can be followed; it never leaves this process. */
const CALL_HEADER = 'x-agentport-call'

/** Foreign results pass as they are: validating their content here would turn a finished call into an error. */
const AnyObject = z.custom<JsonObject>(isJsonObject)

/** The SDK's client, but for the results of tool calls, which it hands on as they came. */
function passThroughClient(onToolsChanged: () => void): Client {
  const client = new Client(
    { name: 'agentport', version: VERSION },
    {
      capabilities: {},
      versionNegotiation: { mode: 'auto' },
      inputRequired: { autoFulfill: false },
      listChanged: { tools: { autoRefresh: false, onChanged: onToolsChanged } },
    },
  )
  const request = client.request.bind(client) as (...args: unknown[]) => Promise<unknown>
  client.request = ((message: { method: string }, ...rest: unknown[]) =>
    message.method === 'tools/call'
      ? request(message, AnyObject, rest[0])
      : request(message, ...rest)) as Client['request']
  return client
}

/** What has been begun over a session and is not over; a session given up lives until then. */
interface CallUnderWay {
  posted: boolean
  /** What it was answered with already, to be read by the SDK. */
  received?: Response
  sent(): void
  dropped(): void
}

/** One session with one remote MCP server, shared by all calls of its connection. */
export class RemoteMcp {
  readonly #client: Client
  readonly #dial: Dial
  readonly #calls = new Map<string, CallUnderWay>()
  #transport: StreamableHTTPClientTransport | null = null
  /** Null toward a server of the newer generation. */
  #shortCalls: ShortCalls | null = null
  #nextCall = 0
  #closed = false
  #retired = false

  private constructor(
    readonly target: RemoteTarget,
    outbound: OutboundFetch,
    onToolsChanged: () => void,
  ) {
    this.#dial = new Dial(target, outbound)
    this.#client = passThroughClient(onToolsChanged)
    this.#client.onclose = () => {
      this.#closed = true
    }
    // Errors of background streams are not errors of a call; a call learns of its own.
    this.#client.onerror = () => {}
  }

  /** @throws NotSent, or the SDK's errors as endFromError reads them. */
  static async connect(target: RemoteTarget, outbound: OutboundFetch, onToolsChanged: () => void): Promise<RemoteMcp> {
    const session = new RemoteMcp(target, outbound, onToolsChanged)
    const transport = new StreamableHTTPClientTransport(new URL(target.url), {
      fetch: (url, init) => session.#fetch(url, init),
      // Otherwise the SDK follows redirects by itself, and sends a call again where nobody approved it.
      requestInit: { headers: target.headers, redirect: 'manual' },
    })
    const options = { timeout: CONNECT_TIMEOUT_MS, ...(target.prior ? { prior: target.prior } : {}) }
    try {
      const connected = session.#client.connect(transport as Parameters<Client['connect']>[0], options)
      // The SDK limits each request, but not the whole: a server that never answers one notification would hold it for ever.
      await withDeadline(connected, CONNECT_TIMEOUT_MS)
      session.#transport = transport
      if (session.learnt.kind === 'legacy') session.#shortCalls = new ShortCalls(transport, target.headers)
    } catch (error) {
      await session.close()
      throw rootCause(error)
    }
    void session.#listenForTools(onToolsChanged)
    return session
  }

  /**
   * A server of 2026-07-28 tells of changed tools only over a stream that was asked for. The SDK asks only where it has also asked
   * about the protocol, and never again once the stream has ended; what was missed in between is looked up.
   */
  async #listenForTools(onToolsChanged: () => void): Promise<void> {
    if (this.learnt.kind !== 'modern' || !this.#client.getServerCapabilities()?.tools?.listChanged) return
    let subscription = this.#client.autoOpenedSubscription
    for (let failures = 0; !this.#closed; failures++) {
      const listening = subscription ?? (await this.#client.listen({ toolsListChanged: true }).catch(() => null))
      subscription = undefined
      if (listening) {
        if (failures > 0) onToolsChanged()
        const since = stopwatch()
        await listening.closed
        if (stopwatch() - since > LISTEN_SETTLED_MS) failures = 0
      }
      if (!this.#closed) await sleepUnref(Math.min(LISTEN_PAUSE_MS * 2 ** failures, LONGEST_LISTEN_PAUSE_MS))
    }
  }

  get isClosed(): boolean {
    return this.#closed || this.#retired
  }

  /** Whether the server gave the session a name, which it may then forget. */
  get hasSessionId(): boolean {
    return this.#transport?.sessionId !== undefined
  }

  get protocolVersion(): string {
    return this.#client.getNegotiatedProtocolVersion() ?? 'unknown'
  }

  /** What to hand in as `prior` next time. */
  get learnt(): PriorDiscovery {
    const discover: DiscoverResult | undefined = this.#client.getDiscoverResult()
    return discover ? { kind: 'modern', discover } : { kind: 'legacy' }
  }

  /** Asks for the first page of tools, which every server gave when it was installed, and wants no more than an answer. */
  async knock(): Promise<void> {
    await this.#client
      .request({ method: 'tools/list' }, AnyObject, { timeout: CONNECT_TIMEOUT_MS })
      .catch((error: unknown) => {
        throw rootCause(error)
      })
  }

  /** All pages, as the server gives them. */
  async listTools(): Promise<JsonValue[]> {
    const id = this.#begin({ posted: false, sent() {}, dropped() {} })
    try {
      return await this.#listAllPages()
    } finally {
      this.#end(id)
    }
  }

  async #listAllPages(): Promise<JsonValue[]> {
    const tools: JsonValue[] = []
    let bytes = 0
    let cursor: string | undefined
    for (let page = 0; page < MAX_TOOL_PAGES; page++) {
      const result = await this.#client
        .request({ method: 'tools/list', ...(cursor === undefined ? {} : { params: { cursor } }) }, AnyObject, {
          timeout: CONNECT_TIMEOUT_MS,
        })
        .catch((error: unknown) => {
          throw rootCause(error)
        })
      if (Array.isArray(result.tools)) tools.push(...result.tools.filter((tool) => this.#canBeCalled(tool)))
      bytes += JSON.stringify(result.tools ?? null).length
      if (tools.length > MAX_TOOLS || bytes > MAX_LIST_BYTES) break
      const next = result.nextCursor
      if (typeof next !== 'string' || next === cursor) return tools
      cursor = next
    }
    throw new AppError(
      'bad_gateway',
      `The server's list of tools does not end (over ${MAX_TOOL_PAGES} pages, ${MAX_TOOLS} tools or ${MAX_LIST_BYTES / 1024 / 1024} MB).`,
    )
  }

  /** What a server of 2026-07-28 wants mirrored into headers must be so that it can be. */
  #canBeCalled(tool: JsonValue): boolean {
    return this.learnt.kind !== 'modern' || !isJsonObject(tool) || mirrorsCleanly(tool.inputSchema)
  }

  /** The server's own result. @throws NotSent, or the SDK's errors as endFromError reads them. */
  async callTool(call: RemoteCall): Promise<JsonObject> {
    return this.#shortCalls && !call.onProgress ? this.#callShort(this.#shortCalls, call) : this.#callBySdk(call)
  }

  async #callShort(shortCalls: ShortCalls, { onSent, ...call }: RemoteCall): Promise<JsonObject> {
    const underWay: CallUnderWay = { posted: true, sent() {}, dropped() {} }
    const id = this.#begin(underWay)
    try {
      return await shortCalls.call({
        ...call,
        post: (init) => this.#dial.call(this.target.url, init, { isWanted: () => this.#calls.has(id), sent: onSent }),
        asAnswer(response) {
          underWay.received = response
          return { [CALL_HEADER]: id }
        },
      })
    } catch (error) {
      throw rootCause(error)
    } finally {
      this.#end(id)
    }
  }

  async #callBySdk(call: RemoteCall): Promise<JsonObject> {
    const dropped = new AbortController()
    const id = this.#begin({
      posted: false,
      sent: call.onSent,
      dropped: () => dropped.abort(new SdkError(SdkErrorCode.ConnectionClosed, 'The answer stream ended')),
    })
    try {
      const result = await this.#client.callTool({ name: call.name, arguments: call.arguments }, {
        // Without an output schema, so that the SDK does not judge a result after the tool has run.
        toolDefinition: { name: call.name, inputSchema: { ...call.inputSchema, type: 'object' } } as Tool,
        headers: { [CALL_HEADER]: id },
        signal: AbortSignal.any([call.signal, dropped.signal]),
        timeout: call.timeoutMs,
        maxTotalTimeout: call.timeoutMs,
        ...(call.onProgress ? { onprogress: call.onProgress } : {}),
      } as CallToolRequestOptions)
      return result as unknown as JsonObject
    } catch (error) {
      throw rootCause(error)
    } finally {
      this.#end(id)
    }
  }

  #begin(call: CallUnderWay): string {
    const id = String(++this.#nextCall)
    this.#calls.set(id, call)
    return id
  }

  #end(id: string): void {
    this.#calls.delete(id)
    if (this.#retired && this.#calls.size === 0) void this.close()
  }

  /** Takes no new calls, and closes when those under way are over: closing at once would cut them off. */
  retire(): void {
    this.#retired = true
    if (this.#calls.size === 0) void this.close()
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#client.close().catch(() => {})
  }

  async #fetch(url: string | URL, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers)
    const id = headers.get(CALL_HEADER) ?? ''
    const call = this.#calls.get(id)
    headers.delete(CALL_HEADER)
    const { received } = call ?? {}
    if (call && received) {
      delete call.received
      return received
    }
    if (!call) return this.#dial.ask(url, { ...init, headers })
    // Whatever the SDK may think of: one claim is one request.
    if (call.posted) throw new Error('A tool call was about to be sent a second time')
    call.posted = true
    const isWanted = () => this.#calls.has(id)
    const response = await this.#dial.call(url, { ...init, headers }, { isWanted, sent: call.sent })
    const streams = response.headers.get('content-type')?.startsWith('text/event-stream')
    return streams ? watchForDrop(response, call.dropped) : response
  }
}

/**
 * Tells when a call's event stream ends, since the SDK would wait for the time limit.
 * A stream with event ids can be resumed: that one is left to the SDK.
 */
function watchForDrop(response: Response, dropped: () => void): Response {
  if (!response.body) return response
  const decoder = new TextDecoder()
  let resumable = false
  // A turn later, so that an answer in the last chunk is taken first.
  const ended = () => {
    if (!resumable) setTimeout(dropped, 0)
  }
  const reader = response.body.getReader()
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { value, done } = await reader.read()
        if (done) {
          controller.close()
          return ended()
        }
        resumable ||= /^id:/m.test(decoder.decode(value, { stream: true }))
        controller.enqueue(value)
      } catch (error) {
        controller.error(error)
        ended()
      }
    },
    cancel: (reason) => reader.cancel(reason),
  })
  return new Response(body, { status: response.status, headers: response.headers })
}

/** Never keeps the process alive. */
const sleepUnref = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms).unref()
  })

/** The SDK wraps what our own fetch threw; whoever judges the end needs the first cause. */
function rootCause(error: unknown): unknown {
  let current = error
  for (let depth = 0; depth < 5 && current instanceof Error; depth++) {
    if (current instanceof SdkHttpError || current instanceof NotSent || current instanceof NoAccess) return current
    const cause: unknown =
      current.cause ?? (current instanceof SdkError ? (current.data as { cause?: unknown })?.cause : undefined)
    if (cause === undefined) break
    current = cause
  }
  return current instanceof NotSent || current instanceof NoAccess ? current : error
}
