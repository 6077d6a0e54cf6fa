import type { JsonObject, JsonValue } from '../../src/lib/json.ts'

export interface FarTool {
  name: string
  title?: string
  description?: string
  inputSchema?: JsonObject
  outputSchema?: JsonObject
  annotations?: JsonObject
}

export interface FarCall {
  id: string | number
  name: string
  arguments: JsonObject
  headers: Headers
  /** Given when the gateway wants to hear of progress. */
  progressToken: string | number | null
  /** Aborted when the gateway cancels or hangs up. */
  cancelled: AbortSignal
}

/** What a call does: give a result, or answer the HTTP request however the test likes. */
export type FarAct = (call: FarCall) => JsonObject | Response | Promise<JsonObject | Response>

/**
 * An MCP server of the 2025 generation under the test's control: it counts what reaches it, and can lie, hang, drop and forget.
 * It speaks plain JSON-RPC over HTTP, so that what the gateway sends is seen as it is on the wire.
 */
export class FarEnd {
  tools: FarTool[]
  act: FarAct = () => ({ content: [{ type: 'text', text: 'done' }] })
  /** Every tools/call that reached us, in order. */
  readonly calls: FarCall[] = []
  /** Every HTTP request, as `METHOD rpc-method`. */
  readonly seen: string[] = []
  readonly cancellations: JsonValue[] = []
  /** Answers every request with this instead, when set. */
  refuse: ((request: Request) => Response | null | Promise<Response | null>) | null = null
  pageSize = 1000
  readonly #sessions = new Set<string>()
  readonly #inFlight = new Map<string | number, AbortController>()
  readonly #streams = new Set<ReadableStreamDefaultController<Uint8Array>>()
  #server: ReturnType<typeof Bun.serve> | null = null

  constructor(tools: FarTool[] = [{ name: 'run', description: 'Runs', inputSchema: { type: 'object' } }]) {
    this.tools = tools
  }

  start(port = 0): this {
    this.#server = Bun.serve({
      hostname: '127.0.0.1',
      port,
      idleTimeout: 255,
      fetch: (request) => this.#answer(request),
    })
    return this
  }
  get port(): number {
    return this.#server?.port ?? 0
  }
  get url(): string {
    return `http://127.0.0.1:${this.port}/mcp`
  }
  async stop(): Promise<void> {
    await this.#server?.stop(true)
  }
  /** As after a restart: session ids mean nothing any more. */
  forgetSessions(): void {
    this.#sessions.clear()
  }
  get sessionCount(): number {
    return this.#sessions.size
  }
  /** Event streams that the gateway holds open. */
  get streamCount(): number {
    return this.#streams.size
  }
  /** Tells every open stream that the tools changed. */
  announceToolsChanged(): void {
    const event = `event: message\ndata: ${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/tools/list_changed' })}\n\n`
    for (const stream of this.#streams) stream.enqueue(new TextEncoder().encode(event))
  }

  async #answer(request: Request): Promise<Response> {
    const refused = await this.refuse?.(request)
    if (refused) return refused
    const session = request.headers.get('mcp-session-id')
    const isKnown = session !== null && this.#sessions.has(session)
    if (request.method === 'GET') return isKnown ? this.#openStream() : rpcError(0, -32001, 'Session not found', 404)
    if (request.method === 'DELETE') {
      this.#sessions.delete(session ?? '')
      return new Response(null, { status: 200 })
    }
    const message = (await request.json()) as { id?: string | number; method: string; params?: JsonObject }
    this.seen.push(`${request.method} ${message.method}`)
    if (message.method === 'initialize') return this.#initialize(message.id ?? 0)
    if (message.method === 'server/discover') return rpcError(message.id ?? 0, -32601, 'Method not found', 400)
    if (!isKnown) return rpcError(message.id ?? 0, -32001, 'Session not found', 404)
    if (message.id === undefined) return this.#notified(message)
    if (message.method === 'tools/list') return this.#listTools(message.id, message.params)
    if (message.method === 'tools/call') return this.#call(message.id, message.params ?? {}, request)
    return rpcError(message.id, -32601, 'Method not found')
  }

  #initialize(id: string | number): Response {
    const session = crypto.randomUUID()
    this.#sessions.add(session)
    const result = {
      protocolVersion: '2025-11-25',
      capabilities: { tools: { listChanged: true } },
      serverInfo: { name: 'far-end', version: '1' },
    }
    return Response.json({ jsonrpc: '2.0', id, result }, { headers: { 'mcp-session-id': session } })
  }

  #notified(message: { method: string; params?: JsonObject }): Response {
    if (message.method === 'notifications/cancelled') {
      this.cancellations.push(message.params ?? null)
      this.#inFlight.get(message.params?.requestId as string | number)?.abort()
    }
    return new Response(null, { status: 202 })
  }

  #listTools(id: string | number, params?: JsonObject): Response {
    const from = Number(params?.cursor ?? 0)
    const tools = this.tools
      .slice(from, from + this.pageSize)
      .map((tool) => ({ inputSchema: { type: 'object' }, ...tool }))
    const next = from + this.pageSize < this.tools.length ? { nextCursor: String(from + this.pageSize) } : {}
    return Response.json({ jsonrpc: '2.0', id, result: { tools, ...next } })
  }

  async #call(id: string | number, params: JsonObject, request: Request): Promise<Response> {
    const cancel = new AbortController()
    request.signal.addEventListener('abort', () => cancel.abort())
    this.#inFlight.set(id, cancel)
    const call: FarCall = {
      id,
      name: String(params.name),
      arguments: (params.arguments ?? {}) as JsonObject,
      headers: request.headers,
      progressToken: ((params._meta as JsonObject | undefined)?.progressToken ?? null) as string | number | null,
      cancelled: cancel.signal,
    }
    this.calls.push(call)
    try {
      const answer = await this.act(call)
      return answer instanceof Response ? answer : Response.json({ jsonrpc: '2.0', id, result: answer })
    } finally {
      this.#inFlight.delete(id)
    }
  }

  #openStream(): Response {
    let mine: ReadableStreamDefaultController<Uint8Array>
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        mine = controller
        this.#streams.add(controller)
        controller.enqueue(new TextEncoder().encode(': open\n\n'))
      },
      cancel: () => void this.#streams.delete(mine),
    })
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
  }
}

export const rpcError = (id: string | number, code: number, message: string, status = 200): Response =>
  Response.json({ jsonrpc: '2.0', id, error: { code, message } }, { status })

/** Resolves when the call is cancelled or a minute has passed; for calls that are to hang. */
export const hang = (call: FarCall): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, 60_000)
    call.cancelled.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
