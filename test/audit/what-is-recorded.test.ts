import { Database } from 'bun:sqlite'
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { outcome, requestId } from '../harness/agent.ts'
import { PASSWORD } from '../harness/app.ts'
import { FarEnd } from '../harness/far-end.ts'
import { operatorCommand } from '../harness/operator.ts'
import { type Stage, startStage } from '../harness/stage.ts'

const TOKEN = 'upstream-token-c0ffee-1'
const SECOND_TOKEN = 'upstream-token-c0ffee-2'
const EXTRA = 'second-header-c0ffee'

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => stage.strike())

const recorded = (subject: string) =>
  [...stage.app.rooms.audit.events()]
    .filter((event) => event.subject === subject)
    .map(({ name, actor, details }) => ({ name, actor, details: JSON.parse(details) as Record<string, unknown> }))

test('a call is recorded at each step: who asked, who decided, when it ran and how it ended', async () => {
  const scene = await stage.scene()
  const id = await scene.ask({ n: 1 }, 'because')
  await stage.person.decide(id, 'once')
  await scene.await(id)
  const row = await stage.row(id)
  const agent = `api_key:${scene.keyId}` as const
  const person = `user:${stage.app.userId}` as const
  expect(recorded(id).map(({ name, actor }) => [name, actor])).toEqual([
    ['call.asked', agent],
    ['call.approved', person],
    ['call.started', agent],
    ['call.executed', 'system'],
  ])
  expect(recorded(id)[0]?.details).toMatchObject({ connection: scene.slug, tool: 'run', arguments: row.argumentsHash })
  expect(recorded(id)[3]?.details).toMatchObject({ result: row.resultHash, isError: false })
  expect(row.result).not.toBeNull()
})

test('a call is in the record before it reaches the upstream', async () => {
  const scene = await stage.scene()
  await scene.policy('allow')
  let before: string[] = []
  scene.far.act = async () => {
    const [row] = await stage.app.rooms.approvals.recent(stage.app.userId, 1)
    before = recorded(row?.id ?? '').map((event) => event.name)
    return { content: [] }
  }
  const ran = await scene.call({ n: 1 })
  expect(before).toEqual(['call.started'])
  expect(recorded(requestId(ran)).map((event) => event.name)).toEqual(['call.started', 'call.executed'])
})

test('what is refused, expires, fails or ends unknown is recorded too', async () => {
  const scene = await stage.scene()
  const names = (id: string) => recorded(id).map((event) => event.name)
  const ends: [act: () => Response, word: string][] = [
    [() => new Response(null, { status: 403 }), 'failed'],
    [() => new Response(null, { status: 500 }), 'unknown'],
  ]
  for (const [act, word] of ends) {
    scene.far.act = act
    const id = await scene.ask({ word })
    await stage.person.decide(id, 'once')
    expect(outcome(await scene.await(id))).toBe(word)
    expect(names(id)).toEqual(['call.asked', 'call.approved', 'call.started', `call.${word}`])
  }
  const voided = await scene.ask({ n: 1 })
  await scene.policy('deny')
  expect(names(voided)).toEqual(['call.asked', 'call.expired'])
  const blocked = await scene.call({ n: 2 })
  expect(names(requestId(blocked))).toEqual(['call.refused'])
  expect(recorded(requestId(blocked))[0]?.details).toMatchObject({ outcome: 'blocked' })
})

test('the record holds digests, never arguments, notes, reasons or results', async () => {
  const scene = await stage.scene()
  scene.far.act = () => ({ content: [{ type: 'text', text: 'RESULT-WORD' }] })
  const id = await scene.ask({ secret: 'ARGUMENT-WORD' }, 'NOTE-WORD')
  await stage.person.decide(id, 'once')
  await scene.await(id)
  const denied = await scene.ask({ secret: 'ARGUMENT-WORD', again: true })
  await stage.person.decide(denied, 'deny', 'REASON-WORD')
  const record = JSON.stringify([...stage.app.rooms.audit.events()])
  for (const word of ['ARGUMENT-WORD', 'NOTE-WORD', 'REASON-WORD', 'RESULT-WORD']) expect(record).not.toContain(word)
})

test('a credential is in no log entry, no output and, unsealed, nowhere in the data directory', async () => {
  const far = new FarEnd().start()
  const { upstreams } = stage.app.rooms
  const place = { header: 'X-Token', format: 'Key {token}' }
  const credentials = { token: TOKEN, extra: { 'X-Extra': EXTRA } }
  await upstreams.add({
    userId: stage.app.userId,
    slug: 'secret',
    integrationId: 'custom',
    name: 'Secret',
    url: far.url,
    auth: { method: 'token', place, credentials },
    allowPrivateNetwork: true,
    actor: 'operator',
  })
  const key = await stage.app.newKey('holder of a key')
  const agent = await stage.app.agent('v2-2026', key.key)
  for (const act of [
    () => ({ content: [] }),
    () => new Response(null, { status: 401 }),
    () => new Response('x', { status: 500 }),
  ]) {
    far.act = act
    const asked = await agent.call('secret', 'run', { n: far.calls.length })
    await stage.person.decide(requestId(asked), 'once')
    await agent.await(requestId(asked))
  }
  expect(far.calls[0]?.headers.get('x-token')).toBe(`Key ${TOKEN}`)
  expect(far.calls[0]?.headers.get('x-extra')).toBe(EXTRA)
  await upstreams.setCredentials(stage.app.userId, 'secret', { token: SECOND_TOKEN, extra: {} }, 'operator')
  far.refuse = () => new Response(`your token ${SECOND_TOKEN} is bad`, { status: 401 })
  await upstreams.refresh((await upstreams.find(stage.app.userId, 'secret'))?.id ?? '', 'operator').catch(() => {})
  await stage.app.rooms.identity.agents.revoke(stage.app.userId, key.id, 'operator')

  const { stdout, stderr, code } = await operatorCommand(stage.app.dataDir, ['admin', 'audit', 'export'])
  expect(code).toBe(0)
  expect(stdout.trim().split('\n').length).toBeGreaterThan(20)
  const listed = await operatorCommand(stage.app.dataDir, ['admin', 'integration', 'list', '--json'])
  const file = new Database(join(stage.app.dataDir, 'agentport.db'), { readonly: true })
  const requests = JSON.stringify(file.query('SELECT * FROM requests').all())
  file.close()
  const bytes = readdirSync(stage.app.dataDir)
    .filter((name) => name.startsWith('agentport.db'))
    .map((name) => readFileSync(join(stage.app.dataDir, name)).toString('latin1'))
    .join('')
  for (const credential of [TOKEN, SECOND_TOKEN, EXTRA, key.key, stage.person.cookie.split('=')[1] ?? '', PASSWORD]) {
    expect(credential.length).toBeGreaterThan(10)
    for (const text of [stdout, stderr, listed.stdout, requests, bytes]) expect(text.includes(credential)).toBe(false)
  }
  await agent.close()
  await far.stop()
}, 20_000)
