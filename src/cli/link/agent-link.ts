import { OUTCOME_META, REQUEST_META } from '../../gateway/gateway.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../../lib/json.ts'
import { CommandError } from '../output.ts'
import { type Endpoint, LinkLost, Refused } from './endpoint.ts'
import { envelope, modernHeaders } from './modern-request.ts'
import { readMessages } from './read-messages.ts'

export interface ToolResult {
  content: JsonValue[]
  structuredContent?: JsonValue
  isError: boolean
  /** A word of the contract, where the call went the way of calls. */
  outcome: string | null
  requestId: string | null
  /** As it came, without what only the wire needs. */
  result: JsonObject
}

/** The gateway's own tools, used from the command line: one POST a request, nothing kept in between. */
export class AgentLink {
  constructor(readonly endpoint: Endpoint) {}

  /** @throws NotReached, LinkLost, Refused */
  async use(name: string, args: JsonObject, signal?: AbortSignal): Promise<ToolResult> {
    const message = { method: 'tools/call', params: { name, arguments: args, _meta: envelope('agentport-cli') } }
    const { result, error, status } = await this.#request(message, signal)
    if (isJsonObject(result)) return asToolResult(result)
    throw new Refused(isJsonObject(error) ? String(error.message) : 'The answer is none of MCP.', status)
  }

  /** What a tool that only looks gives. @throws CommandError with the gateway's words when it refuses. */
  async look(name: string, args: JsonObject, signal?: AbortSignal): Promise<JsonObject> {
    const { isError, structuredContent, content } = await this.use(name, args, signal)
    if (!isError && isJsonObject(structuredContent)) return structuredContent
    throw new CommandError(textOf(content))
  }

  async #request(
    message: { method: string; params: JsonObject },
    signal?: AbortSignal,
  ): Promise<JsonObject & { status: number }> {
    const { endpoint } = this
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, ...message })
    const exchange = await endpoint.ask({ body, headers: modernHeaders(message), ...(signal ? { signal } : {}) })
    const { status } = exchange.response
    try {
      for await (const each of readMessages(exchange.response, exchange.onSound)) {
        // A refusal of the whole request answers to no id.
        if (each.method === undefined && (each.id === 1 || status >= 400)) return { ...each, status }
      }
    } catch (error) {
      throw endpoint.named(error, signal)
    } finally {
      exchange.end()
    }
    if (status >= 300) throw new Refused(`${endpoint.origin} answered ${status}. Is it an AgentPort?`, status)
    throw new LinkLost(`The answer of AgentPort at ${endpoint.origin} ended before its end.`)
  }
}

function asToolResult(whole: JsonObject): ToolResult {
  const { resultType: _, _meta, ...result } = whole
  const meta = isJsonObject(_meta) ? _meta : {}
  const ofWire = (name: string) => /^(io\.modelcontextprotocol|agentport)\//.test(name)
  const foreign = Object.entries(meta).filter(([name]) => !ofWire(name))
  const word = (name: string) => (typeof meta[name] === 'string' ? meta[name] : null)
  return {
    content: Array.isArray(result.content) ? result.content : [],
    ...(result.structuredContent === undefined ? {} : { structuredContent: result.structuredContent }),
    isError: result.isError === true,
    outcome: word(OUTCOME_META),
    requestId: word(REQUEST_META),
    result: {
      ...result,
      isError: result.isError === true,
      ...(foreign.length > 0 ? { _meta: Object.fromEntries(foreign) } : {}),
    },
  }
}

/** The texts of a result, one after the other. */
export const textOf = (content: readonly JsonValue[]): string =>
  content
    .filter(isJsonObject)
    .map(({ text }) => text)
    .filter((text) => typeof text === 'string')
    .join('\n')
