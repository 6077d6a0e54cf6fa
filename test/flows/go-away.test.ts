import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { GENERATIONS, outcome, requestId, text } from '../harness/agent.ts'
import { until } from '../harness/everything.ts'
import type { FarCall } from '../harness/far-end.ts'
import { latch, type Scene, type Stage, startStage } from '../harness/stage.ts'
import { ACCEPT_BOTH, Wire } from '../harness/wire.ts'

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => stage.strike())

/** Begins a call of one of our tools, and gives the way to go away from it in the middle. */
type Begin = (scene: Scene, tool: string, args: object) => Promise<{ goAway(): void; over: Promise<unknown> }>

/** A bare HTTP client that says nothing when it leaves: its connection just ends. */
const bare =
  (generation: '2025' | '2026'): Begin =>
  async (scene, tool, args) => {
    const wire = new Wire(stage.app.origin, scene.key)
    const leave = new AbortController()
    const params = JSON.stringify({ name: tool, arguments: args })
    if (generation === '2025') await wire.initialize()
    const answer =
      generation === '2026'
        ? wire.modern('tools/call', params, { name: tool, signal: leave.signal })
        : fetch(`${stage.app.origin}/mcp`, {
            method: 'POST',
            headers: {
              accept: ACCEPT_BOTH,
              'content-type': 'application/json',
              'x-api-key': scene.key,
              'mcp-session-id': wire.session ?? '',
            },
            body: `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":${params}}`,
            signal: leave.signal,
          })
    const over = answer.then((response) => response.text()).catch((error: unknown) => error)
    return { goAway: () => leave.abort(), over }
  }

const CLIENTS: [string, Begin][] = [
  ...GENERATIONS.map((generation): [string, Begin] => [
    `the ${generation} client, by cancelling`,
    async (scene, tool, args) => {
      const client = await scene.client(generation)
      const leave = new AbortController()
      const over = client.use(tool, { ...args }, { signal: leave.signal }).catch((error: unknown) => error)
      return { goAway: () => leave.abort(), over }
    },
  ]),
  ['a bare 2025 client, by hanging up', bare('2025')],
  ['a bare 2026 client, by hanging up', bare('2026')],
]

const awaiting = (id: string, seconds = 30) => ({ request_id: id, timeout_seconds: seconds })

/** Makes the far end's calls last until they are cancelled or released. */
function hold(scene: Scene) {
  const gate = latch()
  scene.far.act = async (call: FarCall) => {
    const cancelled = new Promise<void>((resolve) => call.cancelled.addEventListener('abort', () => resolve()))
    await Promise.race([gate.opened, cancelled])
    return { content: [{ type: 'text', text: 'really done' }] }
  }
  return gate
}

const waits = (seconds: number) => stage.clock.due.includes(stage.clock.now() + seconds * 1000)

describe.each(CLIENTS)('%s', (_, begin) => {
  test('leaving a pending request ends the wait and leaves the request to the human', async () => {
    const scene = await stage.scene()
    const id = await scene.ask()
    const { goAway, over } = await begin(scene, 'agentport__await_approval', awaiting(id))
    await until(() => waits(30))
    goAway()
    await over
    await until(() => !waits(30))
    expect((await stage.row(id)).state).toBe('pending')

    await stage.person.decide(id, 'once')
    await Bun.sleep(30)
    expect(scene.far.calls).toHaveLength(0)
    expect(outcome(await scene.await(id))).toBe('executed')
    expect(scene.far.calls).toHaveLength(1)
  })

  test('leaving while the approved call runs cancels it upstream, and its end is unknown and stays so', async () => {
    const scene = await stage.scene()
    const gate = hold(scene)
    const id = await scene.ask({ n: 1 })
    await stage.person.decide(id, 'once')
    const { goAway, over } = await begin(scene, 'agentport__await_approval', awaiting(id))
    await until(() => scene.far.calls.length === 1)
    goAway()
    await over
    await until(() => scene.far.calls[0]?.cancelled.aborted)
    await until(async () => (await stage.row(id)).state === 'unknown')
    gate.open()

    const unknown = await scene.await(id)
    expect(outcome(unknown)).toBe('unknown')
    expect(unknown.isError).toBe(true)
    expect(text(unknown)).toContain('may have taken effect')
    expect(scene.far.calls).toHaveLength(1)
  })

  test('leaving an allowed call cancels it upstream, and the log says that its end is not known', async () => {
    const scene = await stage.scene()
    hold(scene)
    await scene.policy('allow')
    const call = { integration_id: scene.slug, tool_name: 'run', arguments: { n: 1 } }
    const { goAway, over } = await begin(scene, 'agentport__call_tool', call)
    await until(() => scene.far.calls.length === 1)
    goAway()
    await over
    await until(() => scene.far.calls[0]?.cancelled.aborted)
    const row = await until(async () => {
      const recent = await stage.app.rooms.approvals.recent(stage.app.userId, 1)
      return recent.find((each) => each.state === 'unknown')
    })
    expect(row.principalId).toBe(scene.keyId)
  })

  test('while another poller still waits, leaving does not cancel the run, and the other gets the result', async () => {
    const scene = await stage.scene()
    const gate = hold(scene)
    const id = await scene.ask()
    await stage.person.decide(id, 'once')
    const leaving = await begin(scene, 'agentport__await_approval', awaiting(id, 30))
    await until(() => scene.far.calls.length === 1)
    const staying = scene.await(id, 25)
    await stage.waiting(25)
    leaving.goAway()
    await leaving.over
    await until(() => !waits(30))
    await Bun.sleep(20)
    expect(scene.far.calls[0]?.cancelled.aborted).toBe(false)
    expect(scene.far.cancellations).toEqual([])
    gate.open()
    const done = await staying
    expect(outcome(done)).toBe('executed')
    expect(text(done)).toBe('really done')
    expect(scene.far.calls).toHaveLength(1)
  })
})

test('an upstream that answers in spite of the cancellation changes nothing that was told', async () => {
  const scene = await stage.scene()
  const gate = latch()
  scene.far.act = async () => {
    await gate.opened
    return { content: [{ type: 'text', text: 'done all the same' }] }
  }
  const id = await scene.ask()
  await stage.person.decide(id, 'once')
  const leave = new AbortController()
  const leaving = scene.agent.await(id, 30, { signal: leave.signal }).catch(() => null)
  await until(() => scene.far.calls.length === 1)
  leave.abort()
  await leaving
  await until(async () => (await stage.row(id)).state !== 'executing')
  const told = await scene.await(id)
  gate.open()
  await Bun.sleep(50)
  const again = await scene.await(id)
  expect(outcome(told)).toBe('unknown')
  expect([outcome(again), text(again)]).toEqual([outcome(told), text(told)])
})

test('a client that leaves between the approval and the claim uses nothing up', async () => {
  const scene = await stage.scene()
  const id = await scene.ask({ n: 1 })
  const leave = new AbortController()
  const leaving = scene.agent.await(id, 30, { signal: leave.signal }).catch(() => null)
  await until(() => waits(30))
  leave.abort()
  await leaving
  await until(() => !waits(30))
  await stage.person.decide(id, 'once')
  await Bun.sleep(50)
  expect((await stage.row(id)).state).toBe('approved')
  const repeated = await scene.call({ n: 1 })
  expect(requestId(repeated)).toBe(id)
  expect(outcome(repeated)).toBe('executed')
  expect(scene.far.calls).toHaveLength(1)
})
