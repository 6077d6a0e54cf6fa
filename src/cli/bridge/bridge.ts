import { parse } from '../arguments.ts'
import type { Command } from '../command.ts'
import { readInstance } from '../instance/instance.ts'
import { Endpoint } from '../link/endpoint.ts'
import { protocolVersionOf } from '../link/modern-request.ts'
import { cancelledId, type Incoming, isRequest, readIncoming, readLines, type Write } from './client-pipe.ts'
import { LegacyLane } from './legacy-lane.ts'
import { ModernLane } from './modern-lane.ts'

/** What is under way when the client closes its end still has this long to be answered. */
const LAST_ANSWERS_MS = 1_000

/** And to read what has been written. */
const LAST_READ_MS = 3_000

export const bridgeCommand: Command = {
  words: 'bridge',
  takes: '',
  about:
    'Speaks MCP on standard input and output, for a client that cannot reach a URL, and hands everything on to /mcp. It lives as long as its client, and through restarts of the server.',
  example: [
    'agentport bridge        which a client starts itself, when its configuration has',
    '{"mcpServers": {"agentport": {"command": "agentport", "args": ["bridge"], "env": {"AGENTPORT_API_KEY": "ap_…"}}}}',
  ].join('\n'),
  async run(argv) {
    parse(argv, 'agentport bridge', { least: 0, most: 0 }, {})
    const endpoint = new Endpoint(readInstance(process.env))
    const ended = new AbortController()
    const bridge = new Bridge(endpoint, ended.signal)
    const gone = new Promise<void>((resolve) => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
      // A client that was killed reads no more.
      process.stdout.on('error', () => resolve())
    })
    await Promise.race([gone, bridge.serve(Bun.stdin.stream())])
    ended.abort(new Error('The client is gone.'))
    await bridge.goodbye()
    // Who closes a pipe and reads no more from the other would hold us for ever: the program ends once all is read.
    setTimeout(() => process.exit(0), LAST_READ_MS)
  },
}

/** Between one client on a pipe and /mcp. Only protocol is written. */
class Bridge {
  readonly #legacy: LegacyLane
  readonly #modern: ModernLane
  /** Requests that the client still waits for. */
  readonly #underWay = new Set<Promise<void>>()

  constructor(endpoint: Endpoint, ended: AbortSignal) {
    const write: Write = (message) => void process.stdout.write(`${JSON.stringify(message)}\n`)
    this.#legacy = new LegacyLane(endpoint, write, ended)
    this.#modern = new ModernLane(endpoint, write, ended)
  }

  /** Resolves once the client has closed its end, and what it still waited for has been answered or taken too long. */
  async serve(input: AsyncIterable<Uint8Array>): Promise<void> {
    for await (const line of readLines(input)) {
      if (line.trim() === '') continue
      const incoming = readIncoming(line)
      if (incoming) this.#take(incoming)
      else process.stdout.write(`${JSON.stringify(NOT_JSON)}\n`)
    }
    await Promise.race([Promise.all(this.#underWay), Bun.sleep(LAST_ANSWERS_MS)])
  }

  goodbye(): Promise<void> {
    return this.#legacy.goodbye()
  }

  #take(incoming: Incoming): void {
    const [first] = incoming.messages
    const cancelled = first ? cancelledId(first) : null
    if (cancelled !== null && this.#modern.cancel(cancelled)) return
    const isModern = !incoming.isBatch && protocolVersionOf(first?.params) !== null
    const sent = (isModern ? this.#modern : this.#legacy).send(incoming)
    // What only listens is never over.
    if (!incoming.messages.some(isRequest) || first?.method === 'subscriptions/listen') return
    this.#underWay.add(sent)
    void sent.finally(() => this.#underWay.delete(sent))
  }
}

const NOT_JSON = { jsonrpc: '2.0', id: null, error: { code: -32700, message: 'The line holds no JSON-RPC message.' } }
