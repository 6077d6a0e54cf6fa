import {
  CLIENT_CAPABILITIES_META_KEY,
  CLIENT_INFO_META_KEY,
  isJsonContentType,
  PROTOCOL_VERSION_META_KEY,
  SERVER_INFO_META_KEY,
  SUPPORTED_PROTOCOL_VERSIONS,
} from '@modelcontextprotocol/server'
import { isJsonObject, type JsonObject } from '../lib/json.ts'
import { programName, SERVER_INFO } from './mcp-server.ts'
import { isMetaTool } from './meta-tool-acts.ts'
import { MAY_WAIT } from './meta-tools.ts'
import type { Session } from './sessions.ts'
import { opensLinks } from './url-elicitation.ts'

/**
 * A `tools/call` that asks for nothing but its result, which is nearly all that agents send. It is read and answered here, since the
 * SDK's work on each message costs more than the call itself. Whatever is not plain to the letter (progress, elicitation, batches,
 * unknown tools and fields, odd headers) takes the road through the SDK; a test holds both to the same answers.
 */
export interface PlainCall {
  id: string | number
  name: string
  arguments: JsonObject
  /** The program's own name for itself, if it gave one. */
  program: string | null
  generation: '2025' | '2026'
}

const MODERN = '2026-07-28'
const MESSAGE_FIELDS = 4

/** @param session of the older generation; null for a request without one. Null for whatever is not plain. */
export function readPlainCall({ headers }: Request, message: unknown, session: Session | null): PlainCall | null {
  if (!isJsonObject(message) || Object.keys(message).length !== MESSAGE_FIELDS) return null
  const { jsonrpc, id, method, params } = message
  if (jsonrpc !== '2.0' || method !== 'tools/call' || !isJsonObject(params)) return null
  if (typeof id !== 'string' && !Number.isSafeInteger(id)) return null
  const { name, arguments: args = {}, _meta, ...others } = params
  if (typeof name !== 'string' || !isMetaTool(name) || !isJsonObject(args) || Object.keys(others).length > 0)
    return null
  if (!isJsonContentType(headers.get('content-type')) || !takesBoth(headers.get('accept') ?? '')) return null
  const client = session ? clientOfSession(headers, _meta, session) : clientOfRequest(headers, _meta, name)
  if (!client || (MAY_WAIT.has(name) && opensLinks(client.capabilities))) return null
  const generation = session ? '2025' : '2026'
  return { id: id as string | number, name, arguments: args, program: programName(client.info), generation }
}

interface Client {
  info: unknown
  capabilities: unknown
}

function clientOfSession(headers: Headers, meta: unknown, { server }: Session): Client | null {
  const version = headers.get('mcp-protocol-version')
  if (meta !== undefined || (version !== null && !SUPPORTED_PROTOCOL_VERSIONS.includes(version))) return null
  return { info: server.getClientVersion(), capabilities: server.getClientCapabilities() }
}

/** The newer generation says all of it in each request, some of it twice. */
function clientOfRequest(headers: Headers, meta: unknown, name: string): Client | null {
  if (headers.get('mcp-protocol-version') !== MODERN) return null
  if (headers.get('mcp-method') !== 'tools/call' || headers.get('mcp-name') !== name) return null
  if (!isJsonObject(meta) || Object.keys(meta).length !== 3 || meta[PROTOCOL_VERSION_META_KEY] !== MODERN) return null
  const info = meta[CLIENT_INFO_META_KEY]
  const capabilities = meta[CLIENT_CAPABILITIES_META_KEY]
  if (!isJsonObject(info) || typeof info.name !== 'string' || typeof info.version !== 'string') return null
  if (!isJsonObject(capabilities) || !Object.values(capabilities).every(isJsonObject)) return null
  return { info, capabilities }
}

const takesBoth = (accept: string): boolean =>
  accept.includes('application/json') && accept.includes('text/event-stream')

/** The whole answer, as JSON. */
export function plainAnswer({ id, generation }: PlainCall, result: JsonObject): string {
  if (generation === '2025') return JSON.stringify({ jsonrpc: '2.0', id, result })
  const meta = isJsonObject(result._meta) ? result._meta : {}
  const complete = { ...result, resultType: 'complete', _meta: { ...meta, [SERVER_INFO_META_KEY]: SERVER_INFO } }
  return JSON.stringify({ jsonrpc: '2.0', id, result: complete })
}

export const plainError = ({ id }: PlainCall, code: number, message: string): string =>
  JSON.stringify({ jsonrpc: '2.0', id, error: { code, message } })
