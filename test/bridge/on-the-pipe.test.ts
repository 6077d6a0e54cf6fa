import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { type App, startApp } from '../harness/app.ts'
import { programBuilt } from '../harness/binary.ts'
import { until } from '../harness/everything.ts'
import { FarEnd } from '../harness/far-end.ts'
import { isAlive, type Program, run, surroundings } from '../harness/program.ts'
import { RawBridge } from '../harness/raw-bridge.ts'
import { tempDir } from '../harness/temp-dir.ts'

let program: Program
let app: App
let env: Record<string, string>
let bridge: RawBridge
const far = new FarEnd().start()

beforeAll(async () => {
  program = await programBuilt()
  app = await startApp()
  await app.install('bank', far.url)
  await app.setPolicy('bank', 'run', 'allow')
  env = { AGENTPORT_API_KEY: (await app.newKey()).key, AGENTPORT_INSTANCE_URL: app.origin, HOME: app.dataDir }
}, 60_000)
beforeEach(() => {
  bridge = new RawBridge(program, env)
})
afterEach(async () => {
  bridge.kill('SIGKILL')
  await bridge.exited
})
afterAll(async () => {
  await app.stop()
  await far.stop()
})

const toolCall = (args: string) =>
  `{"name":"agentport__call_tool","arguments":{"integration_id":"bank","tool_name":"run","arguments":${args}}}`

const NOBODY = {
  'io.modelcontextprotocol/clientInfo': { name: 'x', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
}

test('a line that is no message is answered as that, an empty one is nothing, and the bridge goes on', async () => {
  bridge.write('{"jsonrpc":\n\n  \nnull\n')
  await until(() => bridge.said.length === 2)
  for (const each of bridge.said) expect(each).toMatchObject({ id: null, error: { code: -32700 } })
  expect((await bridge.initialize()).result).toBeObject()
})

test('a message may come in pieces, cut through a letter, and end in CRLF', async () => {
  await bridge.initialize()
  const bytes = Buffer.from(`{"jsonrpc":"2.0","id":"é","method":"ping"}\r\n`)
  const cut = bytes.indexOf(0xc3) + 1
  bridge.write(bytes.subarray(0, cut) as unknown as string)
  await Bun.sleep(50)
  bridge.write(bytes.subarray(cut) as unknown as string)
  expect((await bridge.answer('é')).result).toEqual({})
})

test('a batch of the oldest generation is answered by a batch, and a wrong one in it spoils no other', async () => {
  await bridge.initialize('2025-03-26')
  bridge.send([
    { jsonrpc: '2.0', id: 1, method: 'ping' },
    { jsonrpc: '2.0', method: 'notifications/roots/list_changed' },
    { jsonrpc: '2.0', id: 2, method: 'no/such' },
    { jsonrpc: '2.0', id: 3, method: 'tools/list' },
  ])
  const batch = await until(() => bridge.said.find((each) => Array.isArray(each)))
  const answers = new Map((batch as { id: number; error?: object }[]).map((each) => [each.id, each]))
  expect([...answers.keys()].toSorted()).toEqual([1, 2, 3])
  expect(answers.get(2)?.error).toMatchObject({ code: -32601 })
})

test('numbers go on as they were written: what the gateway cannot keep exactly it refuses, and nothing is rounded on the way', async () => {
  await bridge.initialize()
  const before = far.calls.length
  bridge.write(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":${toolCall('{"n":9007199254740993}')}}\n`)
  const { result } = await bridge.answer(1)
  expect(result).toMatchObject({ isError: true, _meta: { 'agentport/outcome': 'invalid' } })
  expect(JSON.stringify(result)).toContain('9007199254740993')
  expect(far.calls.length).toBe(before)
})

test('a message too long for the gateway is refused, and its sender told', async () => {
  await bridge.initialize()
  bridge.write(
    `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":${toolCall(`{"s":"${'x'.repeat(5_000_000)}"}`)}}\n`,
  )
  expect((await bridge.answer(1)).error).toMatchObject({
    message: expect.stringContaining('larger than 4194304 bytes'),
  })
  expect((await bridge.request(2, 'ping')).result).toEqual({})
})

test('requests that are piped in at once are answered, and then it ends', async () => {
  const lines = [
    {
      id: 0,
      method: 'initialize',
      params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'x', version: '1' } },
    },
    { method: 'notifications/initialized' },
    { id: 1, method: 'tools/list' },
  ].map((each) => JSON.stringify({ jsonrpc: '2.0', ...each }))
  const { code, stdout, stderr } = await run(['bridge'], { program, env, stdin: lines.join('\n') })
  expect([code, stderr]).toEqual([0, ''])
  expect(
    stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).id),
  ).toEqual([0, 1])
})

test('without a key it does not start, and says so on stderr alone', async () => {
  const { code, stdout, stderr } = await run(['bridge'], { program, env: { HOME: app.dataDir } })
  expect([code, stdout]).toEqual([1, ''])
  expect(stderr).toStartWith('Not signed in. Set AGENTPORT_API_KEY, or')
})

describe('the end of its client', () => {
  test('closing the pipe ends it at once, while it listens, with nothing on stderr', async () => {
    await bridge.initialize()
    const began = performance.now()
    bridge.close()
    expect(await bridge.exited).toBe(0)
    expect(performance.now() - began).toBeLessThan(1_500)
    expect(bridge.stderr()).toBe('')
  })

  test.each(['SIGTERM', 'SIGINT'] as const)('%s ends it at once, also while a call is under way', async (signal) => {
    await bridge.initialize()
    far.act = () => new Promise<never>(() => {})
    const before = far.calls.length
    bridge.write(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":${toolCall('{}')}}\n`)
    await until(() => far.calls.length > before)
    const began = performance.now()
    bridge.kill(signal)
    expect(await bridge.exited).toBe(0)
    expect(performance.now() - began).toBeLessThan(2_000)
    far.act = () => ({ content: [] })
  })

  test.each(['closes the pipe', 'sends SIGTERM'])(
    'a client that reads no more, and %s, does not hold it',
    async (how) => {
      const folder = tempDir()
      const unread = join(folder.path, 'unread')
      Bun.spawnSync(['mkfifo', unread])
      const fd = openSync(unread, 'r+')
      const child = Bun.spawn([...program, 'bridge'], { stdin: 'pipe', stdout: fd, env: surroundings(env) })
      try {
        const before = far.calls.length
        far.act = () => ({ content: [{ type: 'text', text: 'x'.repeat(1_000_000) }] })
        const meta = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' }
        const call = { ...JSON.parse(toolCall('{}')), _meta: { ...meta, ...NOBODY } }
        child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: call })}\n`)
        child.stdin.flush()
        await until(() => far.calls.length > before)
        // More than a pipe holds is on its way.
        await Bun.sleep(500)
        if (how === 'closes the pipe') child.stdin.end()
        else child.kill('SIGTERM')
        expect(await Promise.race([child.exited, Bun.sleep(10_000).then(() => 'it hangs')])).toBe(0)
      } finally {
        child.kill('SIGKILL')
        far.act = () => ({ content: [] })
        closeSync(fd)
        folder.remove()
      }
    },
  )

  test.each(['idle', 'calling', 'never read'])(
    'a client that is killed, %s, leaves no process behind',
    async (state) => {
      const folder = tempDir()
      const script = join(folder.path, 'client.ts')
      const initialize = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'x', version: '1' } }
      // A client as a host has it: it starts the bridge, says hello, maybe calls, and is killed without a word.
      await Bun.write(
        script,
        `const bridge = Bun.spawn(${JSON.stringify([...program, 'bridge'])}, { stdin: 'pipe', stdout: 'pipe', stderr: 'ignore' })
       const send = (message) => { bridge.stdin.write(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\\n'); bridge.stdin.flush() }
       send({ id: 0, method: 'initialize', params: ${JSON.stringify(initialize)} })
       if (${state !== 'never read'}) await bridge.stdout.getReader().read()
       send({ method: 'notifications/initialized' })
       if (${state === 'calling'}) send({ id: 1, method: 'tools/call', params: ${toolCall('{}')} })
       console.log(bridge.pid)
       await Bun.sleep(60_000)`,
      )
      const before = far.calls.length
      far.act = () => new Promise<never>(() => {})
      const client = Bun.spawn([process.execPath, script], { stdout: 'pipe', env: surroundings(env) })
      const { value } = await client.stdout.getReader().read()
      const pid = Number(new TextDecoder().decode(value))
      expect(isAlive(pid)).toBe(true)
      if (state === 'calling') await until(() => far.calls.length > before)
      client.kill('SIGKILL')
      await until(() => !isAlive(pid), 3_000)
      far.act = () => ({ content: [] })
      folder.remove()
    },
  )
})
