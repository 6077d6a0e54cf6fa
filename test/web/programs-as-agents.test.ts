import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { JsonObject } from '../../src/lib/json.ts'
import { requestId } from '../harness/agent.ts'
import { OAuthProgram } from '../harness/oauth-program.ts'
import { MINUTE_MS, type Scene, type Stage, startStage } from '../harness/stage.ts'
import { Wire } from '../harness/wire.ts'

// A program that signed in is an agent like any other on the pages, but for its name, which it chose itself.

const CLAIMED = 'Clau\u200bde'
let stage: Stage
let scene: Scene
let program: { id: string; ask(args: JsonObject): Promise<string> }

beforeAll(async () => {
  stage = await startStage()
  scene = await stage.scene()
  program = await signIn()
})
afterAll(() => stage.strike())

const agents = () => stage.app.rooms.identity.agents
const owner = () => `user:${stage.app.userId}` as const

async function signIn() {
  const signing = new OAuthProgram(stage.app.origin)
  await signing.register({ client_name: CLAIMED })
  const { access_token } = await signing.signIn(stage.person)
  const agent = (await agents().list(stage.app.userId)).find(({ clientId }) => clientId === signing.clientId)
  const wire = new Wire(stage.app.origin, access_token)
  return {
    id: agent?.id ?? '',
    ask: async (args: JsonObject) => requestId(await wire.call('2026', scene.slug, 'run', JSON.stringify(args))),
  }
}

async function log(query = '') {
  const html = (await (await stage.person.get(`/log${query}`)).text()).replaceAll('&amp;', '&')
  const groups = [...html.matchAll(/<optgroup label="([^"]+)">(.*?)<\/optgroup>/g)].map(
    ([, label = '', options = '']): [string, string[]] => [
      label,
      [...options.matchAll(/<option value="([^"]+)"[^>]*>([^<]*)<\/option>/g)].map(([, , words = '']) => words),
    ],
  )
  return { groups, calls: [...html.matchAll(/href="\/approve\/([0-9a-z]+)"/g)].map(([, id]) => id) }
}

test('the page of a request says that a key asks, or a program whose name is its own claim', async () => {
  const byKey = await stage.page(await scene.ask({ by: 'key' }))
  expect(byKey.text).toContain('agent 1 wants to run run on far-1.')
  expect(byKey.text).toContain('AgentAPI key, says it’s test-agent 2.0')
  const { text } = await stage.page(await program.ask({ by: 'program' }))
  expect(text).toContain('signed-in program, the name is its own claim')
  expect(text).not.toContain('API key')
  expect(text).toContain('ClauU+200Bde')
})

test('a program that its owner has renamed goes by that name, and its own is shown beside it', async () => {
  await agents().rename(stage.app.userId, program.id, 'The one on my laptop', owner())
  const { text } = await stage.page(await program.ask({ by: 'renamed program' }))
  expect(text).toContain('The one on my laptop wants to run')
  expect(text).toContain('signed-in program that calls itself ClauU+200Bde')
  await agents().rename(stage.app.userId, program.id, CLAIMED, owner())
})

test('the log offers keys and programs apart, each sign-in for itself, with what hides in a name written out', async () => {
  await stage.clock.advance(MINUTE_MS)
  const later = await signIn()
  await agents().revoke(stage.app.userId, later.id, owner())
  const since = (at: number) => new Date(at).toISOString().slice(0, 16).replace('T', ' ')
  const now = stage.clock.now()
  expect((await log()).groups).toEqual([
    ['API keys', ['agent 1']],
    [
      'Signed-in programs',
      [`Clau[U+200B]de, since ${since(now)} UTC, ended`, `Clau[U+200B]de, since ${since(now - MINUTE_MS)} UTC`],
    ],
  ])
})

test('the log is filtered by a program as by a key', async () => {
  const asked = await program.ask({ by: 'filtered program' })
  const { calls } = await log(`?agent=${program.id}`)
  expect(calls[0]).toBe(asked)
  expect(calls).toHaveLength(3)
  expect((await log(`?agent=${scene.keyId}`)).calls).toHaveLength(1)
})
