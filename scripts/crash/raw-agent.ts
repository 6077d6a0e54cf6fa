import { OUTCOME_META, REQUEST_META } from '../../src/gateway/gateway.ts'

/** What an agent was told about a call. */
export interface Told {
  word: string
  requestId: string
  text: string
}

/** What came back: an outcome, a refusal without one, or nothing, and then nothing was told. */
export type Answer = { told: Told } | { refused: { status: number; text: string } } | null

/** Beyond what any answer may take. */
const GIVES_UP_MS = 60_000

/** An agent that speaks just enough of the newer generation: every request stands alone, so it survives the server's death. */
export class RawAgent {
  #id = 0

  constructor(
    readonly origin: string,
    readonly key: string,
  ) {}

  call(tool: string, token: string): Promise<Answer> {
    return this.#use('agentport__call_tool', { integration_id: 'far', tool_name: tool, arguments: { token } })
  }

  await(requestId: string, seconds: number): Promise<Answer> {
    return this.#use('agentport__await_approval', { request_id: requestId, timeout_seconds: seconds })
  }

  async #use(name: string, args: object): Promise<Answer> {
    let response: Response
    let text: string
    try {
      response = await fetch(`${this.origin}/mcp`, this.#request(name, args))
      text = await response.text()
    } catch {
      return null
    }
    const line = text.split('\n').find((each) => each.startsWith('data: {'))
    // A stream that was cut off before its answer told nothing.
    if (!line && !text.startsWith('{')) return null
    const result = JSON.parse(line ? line.slice(6) : text).result
    const word = result?._meta?.[OUTCOME_META]
    if (!word) return { refused: { status: response.status, text } }
    return { told: { word, requestId: result._meta[REQUEST_META] ?? '', text: result.content?.[0]?.text ?? '' } }
  }

  #request(name: string, args: object): RequestInit {
    return {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        'x-api-key': this.key,
        'mcp-protocol-version': '2026-07-28',
        'mcp-method': 'tools/call',
        'mcp-name': name,
      },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: ++this.#id,
        method: 'tools/call',
        params: {
          name,
          arguments: args,
          _meta: {
            'io.modelcontextprotocol/protocolVersion': '2026-07-28',
            'io.modelcontextprotocol/clientInfo': { name: 'crash', version: '1' },
            'io.modelcontextprotocol/clientCapabilities': {},
          },
        },
      }),
      signal: AbortSignal.timeout(GIVES_UP_MS),
    }
  }
}
