import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { programBuilt } from '../harness/binary.ts'
import { freePort, until } from '../harness/everything.ts'
import { FarEnd } from '../harness/far-end.ts'
import { ModernEnd } from '../harness/modern-end.ts'
import type { Program } from '../harness/program.ts'
import { RawBridge } from '../harness/raw-bridge.ts'

/** Below the ports that are given to whoever asks for any: no other test gets it while nobody is to be there. */
const portOfOurOwn = () => 20_000 + Math.floor(Math.random() * 10_000)

// Against servers that lie, hang, drop and forget: the bridge knows no more of /mcp than that it is MCP.

let program: Program
let bridges: RawBridge[] = []
beforeAll(async () => {
  program = await programBuilt()
}, 60_000)
afterEach(async () => {
  for (const bridge of bridges) bridge.kill('SIGKILL')
  await Promise.all(bridges.map(({ exited }) => exited))
  bridges = []
})

function bridgeTo(port: number): RawBridge {
  const env = { AGENTPORT_API_KEY: 'ap_x', AGENTPORT_INSTANCE_URL: `http://127.0.0.1:${port}`, HOME: '/nowhere' }
  const bridge = new RawBridge(program, env)
  bridges.push(bridge)
  return bridge
}

const META = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientInfo': { name: 'raw', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
}
const call = (n: number) => ({ name: 'run', arguments: { n } })
const CHANGED = 'notifications/tools/list_changed'
const DROPPED = {
  code: -32000,
  message: expect.stringContaining('its end is not known: it may have taken effect.'),
  data: { 'agentport/outcome': 'unknown' },
}

describe('a session of the older generation', () => {
  let far: FarEnd
  beforeEach(() => {
    far = new FarEnd().start(portOfOurOwn())
  })
  afterEach(() => far.stop())

  test('that the server forgot is opened again, and the call that met with that runs, once', async () => {
    const bridge = bridgeTo(far.port)
    await bridge.initialize()
    await bridge.request(1, 'tools/call', call(1))
    far.forgetSessions()
    expect((await bridge.request(2, 'tools/call', call(2))).result).toEqual({
      content: [{ type: 'text', text: 'done' }],
    })
    expect(far.calls.map(({ arguments: { n } }) => n)).toEqual([1, 2])
    // Opened once, for however many noticed.
    far.forgetSessions()
    const before = far.seen.filter((each) => each === 'POST initialize').length
    await Promise.all([3, 4, 5, 6].map((n) => bridge.request(n, 'tools/call', call(n))))
    expect(far.seen.filter((each) => each === 'POST initialize').length).toBe(before + 1)
    expect(far.calls).toHaveLength(6)
    // The client opened one session, and hears of one.
    expect(bridge.said.filter((each) => 'id' in each && each.id === 'init')).toHaveLength(1)
  })

  test('hears what the server says unasked, before and after a restart', async () => {
    const bridge = bridgeTo(far.port)
    await bridge.initialize()
    await until(() => far.streamCount === 1)
    far.announceToolsChanged()
    await until(() => bridge.heard(CHANGED) === 1)
    const { port } = far
    await far.stop()
    far.forgetSessions()
    far = new FarEnd().start(port)
    await until(() => far.streamCount === 1, 15_000)
    // What was missed in between is to be looked up.
    await until(() => bridge.heard(CHANGED) === 2)
    far.announceToolsChanged()
    await until(() => bridge.heard(CHANGED) === 3)
  })

  test('is ended when the client closes its end', async () => {
    const bridge = bridgeTo(far.port)
    await bridge.initialize()
    await until(() => far.streamCount === 1)
    bridge.close()
    expect(await bridge.exited).toBe(0)
    expect(far.sessionCount).toBe(0)
  })
})

describe.each(['2025', '2026'] as const)('the link of a %s client', (generation) => {
  let far: FarEnd | ModernEnd
  let bridge: RawBridge
  const newEnd = () => (generation === '2025' ? new FarEnd() : new ModernEnd())
  const run = (id: number) =>
    bridge.request(id, 'tools/call', { ...call(id), ...(generation === '2026' ? { _meta: META } : {}) })

  /** And the bridge has noticed: what goes out on a connection that is just closing was sent. */
  const stopped = () => far.stop().then(() => Bun.sleep(200))

  beforeEach(async () => {
    far = newEnd().start(portOfOurOwn())
    bridge = bridgeTo(far.port)
    if (generation === '2025') await bridge.initialize()
  })
  afterEach(() => far.stop())

  test('that breaks under a call gives an error that says so, and the call is not sent again', async () => {
    let reached = 0
    far.act = () => {
      reached++
      return new Promise<never>(() => {})
    }
    const answer = run(1)
    await until(() => reached === 1)
    const { port } = far
    const { calls } = far
    await far.stop()
    const next = newEnd()
    next.start(port)
    far = next
    expect((await answer).error).toEqual(DROPPED)
    await Bun.sleep(1_000)
    expect(reached).toBe(1)
    expect(calls.length + next.calls.length).toBe(1)
    // And the next one goes through.
    expect((await run(2)).result).toMatchObject({ content: [{ type: 'text' }] })
    expect(next.calls).toHaveLength(1)
  })

  test('that is down when a call comes is waited for; it is sent once, when there is somebody to take it', async () => {
    const { port } = far
    await stopped()
    const answer = run(1)
    await Bun.sleep(1_500)
    const next = newEnd()
    next.start(port)
    far = next
    expect((await answer).result).toMatchObject({ content: [{ type: 'text' }] })
    expect(next.calls).toHaveLength(1)
  })

  test('to a proxy that has nobody behind it is no link: what became of the call is not known', async () => {
    const { port } = far
    await far.stop()
    const proxy = Bun.serve({ port, hostname: '127.0.0.1', fetch: () => new Response('<html>', { status: 502 }) })
    expect((await run(1)).error).toMatchObject({ message: expect.stringContaining('answered 502'), data: DROPPED.data })
    await proxy.stop(true)
  })

  test('that is down when a call comes, and is called off: the call is never sent', async () => {
    const { port } = far
    await stopped()
    void run(1).catch(() => {})
    await Bun.sleep(700)
    bridge.send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } })
    const answer = run(2)
    await Bun.sleep(300)
    const next = newEnd()
    next.start(port)
    far = next
    expect((await answer).result).toMatchObject({ content: [{ type: 'text' }] })
    await Bun.sleep(500)
    expect(next.calls.map(({ arguments: { n } }) => n)).toEqual([2])
    expect(bridge.said.some((each) => 'id' in each && each.id === 1)).toBe(false)
  })
})

test('a client of the newer generation goes on listening through a restart, and hears once that it may have missed something', async () => {
  let far = new ModernEnd().start(portOfOurOwn())
  const bridge = bridgeTo(far.port)
  const listen = { _meta: META, notifications: { toolsListChanged: true } }
  bridge.send({ jsonrpc: '2.0', id: 'l', method: 'subscriptions/listen', params: listen })
  const acknowledged = () => bridge.heard('notifications/subscriptions/acknowledged')
  await until(() => acknowledged() === 1)
  far.announceToolsChanged()
  await until(() => bridge.heard(CHANGED) === 1)
  const { port } = far
  await far.stop()
  far = new ModernEnd().start(port)
  await until(() => bridge.heard(CHANGED) === 2, 15_000)
  far.announceToolsChanged()
  await until(() => bridge.heard(CHANGED) === 3)
  expect(bridge.said.at(-1)).toMatchObject({ params: { _meta: { 'io.modelcontextprotocol/subscriptionId': 'l' } } })
  expect(acknowledged()).toBe(1)
  expect(bridge.said.some((each) => 'id' in each)).toBe(false)
  // Called off, it ends, and is not opened again.
  bridge.send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 'l' } })
  await Bun.sleep(200)
  far.announceToolsChanged()
  await Bun.sleep(200)
  expect(bridge.heard(CHANGED)).toBe(3)
  await far.stop()
})

test('a client that starts before the server does is answered once there is one', async () => {
  const port = await freePort()
  const bridge = bridgeTo(port)
  const answer = bridge.initialize()
  await Bun.sleep(1_000)
  const far = new FarEnd().start(port)
  expect((await answer).result).toMatchObject({ protocolVersion: expect.any(String) })
  await far.stop()
})

test('a server that stays away is given up after a while, and what was for it certainly not sent', async () => {
  const far = new FarEnd().start(portOfOurOwn())
  const older = bridgeTo(far.port)
  await older.initialize()
  await until(() => far.streamCount === 1)
  const newer = bridgeTo(far.port)
  await far.stop()
  const answers = [
    older.request(1, 'tools/call', call(1)),
    newer.request(1, 'tools/call', { ...call(1), _meta: META }),
    bridgeTo(far.port).initialize(),
  ]
  for (const { error } of await Promise.all(answers)) {
    expect(error).toEqual({
      code: -32000,
      message: expect.stringContaining('cannot be reached, and nothing was sent'),
      data: { 'agentport/outcome': 'failed' },
    })
  }
}, 30_000)
