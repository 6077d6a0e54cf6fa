import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { createGateway, type Gateway } from '../../src/gateway/gateway.ts'
import { createMcpServer } from '../../src/gateway/mcp-server.ts'
import { silentLogger } from '../../src/lib/logger.ts'
import { createRequestBodies } from '../../src/lib/request-body.ts'
import { type App, startApp } from '../harness/app.ts'
import { FarEnd } from '../harness/far-end.ts'
import { lastMessage, MODERN, messages, type RpcMessage, Wire } from '../harness/wire.ts'

// Plain calls are answered without the SDK. Two gateways over the same rooms, one of which always uses it, must say the same.

interface Road {
  gateway: Gateway
  wire: Wire
  stop(): Promise<void>
}

let app: App
let far: FarEnd
let short: Road
let sdk: Road

beforeAll(async () => {
  far = new FarEnd([{ name: 'ask' }, { name: 'run' }, { name: 'shut' }]).start()
  app = await startApp()
  await app.install('far', far.url)
  await app.setPolicy('far', 'run', 'allow')
  await app.setPolicy('far', 'shut', 'deny')
  const { key } = await app.newKey()
  const principal = await app.rooms.identity.agents.resolve(key, { address: null, program: null })
  if (!principal) throw new Error('The key is not known')
  const bodies = createRequestBodies(app.rooms.clock)
  const deps = { ...app.rooms, origin: app.origin, logger: silentLogger, bodies }
  const open = async (gateway: Gateway): Promise<Road> => {
    const server = Bun.serve({
      hostname: '127.0.0.1',
      port: 0,
      async fetch(request) {
        const caller = { principal, address: '127.0.0.1', program: 'wire' }
        return (await gateway.fetch(request, caller, request.signal)) ?? new Response(null, { status: 401 })
      },
    })
    const wire = new Wire(`http://127.0.0.1:${server.port}`, null)
    await wire.initialize()
    const stop = async () => {
      await gateway.close()
      await server.stop(true)
    }
    return { gateway, wire, stop }
  }
  short = await open(createGateway(deps))
  sdk = await open(createGateway(deps, () => createMcpServer(deps)))
})
afterAll(async () => {
  await short.stop()
  await sdk.stop()
  await app.stop()
  await far.stop()
})

const GENERATIONS = ['2025', '2026'] as const
type AnyGeneration = (typeof GENERATIONS)[number]

function ask({ wire }: Road, generation: AnyGeneration, name: string, args: string): Promise<Response> {
  const params = `{"name":"${name}","arguments":${args}}`
  return generation === '2025' ? wire.request('tools/call', params) : wire.modern('tools/call', params, { name })
}

const isShort = (response: Response) => response.headers.get('content-type')?.startsWith('application/json') === true

/** Without what differs from call to call. */
const comparable = (message: RpcMessage) =>
  JSON.parse(
    JSON.stringify(message)
      .replaceAll(/[0-9a-hjkmnp-tv-z]{26}/g, 'ID')
      .replaceAll(/ap_\w+/g, 'KEY'),
  ) as unknown

const call = (tool: string, more = '') =>
  `{"integration_id":"far","tool_name":"${tool}","arguments":{"n":1}${more},"additional_info":"why"}`

const CALLS: [name: string, args: string][] = [
  ['agentport__list_installed_integrations', '{}'],
  ['agentport__list_available_integrations', '{"query":"stripe"}'],
  ['agentport__get_integration', '{"integration_id":"far"}'],
  ['agentport__get_integration', '{"integration_id":"nowhere"}'],
  ['agentport__install_integration', '{"integration_id":"nowhere"}'],
  ['agentport__uninstall_integration', '{"integration_id":"nowhere"}'],
  ['agentport__get_auth_status', '{"integration_id":"far"}'],
  ['agentport__start_oauth_flow', '{"integration_id":"far"}'],
  ['agentport__list_integration_tools', '{"integration_id":"far","limit":2}'],
  ['agentport__describe_tool', '{"integration_id":"far","tool_name":"run"}'],
  ['agentport__describe_tool', '{"integration_id":7}'],
  ['agentport__call_tool', call('run')],
  ['agentport__call_tool', call('ask')],
  ['agentport__call_tool', call('shut')],
  ['agentport__call_tool', call('nothing')],
  ['agentport__call_tool', '{"integration_id":"far","tool_name":"run","arguments":{"n":9007199254740993}}'],
  ['agentport__call_tool', '{}'],
  ['agentport__await_approval', '{"request_id":"nosuchrequest","timeout_seconds":1}'],
]

describe.each([...GENERATIONS])('in the %s generation', (generation) => {
  test.each(CALLS)('%s %s says the same on both roads', async (name, args) => {
    const [direct, through] = await Promise.all([ask(short, generation, name, args), ask(sdk, generation, name, args)])
    expect(isShort(direct)).toBe(true)
    expect(direct.status).toBe(through.status)
    expect(comparable(await lastMessage(direct))).toEqual(comparable(await lastMessage(through)) as object)
  })

  test('a result of the upstream arrives as it was sent, whatever is in it', async () => {
    const result = {
      content: [
        { type: 'text', text: 'line\nbreak \u2028 and "quotes"' },
        { type: 'hologram', data: 1 },
      ],
      structuredContent: { deep: [{ n: 1.5 }] },
      isError: true,
      _meta: { 'far/own': true },
      extra: 'kept',
    }
    far.act = async () => result
    const [direct, through] = await Promise.all(
      [short, sdk].map((road) => ask(road, generation, 'agentport__call_tool', call('run'))),
    )
    far.act = async () => ({ content: [] })
    if (!direct || !through) throw new Error('No answers')
    expect(isShort(direct)).toBe(true)
    const message = await lastMessage(direct)
    expect(message.result).toMatchObject(result)
    expect(comparable(message)).toEqual(comparable(await lastMessage(through)) as object)
  })

  test('a call that lasts becomes an event stream with the same answer', async () => {
    far.act = async () => {
      await Bun.sleep(700)
      return { content: [{ type: 'text', text: 'late' }] }
    }
    const response = await ask(short, generation, 'agentport__call_tool', call('run'))
    far.act = async () => ({ content: [] })
    expect(response.headers.get('content-type')).toBe('text/event-stream')
    const text = await response.text()
    expect(text).toStartWith(': ok\n\nevent: message\ndata: {')
    expect(text).toContain('"late"')
  })

  test('who hangs up in the middle of such a stream ends its wait, and the request stays', async () => {
    const asked = await lastMessage(await ask(short, generation, 'agentport__call_tool', call('ask', '')))
    const id = String(asked.result?._meta?.['agentport/request_id'])
    const waiting = await ask(short, generation, 'agentport__await_approval', `{"request_id":"${id}"}`)
    const reader = waiting.body?.getReader()
    await reader?.read()
    await reader?.cancel()
    await Bun.sleep(100)
    const again = ask(short, generation, 'agentport__await_approval', `{"request_id":"${id}"}`)
    await app.rooms.approvals.decide(app.userId, id, { mode: 'once' })
    expect((await lastMessage(await again)).result?._meta?.['agentport/outcome']).toBe('executed')
  })
})

/** Each with what makes it anything but plain. */
const NOT_PLAIN: [why: string, send: (road: Road) => Promise<Response>][] = [
  [
    'asks for progress',
    ({ wire }) =>
      wire.request(
        'tools/call',
        `{"name":"agentport__call_tool","arguments":${call('run')},"_meta":{"progressToken":1}}`,
      ),
  ],
  ['names no tool of ours', (road) => ask(road, '2025', 'echo', '{}')],
  ['names what every object has', (road) => ask(road, '2025', 'constructor', '{}')],
  ['has arguments that are none', (road) => ask(road, '2025', 'agentport__describe_tool', '[]')],
  ['has a field too many', ({ wire }) => wire.send('{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{},"x":1}')],
  [
    'has a parameter too many',
    ({ wire }) => wire.request('tools/call', '{"name":"agentport__get_auth_status","task":{}}'),
  ],
  [
    'is of a batch',
    ({ wire }) =>
      wire.send(
        '[{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"agentport__list_installed_integrations"}}]',
      ),
  ],
  [
    'has an id that is none',
    ({ wire }) =>
      wire.send('{"jsonrpc":"2.0","id":1.5,"method":"tools/call","params":{"name":"agentport__get_auth_status"}}'),
  ],
  [
    'takes no event streams',
    ({ wire }) =>
      wire.request('tools/call', '{"name":"agentport__list_installed_integrations"}', { accept: 'application/json' }),
  ],
  [
    'is not said to be JSON',
    ({ wire }) =>
      wire.request('tools/call', '{"name":"agentport__list_installed_integrations"}', { 'content-type': 'text/plain' }),
  ],
  [
    'has a version that is none',
    ({ wire }) =>
      wire.request('tools/call', '{"name":"agentport__list_installed_integrations"}', { 'mcp-protocol-version': '1' }),
  ],
  [
    'has headers that say another tool',
    ({ wire }) =>
      wire.modern('tools/call', '{"name":"agentport__list_installed_integrations"}', { name: 'agentport__call_tool' }),
  ],
  [
    'has capabilities that are none',
    ({ wire }) =>
      wire.modern('tools/call', '{"name":"agentport__list_installed_integrations"}', {
        name: 'agentport__list_installed_integrations',
        meta: { 'io.modelcontextprotocol/clientCapabilities': 7 },
      }),
  ],
  [
    'is of a session that is not there',
    ({ wire }) =>
      wire.request('tools/call', '{"name":"agentport__list_installed_integrations"}', { 'mcp-session-id': 'gone' }),
  ],
  [
    'has a session id and the newer version at once',
    ({ wire }) =>
      wire.request('tools/call', '{"name":"agentport__list_installed_integrations"}', {
        'mcp-protocol-version': MODERN,
      }),
  ],
]

test.each(NOT_PLAIN)('a call that %s is left to the SDK', async (_why, send) => {
  const [direct, through] = await Promise.all([send(short), send(sdk)])
  expect([direct.status, direct.headers.get('content-type')]).toEqual([
    through.status,
    through.headers.get('content-type'),
  ])
  expect((await messages(direct)).map(comparable)).toEqual((await messages(through)).map(comparable) as object[])
})

test('a cancelled wait ends without an answer, and the request stays', async () => {
  const { wire } = short
  const asked = await lastMessage(await ask(short, '2025', 'agentport__call_tool', call('ask', '')))
  const id = String(asked.result?._meta?.['agentport/request_id'])
  const wait = (rpcId: number) =>
    wire.send(
      `{"jsonrpc":"2.0","id":${rpcId},"method":"tools/call","params":{"name":"agentport__await_approval","arguments":{"request_id":"${id}"}}}`,
    )
  const cancel = (rpcId: number) =>
    wire.send(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":${rpcId}}}`)
  const early = wait(71)
  await Bun.sleep(100)
  expect((await cancel(71)).status).toBe(202)
  expect(await messages(await early)).toEqual([])
  const late = await wait(72)
  expect((await cancel(72)).status).toBe(202)
  expect(await messages(late)).toEqual([])
  expect((await app.rooms.approvals.find(app.userId, id))?.request.state).toBe('pending')
})

test('a session that ends takes its waits with it', async () => {
  const road = { ...short, wire: new Wire(short.wire.origin, null) }
  await road.wire.initialize()
  const asked = await lastMessage(await ask(road, '2025', 'agentport__call_tool', call('ask', '')))
  const id = String(asked.result?._meta?.['agentport/request_id'])
  const waiting = ask(road, '2025', 'agentport__await_approval', `{"request_id":"${id}"}`)
  await Bun.sleep(100)
  await (await road.wire.send(null, {}, 'DELETE')).text()
  expect(await messages(await waiting)).toEqual([])
})

test('what breaks inside is told by a number only, on both roads', async () => {
  const { calls } = app.rooms
  const callTool = calls.callTool
  calls.callTool = async () => {
    throw new Error('SQLITE_CORRUPT at /home/owner/data')
  }
  try {
    for (const road of [short, sdk]) {
      for (const generation of GENERATIONS) {
        const { error } = await lastMessage(await ask(road, generation, 'agentport__call_tool', call('run')))
        expect(error?.code).toBe(-32603)
        expect(error?.message).toMatch(/^Internal error \w{8}$/)
      }
    }
  } finally {
    calls.callTool = callTool
  }
})
