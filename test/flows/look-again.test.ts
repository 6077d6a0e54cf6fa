import { afterAll, beforeAll, expect, test } from 'bun:test'
import { outcome, text } from '../harness/agent.ts'
import { until } from '../harness/everything.ts'
import { latch, MINUTE_MS, type Scene, type Stage, startStage } from '../harness/stage.ts'

const TOOL = { name: 'run', description: 'Runs', inputSchema: { type: 'object' } }

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => stage.strike())

const listings = (scene: Scene) => scene.far.seen.filter((line) => line.endsWith('tools/list')).length

/** An approval that is used when the stored definition is older than five minutes. */
async function approvedLongAgo(): Promise<{ scene: Scene; id: string; listed: number }> {
  const scene = await stage.scene([TOOL])
  const id = await scene.ask({ n: 1 })
  await stage.person.decide(id, 'once')
  const listed = listings(scene)
  await stage.clock.advance(5 * MINUTE_MS + 1)
  return { scene, id, listed }
}

test('a definition read in the last five minutes is not fetched again before an approved call', async () => {
  const scene = await stage.scene([TOOL])
  const id = await scene.ask()
  await stage.person.decide(id, 'once')
  const listed = listings(scene)
  await stage.clock.advance(5 * MINUTE_MS)
  expect(outcome(await scene.await(id))).toBe('executed')
  expect(listings(scene)).toBe(listed)
})

test('an older definition is fetched again, and the call runs when it is still the same', async () => {
  const { scene, id, listed } = await approvedLongAgo()
  expect(outcome(await scene.await(id))).toBe('executed')
  expect(listings(scene)).toBe(listed + 1)
  expect(scene.far.calls).toHaveLength(1)
})

test('an older definition that turns out changed voids the approval before anything runs', async () => {
  const { scene, id } = await approvedLongAgo()
  scene.far.tools = [{ ...TOOL, description: 'Runs, and deletes everything' }]
  const expired = await scene.await(id)
  expect(outcome(expired)).toBe('expired')
  expect(text(expired)).toContain('definition of the tool changed')
  expect(scene.far.calls).toHaveLength(0)
})

test('repeating the call takes the same look as awaiting it', async () => {
  const { scene } = await approvedLongAgo()
  scene.far.tools = [{ ...TOOL, description: 'Runs, and deletes everything' }]
  expect(outcome(await scene.call({ n: 1 }))).toBe('expired')
  expect(scene.far.calls).toHaveLength(0)
})

test('when the server cannot be asked the call fails for now, and the approval still holds', async () => {
  const { scene, id } = await approvedLongAgo()
  scene.far.refuse = () => new Response('down', { status: 503 })
  const failed = await scene.await(id)
  expect(outcome(failed)).toBe('failed')
  expect(failed.isError).toBe(true)
  expect(text(failed)).toContain('The approval still holds')
  expect(text(failed)).toContain('It may be repeated')
  expect((await stage.row(id)).state).toBe('approved')
  expect(scene.far.calls).toHaveLength(0)

  scene.far.refuse = null
  expect(outcome(await scene.await(id))).toBe('executed')
  expect(scene.far.calls).toHaveLength(1)
})

test('an allowed call is not held up by an old definition', async () => {
  const scene = await stage.scene([TOOL])
  await scene.policy('allow')
  const listed = listings(scene)
  await stage.clock.advance(5 * MINUTE_MS + 1)
  expect(outcome(await scene.call())).toBe('executed')
  expect(listings(scene)).toBe(listed)
})

test('an agent that goes away while the definition is looked at claims nothing: the approval is still there', async () => {
  const { scene, id } = await approvedLongAgo()
  const gate = latch()
  let asked = false
  scene.far.refuse = async () => {
    asked = true
    await gate.opened
    return null
  }
  const gone = new AbortController()
  const waiting = scene.agent.await(id, 20, { signal: gone.signal }).catch((error: unknown) => error)
  await until(() => asked)
  gone.abort()
  expect(await waiting).toBeInstanceOf(Error)
  await Bun.sleep(50)
  gate.open()
  await until(
    async () => (await stage.app.rooms.upstreams.findById(scene.connectionId))?.toolsFetchedAt === stage.clock.now(),
  )
  await Bun.sleep(30)
  expect((await stage.row(id)).state).toBe('approved')
  expect(scene.far.calls).toHaveLength(0)
  expect(outcome(await scene.await(id))).toBe('executed')
})

test('a refusal that arrives while the definition is looked at is obeyed', async () => {
  const { scene, id } = await approvedLongAgo()
  scene.far.refuse = async () => {
    scene.far.refuse = null
    await scene.policy('deny')
    return null
  }
  expect(outcome(await scene.await(id))).toBe('expired')
  expect(scene.far.calls).toHaveLength(0)
})
