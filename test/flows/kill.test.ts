import { afterAll, beforeAll, beforeEach, expect, setDefaultTimeout, test } from 'bun:test'
import { silentLogger } from '../../src/lib/logger.ts'
import { buildRooms, type Rooms } from '../../src/server/server.ts'
import { type Agent, connectAgent, outcome, requestId, text } from '../harness/agent.ts'
import { until } from '../harness/everything.ts'
import { FarEnd, hang } from '../harness/far-end.ts'
import { operatorCommand } from '../harness/operator.ts'
import { type Served, spawnServe } from '../harness/served.ts'
import { latch } from '../harness/stage.ts'
import { tempDir } from '../harness/temp-dir.ts'
import { newestRows } from '../harness/whole-rows.ts'

// Each test starts a server process or several, which takes seconds on a busy machine.
setDefaultTimeout(30_000)

/** The server is a process of its own that is killed without warning; the far end lives here and counts. */
let dir: ReturnType<typeof tempDir>
let far: FarEnd
let server: Served
let agent: Agent
let userId: string
let key: string
/** For looking and deciding from outside: rooms over the same directory, as an operator command has them. */
let rooms: Rooms
let connectionId: string

beforeAll(async () => {
  dir = tempDir()
  far = new FarEnd([{ name: 'run' }, { name: 'allowed' }]).start()
  rooms = buildRooms({ dataDir: dir.path, masterKey: null, logger: silentLogger })
  userId = (await rooms.identity.humans.addUser('owner@example.org', 'correct horse battery', 'operator')).id
  key = (await rooms.identity.agents.createKey(userId, 'agent', 'operator')).key
  const { connection } = await rooms.upstreams.add({
    userId,
    slug: 'far',
    integrationId: 'custom',
    name: 'far',
    url: far.url,
    auth: { method: 'none' },
    allowPrivateNetwork: true,
    actor: 'operator',
  })
  connectionId = connection.id
  const lookup = await rooms.upstreams.tool(userId, 'far', 'allowed')
  if (lookup.found !== 'tool') throw new Error('The far end has lost its tool')
  const { definitionHash } = lookup.handle
  await rooms.policy.set({
    userId,
    connectionId,
    toolName: 'allowed',
    definitionHash,
    mode: 'allow',
    actor: 'operator',
  })
  await start()
})
afterAll(async () => {
  await server.killHard()
  await rooms.upstreams.close()
  rooms.store.close()
  await far.stop()
  dir.remove()
})
beforeEach(() => {
  far.calls.length = 0
  far.act = () => ({ content: [{ type: 'text', text: 'done' }] })
  far.refuse = null
})

async function start() {
  server = await spawnServe(dir.path)
  agent = await connectAgent(server.origin, key)
}
async function killAndRestart() {
  await server.killHard()
  await start()
}
const approve = (id: string) => rooms.approvals.decide(userId, id, { mode: 'once' })
const state = async (id: string) => (await rooms.approvals.find(userId, id))?.request.state
async function ask(n: number): Promise<string> {
  const asked = await agent.call('far', 'run', { n })
  expect(outcome(asked)).toBe('approval_required')
  return requestId(asked)
}
/** A wait that dies with its server. */
const awaitInVain = (id: string) => void agent.await(id, 60).catch(() => {})

test('killed while a request waits: it still waits, and can still be approved and run, once', async () => {
  const id = await ask(1)
  awaitInVain(id)
  await Bun.sleep(50)
  await killAndRestart()
  const still = await agent.await(id, 1)
  expect(outcome(still)).toBe('pending')
  await approve(id)
  expect(outcome(await agent.await(id))).toBe('executed')
  expect(far.calls).toHaveLength(1)
})

test('killed right after the approval: the approval holds, and the call runs once', async () => {
  const id = await ask(2)
  await approve(id)
  await killAndRestart()
  expect(await state(id)).toBe('approved')
  expect(far.calls).toHaveLength(0)
  expect(outcome(await agent.await(id))).toBe('executed')
  expect(far.calls).toHaveLength(1)
})

test('killed after the claim and before anything was sent: unknown, and never run by itself', async () => {
  const id = await ask(3)
  // A new process has no session with the far end yet, and gets none: so it claims, and cannot send.
  await killAndRestart()
  const gate = latch()
  const held: (string | null)[] = []
  far.refuse = async (request) => {
    held.push(((await request.json()) as { method?: string }).method ?? null)
    await gate.opened
    return new Response(null, { status: 503 })
  }
  await approve(id)
  awaitInVain(id)
  await until(() => held.length > 0)
  expect(await state(id)).toBe('executing')
  await server.killHard()
  expect(held).not.toContain('tools/call')
  gate.open()
  far.refuse = null
  await start()
  await expectUnknownForEver(id, 3, 0)
})

test('killed during the upstream call: unknown, and never a second run', async () => {
  const id = await ask(4)
  far.act = async (call) => {
    await hang(call)
    return { content: [] }
  }
  await approve(id)
  awaitInVain(id)
  await until(() => far.calls.length === 1)
  await killAndRestart()
  far.act = () => ({ content: [] })
  await expectUnknownForEver(id, 4, 1)
})

test('killed when the upstream was done but its answer not stored yet: unknown, and never a second run', async () => {
  const id = await ask(5)
  far.act = async () => {
    await server.killHard()
    return { content: [{ type: 'text', text: 'done, but nobody heard it' }] }
  }
  await approve(id)
  awaitInVain(id)
  await until(() => far.calls.length === 1)
  await server.killHard()
  far.act = () => ({ content: [] })
  await start()
  await expectUnknownForEver(id, 5, 1)
})

test('killed after the end was stored: the executed result is still there, and nothing runs again', async () => {
  const id = await ask(6)
  await approve(id)
  expect(outcome(await agent.await(id))).toBe('executed')
  await killAndRestart()
  const again = await agent.await(id)
  expect(outcome(again)).toBe('executed')
  expect(text(again)).toBe('done')
  expect(far.calls).toHaveLength(1)
})

test('killed during an allowed call: the log says that its end is not known', async () => {
  far.act = async (call) => {
    await hang(call)
    return { content: [] }
  }
  void agent.call('far', 'allowed', { n: 7 }).catch(() => {})
  await until(() => far.calls.length === 1)
  await killAndRestart()
  const [row] = await newestRows(rooms.approvals, userId, 1)
  expect(row).toMatchObject({ toolName: 'allowed', arguments: '{"n":7}', state: 'unknown', outcome: 'unknown' })
  await Bun.sleep(50)
  // Named by their arguments, so that a failure says which call it was.
  expect(far.calls.map((call) => [call.name, call.arguments])).toEqual([['allowed', { n: 7 }]])
})

test('killed at any moment of many calls: no call reaches the upstream twice', async () => {
  for (const delayMs of [0, 8, 25]) {
    far.calls.length = 0
    const ids = await Promise.all([10, 11, 12, 13].map((n) => ask(n * 1000 + delayMs)))
    for (const id of ids) await approve(id)
    for (const id of ids) awaitInVain(id)
    await Bun.sleep(delayMs)
    await killAndRestart()
    for (const id of ids) {
      const word = outcome(await agent.await(id))
      expect(['executed', 'unknown']).toContain(word as string)
      // Asked again, it is what it was.
      expect(outcome(await agent.await(id))).toBe(word)
    }
    const seen = far.calls.map((call) => call.arguments.n)
    expect(new Set(seen).size).toBe(seen.length)
  }
})

test('after all these kills the record still holds', async () => {
  const verified = await operatorCommand(dir.path, ['admin', 'audit', 'verify'])
  expect(verified.stderr).toBe('')
  expect(verified.code).toBe(0)
  expect(verified.stdout).toContain('The log holds')
})

async function expectUnknownForEver(id: string, n: number, runs: number) {
  for (let i = 0; i < 2; i++) {
    const told = await agent.await(id)
    expect(outcome(told)).toBe('unknown')
    expect(told.isError).toBe(true)
    expect(text(told)).toContain('AgentPort stopped while the call was running')
    expect(text(told)).toContain('may have taken effect')
    expect(requestId(told)).toBe(id)
  }
  // A decision after the fact changes nothing, and the same call is a new question.
  expect((await approve(id)).decided).toBe(false)
  const again = await agent.call('far', 'run', { n })
  expect(outcome(again)).toBe('approval_required')
  expect(requestId(again)).not.toBe(id)
  expect(far.calls).toHaveLength(runs)
}
