import {
  type CallToolResult,
  createMcpHandler,
  InMemoryServerEventBus,
  Server,
  type Tool,
} from '@modelcontextprotocol/server'
import type { JsonObject } from '../../src/lib/json.ts'

/** An MCP server of 2026-07-28 alone, made with the official SDK, over a port of its own. */
export class ModernEnd {
  tools: Tool[]
  act: (name: string, args: JsonObject) => CallToolResult | Promise<CallToolResult> = (name) => ({
    content: [{ type: 'text', text: `${name} done` }],
  })
  readonly calls: { name: string; arguments: JsonObject; headers: Headers }[] = []
  /** Every HTTP request, as `METHOD rpc-method`. */
  readonly seen: string[] = []
  /** Answers every request with this instead, when set. */
  refuse: ((body: { method?: string }) => Response | null) | null = null
  pageSize = 1000
  readonly #bus = new InMemoryServerEventBus()
  #server: ReturnType<typeof Bun.serve> | null = null
  #handler = this.#newHandler()

  constructor(tools: Tool[] = [{ name: 'run', description: 'Runs', inputSchema: { type: 'object' } }]) {
    this.tools = tools
  }

  start(port = 0): this {
    this.#server = Bun.serve({
      hostname: '127.0.0.1',
      port,
      idleTimeout: 255,
      fetch: async (request) => {
        const body = request.method === 'POST' ? ((await request.clone().json()) as { method?: string }) : {}
        this.seen.push(`${request.method} ${body.method ?? ''}`)
        return this.refuse?.(body) ?? this.#handler.fetch(request)
      },
    })
    return this
  }
  get port(): number {
    return this.#server?.port ?? 0
  }
  get url(): string {
    return `http://127.0.0.1:${this.port}/mcp`
  }
  announceToolsChanged(): void {
    this.#handler.notify.toolsChanged()
  }
  async stop(): Promise<void> {
    await this.#handler.close()
    await this.#server?.stop(true)
    this.#handler = this.#newHandler()
  }

  #newHandler() {
    return createMcpHandler(
      (context) => {
        const server = new Server(
          { name: 'modern-end', version: '1' },
          { capabilities: { tools: { listChanged: true } } },
        )
        server.setRequestHandler('tools/list', (request) => {
          const from = Number(request.params?.cursor ?? 0)
          const next = from + this.pageSize
          return {
            tools: this.tools.slice(from, next),
            ...(next < this.tools.length ? { nextCursor: String(next) } : {}),
          }
        })
        server.setRequestHandler('tools/call', (request) => {
          const args = (request.params.arguments ?? {}) as JsonObject
          const headers = context.requestInfo?.headers ?? new Headers()
          this.calls.push({ name: request.params.name, arguments: args, headers })
          return this.act(request.params.name, args)
        })
        return server
      },
      { legacy: 'reject', bus: this.#bus },
    )
  }
}
