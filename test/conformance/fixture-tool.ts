import type { CallToolResult, InputRequiredResult, ServerContext, Tool } from '@modelcontextprotocol/server'

export interface FixtureTool {
  description: string
  inputSchema?: Tool['inputSchema']
  call(
    args: { [name: string]: unknown },
    context: ServerContext,
  ): CallToolResult | InputRequiredResult | Promise<CallToolResult | InputRequiredResult>
}

export const text = (value: string): CallToolResult => ({ content: [{ type: 'text', text: value }] })
