import { afterAll, beforeAll, expect, test } from 'bun:test'
import { outcome, requestId, text } from '../harness/agent.ts'
import { type Scene, type Stage, startStage } from '../harness/stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => stage.strike())

const uninstall = (scene: Scene) => scene.agent.use('agentport__uninstall_integration', { integration_id: scene.slug })

test('an agent’s uninstall waits for a human, and then forgets connection, tools and policies', async () => {
  const scene = await stage.scene()
  await scene.policy('allow')
  const asked = await uninstall(scene)
  expect(outcome(asked)).toBe('approval_required')
  expect(text(asked)).toContain(`${stage.app.origin}/approve/${requestId(asked)}`)
  expect(outcome(await scene.call())).toBe('executed')

  await stage.person.decide(requestId(asked), 'once')
  const done = await scene.await(requestId(asked))
  expect(outcome(done)).toBe('executed')
  expect(done.structuredContent).toMatchObject({ integration_id: scene.slug, installed: false })
  expect(outcome(await scene.call())).toBe('invalid')
  // The lost reply of an uninstall is there as well.
  expect(outcome(await scene.await(requestId(asked)))).toBe('executed')
  await stage.app.install(scene.slug, scene.far.url)
  expect(outcome(await scene.call())).toBe('approval_required')
})

test('uninstalling voids what waits for that connection', async () => {
  const scene = await stage.scene()
  const id = await scene.ask()
  const asked = await uninstall(scene)
  await stage.person.decide(requestId(asked), 'once')
  expect(outcome(await scene.await(requestId(asked)))).toBe('executed')
  expect(outcome(await scene.await(id))).toBe('expired')
})

test('a denied uninstall removes nothing and says why', async () => {
  const scene = await stage.scene()
  const asked = await uninstall(scene)
  await stage.person.decide(requestId(asked), 'deny', 'I need it.')
  const denied = await scene.await(requestId(asked))
  expect(outcome(denied)).toBe('denied')
  expect(text(denied)).toContain('I need it.')
  expect(outcome(await scene.call())).toBe('approval_required')
})

test('uninstalling can never be allowed for ever', async () => {
  const scene = await stage.scene()
  const asked = await uninstall(scene)
  expect((await (await stage.person.get(`/approve/${requestId(asked)}`)).text()).includes('value="always"')).toBe(false)
  expect((await stage.person.decide(requestId(asked), 'always')).status).toBe(400)
  expect((await stage.row(requestId(asked))).state).toBe('pending')
})

test('an uninstall that was approved is for that installation, not for a later one of the same name', async () => {
  const scene = await stage.scene()
  const asked = await uninstall(scene)
  await stage.person.decide(requestId(asked), 'once')
  await stage.app.rooms.upstreams.remove(scene.connectionId, 'operator')
  await stage.app.install(scene.slug, scene.far.url)
  expect(outcome(await scene.await(requestId(asked)))).toBe('expired')
  expect(outcome(await scene.call())).toBe('approval_required')
})

test('what is not installed cannot be asked about', async () => {
  const scene = await stage.scene()
  const refused = await scene.agent.use('agentport__uninstall_integration', { integration_id: 'nothing-here' })
  expect(outcome(refused)).toBe('invalid')
  expect(refused.isError).toBe(true)
})
