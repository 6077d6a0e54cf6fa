import { Client as ClientV2, StreamableHTTPClientTransport as TransportV2 } from '@modelcontextprotocol/client'
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { JsonObject } from '../../src/lib/json.ts'

export interface ToolResult {
  content: { type: string; text?: string; [key: string]: unknown }[]
  structuredContent?: { [key: string]: unknown }
  isError?: boolean
  _meta?: { [key: string]: unknown }
}

export interface CallOptions {
  signal?: AbortSignal
  timeout?: number
  onprogress?: (progress: { progress: number; total?: number; message?: string }) => void
}

export type Generation = 'v1' | 'v2-2025' | 'v2-2026'
export const GENERATIONS: readonly Generation[] = ['v1', 'v2-2025', 'v2-2026']

/** An agent: one of the official SDK clients, with an API key. */
export interface Agent {
  listTools(): Promise<{ name: string; [key: string]: unknown }[]>
  /** One of AgentPort's own tools. */
  use(name: string, args?: JsonObject, options?: CallOptions): Promise<ToolResult>
  /** A tool of an integration, through agentport__call_tool. */
  call(integration: string, tool: string, args?: JsonObject, info?: string, options?: CallOptions): Promise<ToolResult>
  await(requestId: string, timeoutSeconds?: number, options?: CallOptions): Promise<ToolResult>
  close(): Promise<void>
}

export const connectAgent = (origin: string, key: string, generation: Generation = 'v2-2026'): Promise<Agent> =>
  sdkClient(`${origin}/mcp`, generation, { requestInit: { headers: { 'X-API-Key': key } } }).connect()

/** One client of an official SDK and its transport, before it has said a word. */
export interface SdkClient {
  connect(): Promise<Agent>
  /** What a browser brought back, for a client that signs in. */
  finishAuth(answer: URLSearchParams): Promise<void>
}

// biome-ignore lint/suspicious/noExplicitAny: the two generations share this much and no type.
export function sdkClient(mcpUrl: string, generation: Generation, options: any): SdkClient {
  const url = new URL(mcpUrl)
  const transport = generation === 'v1' ? new TransportV1(url, options) : new TransportV2(url, options)
  return {
    connect: () => agentOver(transport, generation),
    // The older client takes the code alone, and leaves the rest to whoever embeds it.
    finishAuth: (answer) =>
      transport instanceof TransportV1 ? transport.finishAuth(answer.get('code') ?? '') : transport.finishAuth(answer),
  }
}

/** @param transport of the SDK's line that the generation belongs to. */
export async function agentOver(transport: unknown, generation: Generation): Promise<Agent> {
  const client =
    generation === 'v1'
      ? new ClientV1({ name: 'test-agent', version: '1.0' })
      : new ClientV2(
          { name: 'test-agent', version: '2.0' },
          generation === 'v2-2026' ? { versionNegotiation: { mode: { pin: '2026-07-28' } } } : {},
        )
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  const either = client as any
  await either.connect(transport)
  const use: Agent['use'] = (name, args = {}, options = {}) =>
    generation === 'v1'
      ? either.callTool({ name, arguments: args }, undefined, options)
      : either.callTool({ name, arguments: args }, options)
  return {
    listTools: async () => (await either.listTools()).tools,
    use,
    call: (integration_id, tool_name, args = {}, additional_info = undefined, options = {}) =>
      use(
        'agentport__call_tool',
        { integration_id, tool_name, arguments: args, ...(additional_info === undefined ? {} : { additional_info }) },
        options,
      ),
    await: (request_id, timeout_seconds = 20, options = {}) =>
      use('agentport__await_approval', { request_id, timeout_seconds }, options),
    close: () => either.close(),
  }
}

export const outcome = (result: ToolResult): unknown => result._meta?.['agentport/outcome']
export const requestId = (result: ToolResult): string => String(result._meta?.['agentport/request_id'])
export const text = (result: ToolResult): string => result.content.map((block) => block.text ?? '').join('\n')
