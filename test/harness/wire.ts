import type { JsonValue } from '../../src/lib/json.ts'
import type { ToolResult } from './agent.ts'

/** A JSON-RPC message as it came over the wire. */
export interface RpcMessage {
  jsonrpc: '2.0'
  id?: string | number | null
  method?: string
  params?: { [key: string]: JsonValue }
  result?: ToolResult & { [key: string]: unknown }
  error?: { code: number; message: string; data?: unknown }
}

export const ACCEPT_BOTH = 'application/json, text/event-stream'
export const MODERN = '2026-07-28'

/** The messages of an answer, whether it came as JSON or as an event stream. */
export async function messages(response: Response): Promise<RpcMessage[]> {
  const body = await response.text()
  if (!response.headers.get('content-type')?.startsWith('text/event-stream')) return [JSON.parse(body)]
  return [...body.matchAll(/^data: ?(\{[^\n]*)$/gm)].map((match) => JSON.parse(match[1] ?? ''))
}

/** The one message of an answer that ends its request. */
export async function lastMessage(response: Response): Promise<RpcMessage> {
  const last = (await messages(response)).at(-1)
  if (!last) throw new Error(`No message in the answer, status ${response.status}`)
  return last
}

/** Speaks to /mcp in plain HTTP, so that a test decides about each byte. */
export class Wire {
  session: string | null = null

  constructor(
    readonly origin: string,
    readonly key: string | null,
  ) {}

  send(body: BodyInit | null, headers: Record<string, string> = {}, method = 'POST'): Promise<Response> {
    return fetch(`${this.origin}/mcp`, {
      method,
      headers: {
        accept: ACCEPT_BOTH,
        ...(method === 'POST' ? { 'content-type': 'application/json' } : {}),
        ...(this.key === null ? {} : { 'x-api-key': this.key }),
        ...(this.session === null ? {} : { 'mcp-session-id': this.session }),
        ...headers,
      },
      ...(method === 'POST' ? { body } : {}),
    })
  }

  /** Opens a session of the 2025 generation and keeps its id. */
  async initialize(protocolVersion = '2025-11-25', capabilities = '{}'): Promise<RpcMessage> {
    const response = await this.send(
      `{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"${protocolVersion}","capabilities":${capabilities},"clientInfo":{"name":"wire","version":"1"}}}`,
    )
    this.session = response.headers.get('mcp-session-id')
    const message = await lastMessage(response)
    await this.send('{"jsonrpc":"2.0","method":"notifications/initialized"}')
    return message
  }

  /** A request of the 2025 generation; `params` is JSON text. */
  request(method: string, params = '{}', headers: Record<string, string> = {}): Promise<Response> {
    return this.send(`{"jsonrpc":"2.0","id":1,"method":"${method}","params":${params}}`, headers)
  }

  /** A request of the 2026 generation; `params` is JSON text of an object, and `_meta` is put in front of it. */
  modern(
    method: string,
    params = '{}',
    { name, meta = {}, signal }: { name?: string; meta?: { [key: string]: JsonValue }; signal?: AbortSignal } = {},
  ): Promise<Response> {
    const envelope = {
      'io.modelcontextprotocol/protocolVersion': MODERN,
      'io.modelcontextprotocol/clientInfo': { name: 'wire', version: '1' },
      'io.modelcontextprotocol/clientCapabilities': {},
      ...meta,
    }
    const rest = params.replace(/^\{/, '')
    const comma = rest.trim() === '}' ? '' : ','
    return fetch(`${this.origin}/mcp`, {
      method: 'POST',
      headers: {
        accept: ACCEPT_BOTH,
        'content-type': 'application/json',
        ...(this.key === null ? {} : { 'x-api-key': this.key }),
        'mcp-protocol-version': MODERN,
        'mcp-method': method,
        ...(name === undefined ? {} : { 'mcp-name': name }),
      },
      body: `{"jsonrpc":"2.0","id":1,"method":"${method}","params":{"_meta":${JSON.stringify(envelope)}${comma}${rest}}`,
      ...(signal ? { signal } : {}),
    })
  }

  /** One of our tools in the generation asked for, with its arguments as JSON text. */
  async use(generation: '2025' | '2026', tool: string, args: string): Promise<ToolResult> {
    const params = `{"name":"${tool}","arguments":${args}}`
    const response =
      generation === '2025'
        ? await this.request('tools/call', params)
        : await this.modern('tools/call', params, { name: tool })
    const message = await lastMessage(response)
    if (!message.result) throw new Error(`${response.status} ${JSON.stringify(message)}`)
    return message.result
  }

  /** agentport__call_tool with the arguments of the tool as JSON text. */
  call(generation: '2025' | '2026', integration: string, tool: string, args: string, more = ''): Promise<ToolResult> {
    const text = `{"integration_id":"${integration}","tool_name":"${tool}","arguments":${args}${more}}`
    return this.use(generation, 'agentport__call_tool', text)
  }
}
