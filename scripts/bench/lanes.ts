// Three ways of making the same call, as raw JSON-RPC over fetch: straight to the upstream, and through the gateway in
// each protocol generation. An answer that is not the right one ends the bench: a fast refusal is no call.

/** Makes one call and resolves once its whole answer is there and was found right. */
export type Call = (n: number) => Promise<void>

export interface RpcResult {
  content?: { text?: string }[]
  structuredContent?: { [key: string]: unknown }
  isError?: boolean
  _meta?: { [key: string]: unknown }
  tools?: unknown[]
}

export type Request = (method: string, params: { name?: string; [key: string]: unknown }) => Promise<RpcResult>

export interface Gateway {
  origin: string
  key: string
}

export const LANES = ['direct', 'legacy', 'modern'] as const
export type Lane = (typeof LANES)[number]
/** The two protocol generations. */
export const GENERATIONS = ['legacy', 'modern'] as const
export type Generation = (typeof GENERATIONS)[number]

const TEXT = 'the quick brown fox jumps over the lazy dog'
const MODERN = '2026-07-28'
const CLIENT = { name: 'agentport-bench', version: '1' }
const BASE = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }

/** One request as it goes over the wire. */
export interface Message {
  headers: Record<string, string>
  body: string
}

async function post(url: string, { headers, body }: Message): Promise<Response> {
  const response = await fetch(url, { method: 'POST', headers, body })
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`)
  return response
}

async function resultOf(response: Response): Promise<RpcResult> {
  const streams = response.headers.get('content-type')?.startsWith('text/event-stream')
  const text = await response.text()
  // The answer is the last event; comments and progress may stand before it.
  const json = streams ? text.slice(text.lastIndexOf('data: ') + 6) : text
  const { result, error } = JSON.parse(json) as { result?: RpcResult; error?: object }
  if (!result) throw new Error(`Not a result: ${JSON.stringify(error)}`)
  return result
}

/** A session of the 2025 generation: how a message is written in it. */
export async function beginSession(url: string, credential: Record<string, string> = {}) {
  const headers: Record<string, string> = { ...BASE, ...credential }
  const write = (message: object): Message => ({ headers, body: JSON.stringify({ jsonrpc: '2.0', ...message }) })
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: CLIENT }
  const first = await post(url, write({ id: 0, method: 'initialize', params }))
  headers['mcp-session-id'] = first.headers.get('mcp-session-id') ?? ''
  headers['mcp-protocol-version'] = '2025-11-25'
  await resultOf(first)
  await (await post(url, write({ method: 'notifications/initialized' }))).text()
  let id = 0
  return (method: string, requestParams: object) => write({ id: ++id, method, params: requestParams })
}

export async function openSession(url: string, credential: Record<string, string> = {}): Promise<Request> {
  const write = await beginSession(url, credential)
  return async (method, params) => resultOf(await post(url, write(method, params)))
}

/** The 2026 generation has no session: each request says all of it. */
export function modernMessages(key: string) {
  const meta = {
    'io.modelcontextprotocol/protocolVersion': MODERN,
    'io.modelcontextprotocol/clientInfo': CLIENT,
    'io.modelcontextprotocol/clientCapabilities': {},
  }
  let id = 0
  return (method: string, params: { name?: string; [key: string]: unknown }): Message => ({
    headers: {
      ...BASE,
      'x-api-key': key,
      'mcp-protocol-version': MODERN,
      'mcp-method': method,
      ...(params.name ? { 'mcp-name': params.name } : {}),
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: ++id, method, params: { ...params, _meta: meta } }),
  })
}

export function modernRequests({ origin, key }: Gateway): Request {
  const write = modernMessages(key)
  return async (method, params) => resultOf(await post(`${origin}/mcp`, write(method, params)))
}

export const gatewaySession = ({ origin, key }: Gateway) => openSession(`${origin}/mcp`, { 'x-api-key': key })

export const openGeneration = async (generation: Generation, gateway: Gateway): Promise<Request> =>
  generation === 'legacy' ? gatewaySession(gateway) : modernRequests(gateway)

/** Parameters of a call through the gateway. */
export const throughGateway = (tool: string, n: number) => ({
  name: 'agentport__call_tool',
  arguments: {
    integration_id: 'bench',
    tool_name: tool,
    arguments: { text: TEXT, n },
    additional_info: 'A bench call.',
  },
})

/** Asks for what a person has to decide: the id of the request. */
export async function askFor(request: Request, n: number): Promise<string> {
  const asked = await request('tools/call', throughGateway('ask', n))
  if (asked._meta?.['agentport/outcome'] !== 'approval_required') throw new Error(`Not asked: ${JSON.stringify(asked)}`)
  return String(asked._meta['agentport/request_id'])
}

export const awaiting = (requestId: string, seconds: number) => ({
  name: 'agentport__await_approval',
  arguments: { request_id: requestId, timeout_seconds: seconds },
})

export async function openLane(lane: Lane, gateway: Gateway, upstreamUrl: string): Promise<Call> {
  if (lane === 'direct') {
    const request = await openSession(upstreamUrl)
    return async (n) => check(await request('tools/call', { name: 'echo', arguments: { text: TEXT, n } }), n)
  }
  const request = await openGeneration(lane, gateway)
  return async (n) => {
    const result = await request('tools/call', throughGateway('echo', n))
    if (result._meta?.['agentport/outcome'] !== 'executed') throw new Error(`Not executed: ${JSON.stringify(result)}`)
    check(result, n)
  }
}

export function check(result: RpcResult, n: number): void {
  if (result.isError || result.content?.[0]?.text !== `${TEXT} ${n}`) {
    throw new Error(`Not the answer to call ${n}: ${JSON.stringify(result)}`)
  }
}
