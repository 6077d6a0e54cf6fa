// The far end of the bench, as a process of its own: an MCP server of the 2025 generation that does as little as one can,
// so that what is measured is the gateway. It answers in JSON, opens no streams, and counts the calls that reach it.

import { toolsOf } from './many-tools.ts'

interface Message {
  id?: string | number
  method: string
  params?: { arguments?: { text?: string; n?: number } }
}

const SESSION = 'bench'
const JSON_HEADERS = { 'content-type': 'application/json', 'mcp-session-id': SESSION }
const INPUT = {
  type: 'object',
  properties: { text: { type: 'string', maxLength: 1000 }, n: { type: 'integer' } },
  required: ['text', 'n'],
  additionalProperties: false,
}
const TOOLS = [
  { name: 'echo', description: 'Gives back what it was given.', inputSchema: INPUT },
  { name: 'ask', description: 'The same, but a person is asked first.', inputSchema: INPUT },
]
const INITIALIZED = {
  protocolVersion: '2025-11-25',
  capabilities: { tools: {} },
  serverInfo: { name: 'bench-upstream', version: '1' },
}

let calls = 0

async function answer(request: Request): Promise<Response> {
  if (request.method !== 'POST') return new Response(null, { status: 405 })
  const { id, method, params } = (await request.json()) as Message
  if (id === undefined) return new Response(null, { status: 202 })
  const result = (value: object) =>
    new Response(JSON.stringify({ jsonrpc: '2.0', id, result: value }), { headers: JSON_HEADERS })
  switch (method) {
    case 'tools/call': {
      calls++
      const { text = '', n = 0 } = params?.arguments ?? {}
      return result({ content: [{ type: 'text', text: `${text} ${n}` }] })
    }
    case 'initialize':
      return result(INITIALIZED)
    case 'tools/list':
      return result({ tools: toolsOf(new URL(request.url).pathname) ?? TOOLS })
    default:
      return Response.json({ jsonrpc: '2.0', id, error: { code: -32601, message: 'Method not found' } })
  }
}

const server = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: answer, idleTimeout: 255 })
process.on('disconnect', () => process.exit(0))
process.on('message', () => process.send?.({ calls }))
process.send?.({ url: `http://127.0.0.1:${server.port}/mcp` })
