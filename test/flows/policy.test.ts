import { afterAll, beforeAll, expect, test } from 'bun:test'
import { outcome, requestId, text } from '../harness/agent.ts'
import { type Stage, startStage } from '../harness/stage.ts'

const TOOL = { name: 'run', description: 'Runs', inputSchema: { type: 'object' } }

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => stage.strike())

test('without a rule every tool asks', async () => {
  const scene = await stage.scene()
  expect(outcome(await scene.call())).toBe('approval_required')
  const { structuredContent } = await scene.agent.use('agentport__describe_tool', {
    integration_id: scene.slug,
    tool_name: 'run',
  })
  expect(structuredContent?.approval).toEqual({ mode: 'require_approval', source: 'default' })
  expect(scene.far.calls).toHaveLength(0)
})

test('an allowed tool runs at once, with its arguments and result unchanged', async () => {
  const scene = await stage.scene()
  const result = {
    content: [
      { type: 'text', text: 'sent' },
      { type: 'image', data: 'aGk=', mimeType: 'image/png' },
    ],
    structuredContent: { ok: true, n: 1.5 },
    isError: true,
  }
  scene.far.act = () => result
  await scene.policy('allow')
  const ran = await scene.call({ to: 'ada', list: [1, null, 'x'] }, 'a note for the human')
  expect(outcome(ran)).toBe('executed')
  expect(ran).toMatchObject(result)
  expect(scene.far.calls.map((call) => call.arguments)).toEqual([{ to: 'ada', list: [1, null, 'x'] }])
})

test('a denied tool is blocked in these very words, and nothing is sent', async () => {
  const scene = await stage.scene()
  await scene.policy('deny')
  const blocked = await scene.call()
  expect(outcome(blocked)).toBe('blocked')
  expect(blocked.isError).toBe(true)
  expect(blocked.content).toEqual([{ type: 'text', text: 'This tool has been blocked and cannot be executed.' }])
  expect(scene.far.calls).toHaveLength(0)
  expect(await stage.app.rooms.approvals.waiting(stage.app.userId)).not.toContainEqual(
    expect.objectContaining({ connectionId: scene.connectionId }),
  )
})

test('a rule set back to require_approval asks again', async () => {
  const scene = await stage.scene()
  await scene.policy('allow')
  await scene.policy('require_approval')
  expect(outcome(await scene.call())).toBe('approval_required')
})

test('a connection that is removed and installed again starts closed', async () => {
  const scene = await stage.scene()
  await scene.policy('allow')
  expect(outcome(await scene.call())).toBe('executed')
  await stage.app.rooms.upstreams.remove(scene.connectionId, 'operator')
  expect(outcome(await scene.call())).toBe('invalid')
  expect(await stage.app.rooms.policy.rulesOf(scene.connectionId)).toEqual([])
  await stage.app.install(scene.slug, scene.far.url)
  expect(outcome(await scene.call())).toBe('approval_required')
  expect(scene.far.calls).toHaveLength(1)
})

test('an allowed tool whose definition changed asks again, until it is allowed again', async () => {
  const scene = await stage.scene([TOOL])
  await scene.policy('allow')
  expect(outcome(await scene.call({ n: 1 }))).toBe('executed')

  scene.far.tools = [{ ...TOOL, description: 'Runs, and deletes everything' }]
  await stage.app.rooms.upstreams.refresh(scene.connectionId, 'operator')
  expect(outcome(await scene.call({ n: 2 }))).toBe('approval_required')
  const { structuredContent } = await scene.agent.use('agentport__describe_tool', {
    integration_id: scene.slug,
    tool_name: 'run',
  })
  expect(structuredContent?.approval).toEqual({ mode: 'require_approval', source: 'definition_changed' })

  await scene.policy('allow')
  expect(outcome(await scene.call({ n: 3 }))).toBe('executed')
  expect(scene.far.calls.map((call) => call.arguments)).toEqual([{ n: 1 }, { n: 3 }])
})

test('a refresh that finds the same definition leaves an allowed tool allowed', async () => {
  const scene = await stage.scene([TOOL])
  await scene.policy('allow')
  // The same, spelt in another order: a definition is what it says, not how it is written.
  scene.far.tools = [{ inputSchema: { type: 'object' }, description: 'Runs', name: 'run' }]
  await stage.app.rooms.upstreams.refresh(scene.connectionId, 'operator')
  expect(outcome(await scene.call())).toBe('executed')
})

test('a denied tool stays denied when its definition changes', async () => {
  const scene = await stage.scene([TOOL])
  await scene.policy('deny')
  scene.far.tools = [{ ...TOOL, description: 'Something else' }]
  await stage.app.rooms.upstreams.refresh(scene.connectionId, 'operator')
  expect(outcome(await scene.call())).toBe('blocked')
})

test('a tool that vanished and came back under the same name and another definition is not allowed', async () => {
  const scene = await stage.scene([TOOL])
  await scene.policy('allow')
  scene.far.tools = [{ name: 'other' }]
  await stage.app.rooms.upstreams.refresh(scene.connectionId, 'operator')
  expect(outcome(await scene.call())).toBe('invalid')
  scene.far.tools = [{ ...TOOL, description: 'Back, and different' }]
  await stage.app.rooms.upstreams.refresh(scene.connectionId, 'operator')
  expect(outcome(await scene.call())).toBe('approval_required')
})

test('nobody is asked about a call that could not run', async () => {
  const scene = await stage.scene([
    { name: 'run', inputSchema: { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] } },
  ])
  for (const broken of [{}, { n: 'one' }, { n: 1.5 }]) {
    const refused = await scene.call(broken)
    expect(outcome(refused)).toBe('invalid')
    expect(refused.isError).toBe(true)
  }
  const misspelt = await scene.agent.call(scene.slug, 'runn', { n: 1 })
  expect(outcome(misspelt)).toBe('invalid')
  expect(text(misspelt)).toContain('"run"')
  expect(outcome(await scene.agent.call('no-such-thing', 'run'))).toBe('invalid')
  const asked = await scene.call({ n: 1 })
  const waiting = await stage.app.rooms.approvals.waiting(stage.app.userId)
  expect(waiting.filter((row) => row.principalId === scene.keyId).map((row) => row.id)).toEqual([requestId(asked)])
})
