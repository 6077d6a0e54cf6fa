import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { outcome, requestId, type ToolResult, text } from '../harness/agent.ts'
import { type App, startApp } from '../harness/app.ts'
import { until } from '../harness/everything.ts'
import { FarEnd } from '../harness/far-end.ts'

let app: App
const far = new FarEnd().start()

beforeAll(async () => {
  app = await startApp()
  await app.install('far', far.url)
})
afterAll(async () => {
  await app.stop()
  await far.stop()
})

type Answer = { action: 'accept' | 'decline' | 'cancel' } | 'silence'
interface Asked {
  mode?: string
  url?: string
  message: string
}

/** A client that can open links, and answers being asked to as the test says. */
async function linkOpener(era: '2025' | '2026', answer: Answer, asked: Asked[]) {
  const { key } = await app.newKey()
  const client = new Client(
    { name: 'opener', version: '1' },
    {
      capabilities: { elicitation: { url: {} } },
      ...(era === '2026' ? { versionNegotiation: { mode: { pin: '2026-07-28' } } } : {}),
    },
  )
  client.setRequestHandler('elicitation/create', async (request) => {
    asked.push(request.params as Asked)
    if (answer === 'silence') return new Promise<never>(() => {})
    return answer
  })
  const requestInit = { headers: { 'X-API-Key': key } }
  const transport = new StreamableHTTPClientTransport(new URL(`${app.origin}/mcp`), { requestInit })
  await client.connect(transport as Parameters<Client['connect']>[0])
  const call = (n: number) =>
    client.callTool({
      name: 'agentport__call_tool',
      arguments: { integration_id: 'far', tool_name: 'run', arguments: { n, era } },
    }) as Promise<unknown> as Promise<ToolResult>
  return { client, call }
}

let n = 0
/** The newer generation repeats the call only once its client has answered, so there silence leaves the client waiting by itself. */
const cases: ['2025' | '2026', Answer][] = [
  ['2025', { action: 'accept' }],
  ['2025', { action: 'decline' }],
  ['2025', { action: 'cancel' }],
  ['2025', 'silence'],
  ['2026', { action: 'accept' }],
  ['2026', { action: 'decline' }],
  ['2026', { action: 'cancel' }],
]

describe.each(cases)('a %s client that answers %j', (era, answer) => {
  test('is asked to open the page, and only the page decides', async () => {
    const asked: Asked[] = []
    const { client, call } = await linkOpener(era, answer, asked)
    const person = await app.person()
    const before = far.calls.length
    const result = call(++n)
    const [question] = await until(() => asked.length > 0 && asked)
    expect(question?.url).toStartWith(`${app.origin}/approve/`)
    expect(far.calls.length).toBe(before)
    await person.decide(question?.url?.split('/').at(-1) ?? '', 'once')
    expect(outcome(await result)).toBe('executed')
    expect(far.calls.length).toBe(before + 1)
    await client.close()
  })

  test('gets the denial of the page even if it accepted', async () => {
    const asked: Asked[] = []
    const { client, call } = await linkOpener(era, answer, asked)
    const person = await app.person()
    const result = call(++n)
    const [question] = await until(() => asked.length > 0 && asked)
    await person.decide(question?.url?.split('/').at(-1) ?? '', 'deny', 'no thanks')
    expect(outcome(await result)).toBe('denied')
    expect(text(await result)).toContain('no thanks')
    await client.close()
  })
})

test('a client without the capability gets the link at once', async () => {
  const agent = await app.agent('v2-2025')
  const result = await agent.call('far', 'run', { n: ++n })
  expect(outcome(result)).toBe('approval_required')
  expect(requestId(result)).toHaveLength(26)
  await agent.close()
})
