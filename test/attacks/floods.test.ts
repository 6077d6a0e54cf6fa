import { afterAll, beforeAll, describe, expect, spyOn, test } from 'bun:test'
import { join } from 'node:path'
import { connectAgent, outcome, requestId } from '../harness/agent.ts'
import { EMAIL, PASSWORD, startApp } from '../harness/app.ts'
import { startEmptyApp } from '../harness/empty-app.ts'
import { FarEnd } from '../harness/far-end.ts'
import { Person } from '../harness/person.ts'
import { type Served, spawnServe } from '../harness/served.ts'
import { allRows } from '../harness/tables.ts'
import { tempDir } from '../harness/temp-dir.ts'
import { MODERN, Wire } from '../harness/wire.ts'
import type { Flood, Flooded } from './flooder.ts'

const data = tempDir()
const far = new FarEnd([{ name: 'run' }, { name: 'gated' }])
let server: Served
let flooding: string
let quiet: string

beforeAll(async () => {
  far.start()
  const app = await startApp({ dataDir: data.path })
  await app.install('bank', far.url)
  await app.setPolicy('bank', 'run', 'allow')
  flooding = (await app.newKey('flooding')).key
  quiet = (await app.newKey('quiet')).key
  await app.stop()
  server = await spawnServe(data.path)
})
afterAll(async () => {
  await server.stop()
  await far.stop()
  data.remove()
})

/** A call of 2026-07-28, which is answered as an event stream. */
function callRequest(key: string): string {
  const meta = {
    'io.modelcontextprotocol/protocolVersion': MODERN,
    'io.modelcontextprotocol/clientInfo': { name: 'flood', version: '1' },
    'io.modelcontextprotocol/clientCapabilities': {},
  }
  const name = 'agentport__call_tool'
  const params = { _meta: meta, name, arguments: { integration_id: 'bank', tool_name: 'run', arguments: {} } }
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params })
  return [
    'POST /mcp HTTP/1.1',
    `Host: ${new URL(server.origin).host}`,
    `X-API-Key: ${key}`,
    'Content-Type: application/json',
    'Accept: application/json, text/event-stream',
    `MCP-Protocol-Version: ${MODERN}`,
    'Mcp-Method: tools/call',
    `Mcp-Name: ${name}`,
    `Content-Length: ${body.length}`,
    '',
    body,
  ].join('\r\n')
}

async function flood(given: Omit<Flood, 'port'>): Promise<Flooded> {
  const argument = JSON.stringify({ ...given, port: Number(new URL(server.origin).port) })
  const child = Bun.spawn([process.execPath, join(import.meta.dir, 'flooder.ts'), argument], { stdout: 'pipe' })
  return JSON.parse(await new Response(child.stdout).text())
}

/** Milliseconds of each of `act`, one after the other, until `end`. */
async function times(act: () => Promise<void>, end: Promise<unknown>): Promise<number[]> {
  let over = false
  void end.then(() => {
    over = true
  })
  const taken: number[] = []
  while (!over) {
    const from = performance.now()
    await act()
    taken.push(performance.now() - from)
    await Bun.sleep(20)
  }
  return taken.toSorted((a, b) => a - b)
}
const p95 = (sorted: number[]) => sorted[Math.floor(sorted.length * 0.95)] ?? Number.POSITIVE_INFINITY

describe('while one key floods over 500 connections', () => {
  test('another key’s calls and a person’s page stay quick and none fails, and the flood gets proper answers', async () => {
    const agent = await connectAgent(server.origin, quiet)
    const person = await new Person(server.origin, EMAIL, PASSWORD).signIn()
    await agent.call('bank', 'run')
    const storm = flood({ connections: 500, ms: 2_000, request: callRequest(flooding) })
    await Bun.sleep(300)
    const [calls, pages, flooded] = await Promise.all([
      times(async () => expect(outcome(await agent.call('bank', 'run'))).toBe('executed'), storm),
      times(async () => expect((await person.get('/')).status).toBe(200), storm),
      storm,
    ])
    // On a slow machine everybody is slower, but nobody as slow as the flood is to itself.
    const quick = Math.max(250, flooded.medianMs)
    expect(p95(calls)).toBeLessThan(quick)
    expect(p95(pages)).toBeLessThan(quick)
    expect(calls[calls.length >> 1]).toBeLessThan(flooded.medianMs / 2)
    expect(flooded.improper).toEqual([])
    expect(flooded.closed).toBe(0)
    expect(Object.keys(flooded.statuses).filter((status) => !['200', '429'].includes(status))).toEqual([])
    expect(flooded.statuses['200']).toBeGreaterThan(500)
    await agent.close()
  }, 20_000)
})

test('a crowd beyond 2,000 in line is told at once to come again, and everybody else is served', async () => {
  const storm = flood({ connections: 2_600, ms: 1_500, request: callRequest(flooding) })
  await Bun.sleep(500)
  const person = await new Person(server.origin, EMAIL, PASSWORD).signIn()
  expect((await person.get('/')).status).toBe(200)
  const flooded = await storm
  expect(Object.keys(flooded.statuses).toSorted()).toEqual(['200', '429'])
  expect(flooded.improper).toEqual([])
}, 20_000)

test('a key with hundreds of open waits is not in its own way', async () => {
  const agent = await connectAgent(server.origin, flooding)
  const asked = requestId(await agent.call('bank', 'gated'))
  const client = new AbortController()
  const wire = new Wire(server.origin, flooding)
  const args = `{"name":"agentport__await_approval","arguments":{"request_id":"${asked}","timeout_seconds":60}}`
  const options = { name: 'agentport__await_approval', signal: client.signal }
  const waits = await Promise.all(Array.from({ length: 200 }, () => wire.modern('tools/call', args, options)))
  expect(waits.map((each) => each.status)).toEqual(Array(200).fill(200))
  const took: number[] = []
  for (let i = 0; i < 20; i++) {
    const from = performance.now()
    expect(outcome(await agent.call('bank', 'run'))).toBe('executed')
    took.push(performance.now() - from)
  }
  // Waits that counted would hold the line up for good.
  expect(Math.max(...took)).toBeLessThan(1_000)
  client.abort()
  await agent.close()
}, 20_000)

describe('strangers cost next to nothing', () => {
  test('a wrong key is hashed fast, writes nothing and waits for nobody', async () => {
    const app = await startApp()
    const slowHash = spyOn(Bun.password, 'verify')
    const before = allRows(app.dataDir)
    const answers = await Promise.all(
      Array.from({ length: 500 }, (_, i) =>
        new Wire(app.origin, `ap_${String(i).padEnd(43, 'A')}`).request('tools/list'),
      ),
    )
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([401]))
    expect(slowHash).not.toHaveBeenCalled()
    expect(allRows(app.dataDir)).toEqual(before)
    slowHash.mockRestore()
    await app.stop()
  })

  test('sign-ins from everywhere at once are hashed two at a time, and the owner gets in', async () => {
    const app = await startEmptyApp({ environment: { AGENTPORT_TRUSTED_PROXIES: '127.0.0.0/8,::1/128' } })
    await app.serving.rooms.identity.humans.addUser(EMAIL, PASSWORD, 'operator')
    const verify = Bun.password.verify
    let running = 0
    let most = 0
    const counted = spyOn(Bun.password, 'verify').mockImplementation(async (...args) => {
      most = Math.max(most, ++running)
      return verify(...args).finally(() => running--)
    })
    const stranger = new Person(app.origin, EMAIL, PASSWORD)
    const guess = (i: number) =>
      stranger.post('/sign-in', { email: EMAIL, password: 'wrong' }, { 'x-forwarded-for': `198.51.100.${i}` })
    const answers = await Promise.all(Array.from({ length: 100 }, (_, i) => guess(i)))
    const statuses = answers.map((answer) => answer.status)
    expect(new Set(statuses)).toEqual(new Set([401, 429]))
    expect(most).toBe(2)
    // Two hashed and 32 in line; the others were told to come again.
    expect(counted.mock.calls.length).toBeLessThan(60)
    expect((await new Person(app.origin, EMAIL, PASSWORD).signIn()).cookie).not.toBe('')
    counted.mockRestore()
    await app.stop()
  }, 20_000)
})
