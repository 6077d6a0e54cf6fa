import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Agent, connectAgent, outcome, requestId } from '../harness/agent.ts'
import { programBuilt } from '../harness/binary.ts'
import { until } from '../harness/everything.ts'
import { FarEnd } from '../harness/far-end.ts'
import { Person } from '../harness/person.ts'
import { type Program, run, type Server, serveProgram } from '../harness/program.ts'
import { tempDir } from '../harness/temp-dir.ts'

// Operator commands are processes of their own; the server must feel what they did without being told.

const PASSWORD = 'a good long password'
const data = tempDir()
const far = new FarEnd([{ name: 'pay' }, { name: 'refund' }])
let program: Program
let server: Server
let agent: Agent
let key: { id: string; key: string }

const admin = async (...args: string[]) => {
  const { code, stdout, stderr } = await run(['admin', ...args, '--data', data.path], { program })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return stdout
}
const addBank = (slug: string) =>
  admin('integration', 'add', 'custom', '--as', slug, '--url', far.url, '--no-auth', '--allow-private-network')

beforeAll(async () => {
  far.start()
  program = await programBuilt()
  server = await serveProgram(['--data', data.path, '--port', '0'], { program })
  await run(['admin', 'user', 'add', 'me@example.org', '--password-stdin', '--data', data.path], {
    program,
    stdin: PASSWORD,
  })
  key = JSON.parse(await admin('key', 'create', 'agent', '--json'))
  agent = await connectAgent(server.origin, key.key)
  await addBank('bank')
}, 60_000)
afterAll(async () => {
  await agent.close().catch(() => {})
  expect(await server.end()).toBe(0)
  await far.stop()
  data.remove()
})

test('an integration added is there for the agent at once, and gone at once when removed', async () => {
  await addBank('second')
  const installed = async () =>
    JSON.stringify((await agent.use('agentport__list_installed_integrations')).structuredContent)
  expect(await installed()).toContain('"second"')
  const asked = requestId(await agent.call('second', 'pay', { last: true }))
  await admin('integration', 'remove', 'second')
  expect(await installed()).not.toContain('"second"')
  expect(outcome(await agent.call('second', 'pay'))).toBe('invalid')
  expect(outcome(await agent.await(asked, 1))).toBe('expired')
})

describe('a policy set at the command line', () => {
  test('holds for the very next call', async () => {
    expect(outcome(await agent.call('bank', 'pay', { n: 1 }))).toBe('approval_required')
    await admin('policy', 'set', 'bank', 'pay', 'allow')
    expect(outcome(await agent.call('bank', 'pay', { n: 2 }))).toBe('executed')
    await admin('policy', 'set', 'bank', 'pay', 'deny')
    expect(outcome(await agent.call('bank', 'pay', { n: 3 }))).toBe('blocked')
    await admin('policy', 'set', 'bank', 'pay', 'require_approval')
  })

  test('to deny wakes the agent that waits, which then knows that it is over', async () => {
    const waiting = agent.await(requestId(await agent.call('bank', 'refund', { n: 1 })), 30)
    const before = performance.now()
    await admin('policy', 'set', 'bank', 'refund', 'deny')
    const result = await waiting
    expect(outcome(result)).toBe('expired')
    expect(JSON.stringify(result.content)).toContain('The tool was set to deny.')
    expect(performance.now() - before).toBeLessThan(10_000)
  })
})

test('links that commands print lead to the origin of the running server', async () => {
  expect(await admin('user', 'reset-password', 'me@example.org')).toContain(`${server.origin}/setup?token=`)
})

test('a password set at the command line ends the session in the browser', async () => {
  const person = await new Person(server.origin, 'me@example.org', PASSWORD).signIn()
  expect((await person.get('/')).status).toBe(200)
  const second = 'another good password'
  await run(['admin', 'user', 'reset-password', 'me@example.org', '--password-stdin', '--data', data.path], {
    program,
    stdin: second,
  })
  expect((await person.get('/')).status).toBe(303)
  await new Person(server.origin, 'me@example.org', second).signIn()
})

test('a backup can be made, a restore or a rotation is refused', async () => {
  const file = join(data.path, 'copy.db')
  await admin('backup', file)
  expect(existsSync(file)).toBe(true)
  for (const args of [['restore', file], ['rotate-key']]) {
    const { code, stderr } = await run(['admin', ...args, '--data', data.path], { program })
    expect(code).toBe(1)
    expect(stderr).toContain('A server runs on this data directory')
  }
  expect((await fetch(`${server.origin}/health`)).status).toBe(200)
})

test('a key revoked at the command line is refused at once, its wait ends and its request is void', async () => {
  const { id, key: second } = JSON.parse(await admin('key', 'create', 'short-lived', '--json')) as {
    id: string
    key: string
  }
  const other = await connectAgent(server.origin, second)
  const asked = requestId(await other.call('bank', 'pay', { n: 9 }))
  const waiting = other.await(asked, 30).catch((error: Error) => error)
  await admin('key', 'revoke', id)
  const answer = await fetch(`${server.origin}/mcp`, { method: 'POST', headers: { 'x-api-key': second }, body: '{}' })
  expect(answer.status).toBe(401)
  const ended = await waiting
  if (!(ended instanceof Error)) expect(outcome(ended)).toBe('expired')
  await until(async () => (await admin('audit', 'export')).includes('The agent that asked was revoked.'))
  await other.close().catch(() => {})
  expect(outcome(await agent.call('bank', 'pay', { n: 10 }))).toBe('approval_required')
})
