/** What an agent was told about a call. */
export interface Told {
  outcome: string
  requestId: string
}

/** An agent that speaks just enough of the newer generation: every request stands alone, so it survives the server's death. */
export class RawAgent {
  #id = 0

  constructor(
    readonly origin: string,
    readonly key: string,
  ) {}

  call(tool: string, token: string): Promise<Told | null> {
    return this.#use('agentport__call_tool', { integration_id: 'far', tool_name: tool, arguments: { token } })
  }

  await(requestId: string, seconds: number): Promise<Told | null> {
    return this.#use('agentport__await_approval', { request_id: requestId, timeout_seconds: seconds })
  }

  /** Null when the answer did not arrive: then nothing was told. */
  async #use(name: string, args: object): Promise<Told | null> {
    try {
      const response = await fetch(`${this.origin}/mcp`, {
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
        signal: AbortSignal.timeout(20_000),
      })
      const text = await response.text()
      const line = text.split('\n').find((each) => each.startsWith('data: {'))
      const message = JSON.parse(line ? line.slice(6) : text)
      const meta = message.result?._meta
      return meta?.['agentport/outcome']
        ? { outcome: meta['agentport/outcome'], requestId: meta['agentport/request_id'] ?? '' }
        : null
    } catch {
      return null
    }
  }
}
