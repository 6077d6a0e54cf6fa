import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { GENERATIONS, outcome, requestId, text } from '../harness/agent.ts'
import { type App, startApp } from '../harness/app.ts'
import { programBuilt } from '../harness/binary.ts'
import { type BridgedAgent, bridgedAgent } from '../harness/bridged-agent.ts'
import { until } from '../harness/everything.ts'
import { FarEnd } from '../harness/far-end.ts'
import type { Person } from '../harness/person.ts'
import { isAlive, type Program } from '../harness/program.ts'

let program: Program
let app: App
let person: Person
let env: Record<string, string>
const far = new FarEnd([{ name: 'pay' }, { name: 'look' }]).start()
const agents: BridgedAgent[] = []

beforeAll(async () => {
  program = await programBuilt()
  app = await startApp()
  await app.install('bank', far.url)
  await app.setPolicy('bank', 'look', 'allow')
  person = await app.person()
  env = { AGENTPORT_API_KEY: (await app.newKey()).key, AGENTPORT_INSTANCE_URL: app.origin, HOME: app.dataDir }
}, 60_000)
afterEach(async () => {
  for (const agent of agents.splice(0)) await agent.close()
})
afterAll(async () => {
  await app.stop()
  await far.stop()
})

describe.each(GENERATIONS)('a %s client on a pipe', (generation) => {
  const connect = async () => {
    const agent = await bridgedAgent(program, env, generation)
    agents.push(agent)
    return agent
  }

  test('finds the tools, asks, is approved and gets the result', async () => {
    const agent = await connect()
    expect((await agent.listTools()).map(({ name }) => name)).toContain('agentport__call_tool')
    const asked = await agent.call('bank', 'pay', { generation }, 'To try it')
    expect(outcome(asked)).toBe('approval_required')
    const waiting = agent.await(requestId(asked))
    await person.decide(requestId(asked), 'once')
    expect(outcome(await waiting)).toBe('executed')
    expect(far.calls.at(-1)?.arguments).toEqual({ generation })
    expect(agent.stderr()).toBe('')
  })

  test('makes many calls at once, and each gets its own answer', async () => {
    const agent = await connect()
    far.act = ({ arguments: { n } }) => ({ content: [{ type: 'text', text: `${n}` }] })
    const all = Array.from({ length: 50 }, (_, n) => agent.call('bank', 'look', { n }))
    expect((await Promise.all(all)).map(text)).toEqual(Array.from({ length: 50 }, (_, n) => `${n}`))
  })

  test('sends and gets a megabyte', async () => {
    const agent = await connect()
    const long = 'x'.repeat(200_000)
    far.act = () => ({ content: [{ type: 'text', text: `é${'y'.repeat(1_000_000)}` }] })
    expect(text(await agent.call('bank', 'look', { long }))).toHaveLength(1_000_001)
    expect(far.calls.at(-1)?.arguments).toEqual({ long })
  })

  test('hears progress while a call runs', async () => {
    const agent = await connect()
    const seen: number[] = []
    far.act = ({ id, progressToken }) => {
      const event = (message: object) => `event: message\ndata: ${JSON.stringify({ jsonrpc: '2.0', ...message })}\n\n`
      // The clients read an answer before a notice that comes in the same piece.
      const body = async function* () {
        for (const progress of [1, 2]) {
          yield event({ method: 'notifications/progress', params: { progressToken, progress } })
          await Bun.sleep(50)
        }
        yield event({ id, result: { content: [] } })
      }
      return new Response(body() as unknown as ReadableStream, { headers: { 'content-type': 'text/event-stream' } })
    }
    const result = await agent.call('bank', 'look', {}, undefined, {
      onprogress: ({ progress }) => seen.push(progress),
    })
    expect(outcome(result)).toBe('executed')
    expect(seen).toEqual([1, 2])
  })

  test('that calls a call off is heard at the far end', async () => {
    const agent = await connect()
    let call: { cancelled: AbortSignal } | undefined
    far.act = async (each) => {
      call = each
      await new Promise((resolve) => each.cancelled.addEventListener('abort', resolve))
      return { content: [] }
    }
    const end = new AbortController()
    const result = agent.call('bank', 'look', {}, undefined, { signal: end.signal }).catch((error: Error) => error)
    await until(() => call)
    end.abort('enough')
    expect(await result).toBeInstanceOf(Error)
    await until(() => call?.cancelled.aborted)
    // And the bridge goes on.
    far.act = () => ({ content: [{ type: 'text', text: 'done' }] })
    expect(text(await agent.call('bank', 'look'))).toBe('done')
  })

  test('that closes its end leaves no process', async () => {
    const agent = await bridgedAgent(program, env, generation)
    await agent.close()
    await until(() => !isAlive(agent.pid), 2_000)
  })
})

test.each([['2025', {}] as const, ['2026', { versionNegotiation: { mode: { pin: '2026-07-28' } } }] as const])(
  'a %s client that can open links is asked to, through the pipe',
  async (_, options) => {
    const client = new Client(
      { name: 'opener', version: '1' },
      { capabilities: { elicitation: { url: {} } }, ...options },
    )
    const asked: string[] = []
    client.setRequestHandler('elicitation/create', async ({ params }) => {
      asked.push(String((params as { url?: string }).url))
      return { action: 'accept' }
    })
    const [command = '', ...args] = [...program, 'bridge']
    await client.connect(new StdioClientTransport({ command, args, env }))
    far.act = () => ({ content: [{ type: 'text', text: 'done' }] })
    const name = 'agentport__call_tool'
    const result = client.callTool({
      name,
      arguments: { integration_id: 'bank', tool_name: 'pay', arguments: { link: asked.length, _ } },
    })
    const [url] = await until(() => asked.length > 0 && asked)
    await person.decide(url?.split('/').at(-1) ?? '', 'once')
    expect(outcome((await result) as never)).toBe('executed')
    await client.close()
  },
)

test.each(['v1', 'v2-2025'] as const)('a %s client is told what is wrong with a key', async (generation) => {
  const wrong = bridgedAgent(program, { ...env, AGENTPORT_API_KEY: `ap_${'x'.repeat(43)}` }, generation)
  expect(wrong).rejects.toThrow(/This key or token is not valid: unknown, revoked or expired\./)
  await wrong.catch(() => {})
})
