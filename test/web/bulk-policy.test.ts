import { afterAll, beforeAll, beforeEach, expect, test } from 'bun:test'
import type { ApprovalMode, SetPolicy } from '../../src/policy/policy.ts'
import { outcome } from '../harness/agent.ts'
import { type Scene, type Stage, startStage } from '../harness/stage.ts'
import { allRows } from '../harness/tables.ts'

const TOOLS = [
  { name: 'list', annotations: { readOnlyHint: true } },
  { name: 'get', annotations: { readOnlyHint: true, destructiveHint: false } },
  { name: 'create', annotations: { readOnlyHint: false, destructiveHint: false } },
  { name: 'erase', annotations: { destructiveHint: true } },
  { name: 'feigns', annotations: { readOnlyHint: true, destructiveHint: true } },
  { name: 'silent' },
]

let stage: Stage
let scene: Scene
beforeAll(async () => {
  stage = await startStage()
})
beforeEach(async () => {
  scene = await stage.scene(TOOLS)
})
afterAll(() => stage.strike())

const path = (query = '') => `/connections/${scene.slug}/bulk${query}`
const asked = async (query: string) => (await stage.person.get(path(query))).text()
const text = async (answer: Response) => (await answer.text()).replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ')
/** The definitions that a page has ticked. */
const ticked = (html: string) =>
  [...html.matchAll(/name="\w+" value="([0-9a-f]{64})" checked/g)].map(([, hash]) => hash)
const form = (mode: string, hashes: (string | undefined)[]) =>
  new URLSearchParams(hashes.map((hash): [string, string] => [mode, hash ?? '']))
async function modes() {
  const { policy, upstreams } = stage.app.rooms
  const listed = await upstreams.tools(scene.connectionId)
  return Object.fromEntries(
    listed.map(({ definition: { name: toolName }, definitionHash }) => [
      toolName,
      policy.decide({ userId: stage.app.userId, connectionId: scene.connectionId, toolName, definitionHash }).mode,
    ]),
  )
}
const ASK = 'require_approval'
const ALL_ASK: { [tool: string]: ApprovalMode } = {
  list: ASK,
  get: ASK,
  create: ASK,
  erase: ASK,
  feigns: ASK,
  silent: ASK,
}
const refresh = () => stage.app.rooms.upstreams.refresh(scene.connectionId, 'operator')

test('the page names exactly the tools that would be set, and sets none', async () => {
  await stage.app.setPolicy(scene.slug, 'get', 'allow')
  const before = allRows(stage.app.dataDir)
  const html = await asked('?mode=allow&group=reads')
  expect(html).toContain('This tool will run without asking')
  expect(ticked(html)).toHaveLength(1)
  expect(ticked(await asked('?mode=allow'))).toHaveLength(5)
  expect(ticked(await asked('?mode=allow&filter=era'))).toHaveLength(1)
  expect(ticked(await asked('?mode=deny&policy=allow'))).toHaveLength(1)
  expect(await asked('?mode=allow&policy=allow')).toContain('Nothing to set')
  expect((await stage.person.get(path('?mode=everything'))).status).toBe(400)
  expect(allRows(stage.app.dataDir)).toEqual(before)
})

test('allowing all that only read sets those alone, and an agent’s next call runs', async () => {
  const answer = await stage.person.post(path(), form('allow', ticked(await asked('?mode=allow&group=reads'))))
  expect(answer.status).toBe(200)
  expect(await text(answer)).toContain('2 tools may run without asking now: list get')
  expect(await modes()).toEqual({ ...ALL_ASK, list: 'allow', get: 'allow' })
  expect(outcome(await scene.agent.call(scene.slug, 'get'))).toBe('executed')
  expect(outcome(await scene.agent.call(scene.slug, 'feigns'))).toBe('approval_required')
})

test('a tick that is taken away leaves its tool as it was', async () => {
  const [first] = ticked(await asked('?mode=allow&group=reads'))
  await stage.person.post(path(), form('allow', [first]))
  expect(await modes()).toEqual({ ...ALL_ASK, list: 'allow' })
})

test('what a server changed meanwhile is not allowed but named, and the rest is set', async () => {
  const hashes = ticked(await asked('?mode=allow&group=reads'))
  scene.far.tools = TOOLS.map((tool) => (tool.name === 'get' ? { ...tool, description: 'Gets it all' } : tool))
  await refresh()
  const words = await text(await stage.person.post(path(), form('allow', hashes)))
  expect(words).toContain('since you saw it: get')
  expect(words).toContain('1 tool may run without asking now: list')
  expect(await modes()).toEqual({ ...ALL_ASK, list: 'allow' })
})

test('what has gone meanwhile is named too', async () => {
  const hashes = ticked(await asked('?mode=deny&group=destroys'))
  scene.far.tools = TOOLS.filter(({ name }) => name !== 'erase')
  await refresh()
  const words = await text(await stage.person.post(path(), form('deny', hashes)))
  expect(words).toContain('since you saw it: erase')
  expect((await modes()).feigns).toBe('deny')
})

test('a server cannot escape a deny by changing its tool, and what waited for it is void', async () => {
  const waits = await scene.agent.call(scene.slug, 'erase')
  const hashes = ticked(await asked('?mode=deny&group=destroys'))
  scene.far.tools = TOOLS.map((tool) => (tool.name === 'erase' ? { ...tool, description: 'Harmless now' } : tool))
  await refresh()
  await stage.person.post(path(), form('deny', hashes))
  expect(await modes()).toEqual({ ...ALL_ASK, erase: 'deny', feigns: 'deny' })
  expect(outcome(waits)).toBe('approval_required')
  expect(outcome(await scene.agent.call(scene.slug, 'erase'))).toBe('blocked')
})

test('changed, or hiding text from people, a tool has no tick before its owner gives it one', async () => {
  await stage.app.setPolicy(scene.slug, 'list', 'allow')
  scene.far.tools = TOOLS.map((tool) =>
    tool.name === 'list'
      ? { ...tool, description: 'Another' }
      : tool.name === 'get'
        ? { ...tool, description: 'Gets\u200b it' }
        : tool,
  )
  await refresh()
  const html = await asked('?mode=allow&group=reads')
  expect(ticked(html)).toEqual([])
  expect(html).toContain('Its server changed it.')
  expect(html).toContain('Its definition hides text from people.')
  expect(ticked(await asked('?mode=deny&group=reads'))).toHaveLength(2)
})

test('undo puts each back as it was', async () => {
  await stage.app.setPolicy(scene.slug, 'list', 'allow')
  await stage.app.setPolicy(scene.slug, 'erase', 'deny')
  const answer = await stage.person.post(path(), form(ASK, ticked(await asked(`?mode=${ASK}`))))
  expect(await modes()).toEqual(ALL_ASK)
  const undo = [...(await answer.text()).matchAll(/name="(\w+)" value="([0-9a-f]{64})"/g)]
  await stage.person.post(
    path(),
    new URLSearchParams(undo.map(([, name = '', hash = '']): [string, string] => [name, hash])),
  )
  expect(await modes()).toEqual({ ...ALL_ASK, list: 'allow', erase: 'deny' })
})

test('to take a deny back does not allow what its server made of a tool that was allowed', async () => {
  await stage.app.setPolicy(scene.slug, 'erase', 'allow')
  const hashes = ticked(await asked('?mode=deny&filter=erase'))
  scene.far.tools = TOOLS.map((tool) => (tool.name === 'erase' ? { ...tool, description: 'Erases it all' } : tool))
  await refresh()
  const answer = await stage.person.post(path(), form('deny', hashes))
  expect((await modes()).erase).toBe('deny')
  const undo = [...(await answer.text()).matchAll(/name="(\w+)" value="([0-9a-f]{64})"/g)]
  expect(undo).toHaveLength(1)
  await stage.person.post(
    path(),
    new URLSearchParams(undo.map(([, name = '', hash = '']): [string, string] => [name, hash])),
  )
  expect((await modes()).erase).toBe(ASK)
})

test('what its owner denied is not allowed among others without a tick of its own', async () => {
  await stage.app.setPolicy(scene.slug, 'get', 'deny')
  const html = await asked('?mode=allow&group=reads')
  expect(html).toContain('You denied it.')
  expect(ticked(html)).toHaveLength(1)
  await stage.person.post(path(), form('allow', ticked(html)))
  expect(await modes()).toEqual({ ...ALL_ASK, list: 'allow', get: 'deny' })
  expect(ticked(await asked('?mode=allow&policy=deny'))).toHaveLength(1)
})

test('nothing, too much or nonsense is refused, and sets nothing', async () => {
  const other = await stage.scene([{ name: 'list', description: 'Another server’s' }])
  const [foreign] = await stage.app.rooms.upstreams.tools(other.connectionId)
  const before = allRows(stage.app.dataDir, ['sessions'])
  for (const sent of [
    form('allow', []),
    form('allow', ['f'.repeat(64)]),
    form('allow', Array(101).fill('x')),
    form('x', ['x']),
  ])
    expect((await stage.person.post(path(), sent)).status).toBe(400)
  // A definition of another connection is none of this one’s, whatever its name.
  const words = await text(await stage.person.post(path(), form('allow', [foreign?.definitionHash])))
  expect(words).toContain('Nothing was set')
  expect(allRows(stage.app.dataDir, ['sessions'])).toEqual(before)
})

test('no key, token or page elsewhere sets anything', async () => {
  const hashes = ticked(await asked('?mode=allow&group=reads'))
  const body = form('allow', hashes)
  body.set('origin_proof', stage.person.proof)
  const { personalTokens } = stage.app.rooms.identity
  const { token } = await personalTokens.create(stage.app.userId, { name: 't', scope: 'tighten', lifetimeMs: 60_000 })
  for (const headers of [{ 'x-api-key': scene.key }, { authorization: `Bearer ${token}` }, {}]) {
    const answer = await fetch(stage.app.origin + path(), {
      method: 'POST',
      headers: { ...headers, 'sec-fetch-site': 'same-origin' },
      body,
      redirect: 'manual',
    })
    expect(answer.headers.get('location')).toStartWith('/sign-in')
  }
  for (const from of ['cross-site', 'same-site', 'none'])
    expect((await stage.person.post(path(), body, { 'sec-fetch-site': from })).status).toBe(403)
  body.set('origin_proof', 'x'.repeat(43))
  const unproven = await stage.person.post(path(), body)
  expect(unproven.status).toBe(403)
  expect(await text(unproven)).toContain('Allow: 2 tools')
  expect(await modes()).toEqual(ALL_ASK)
})

test('rules that are set together are set whole or not at all', async () => {
  const { policy, upstreams } = stage.app.rooms
  const listed = await upstreams.tools(scene.connectionId)
  const changes = listed.map(
    ({ definition, definitionHash }): SetPolicy => ({
      userId: stage.app.userId,
      connectionId: scene.connectionId,
      toolName: definition.name,
      definitionHash,
      mode: 'allow',
      actor: 'operator',
    }),
  )
  let stop = false
  policy.onSet((_, { toolName }) => {
    if (stop && toolName === 'silent') throw new Error('the disk is full')
  })
  stop = true
  await expect(policy.setMany(changes, () => true)).rejects.toThrow('the disk is full')
  stop = false
  expect(await modes()).toEqual(ALL_ASK)
  expect(await policy.setMany(changes, ({ toolName }) => toolName !== 'get')).toHaveLength(5)
  expect((await modes()).get).toBe(ASK)
})
