import { afterAll, beforeAll, expect, test } from 'bun:test'
import { LogTail } from '../../src/cli/log-tail.ts'
import { type Agent, requestId } from '../harness/agent.ts'
import { type App, EMAIL, startApp } from '../harness/app.ts'
import { until } from '../harness/everything.ts'
import { FarEnd } from '../harness/far-end.ts'
import { operatorCommand } from '../harness/operator.ts'
import { FROM_SOURCE } from '../harness/program.ts'

/** There are two users here. */
const LOG = ['admin', 'log', '--user', EMAIL]
let app: App
let agent: Agent
const far = new FarEnd([{ name: 'pay' }, { name: 'list' }])

beforeAll(async () => {
  far.start()
  app = await startApp()
  await app.install('bank', far.url)
  await app.setPolicy('bank', 'list', 'allow')
  agent = await app.agent()
})
afterAll(async () => {
  await agent.close()
  await app.stop()
  await far.stop()
})

const said = (calls: { toolName: string; state: string }[]) =>
  calls.map(({ toolName, state }) => `${toolName} ${state}`)

test('what is new or has come further is told once for each state, also when it began long before', async () => {
  const tail = new LogTail(app.rooms.approvals, app.userId)
  const old = requestId(await agent.call('bank', 'pay', { n: 1 }))
  await agent.call('bank', 'list')
  expect(said(await tail.begin(1))).toEqual(['list executed'])
  expect(await tail.next()).toEqual([])
  const fresh = requestId(await agent.call('bank', 'pay', { n: 2 }))
  expect(said(await tail.next())).toEqual(['pay pending'])
  const person = await app.person()
  await person.decide(old, 'deny')
  await person.decide(fresh, 'once')
  expect(said(await tail.next())).toEqual(['pay denied', 'pay approved'])
  await agent.await(fresh)
  expect(said(await tail.next())).toEqual(['pay executed'])
  expect(await tail.next()).toEqual([])
})

test('a tail that begins with nothing still tells all that comes', async () => {
  const other = await app.rooms.identity.humans.addUser('other@example.org', null, 'operator')
  const tail = new LogTail(app.rooms.approvals, other.id)
  expect(await tail.begin(20)).toEqual([])
  expect(await tail.next()).toEqual([])
  const { key } = await app.rooms.identity.agents.createKey(other.id, 'theirs', 'operator')
  const theirs = await app.agent('v2-2026', key)
  await theirs.call('bank', 'pay')
  expect(said(await tail.next())).toEqual(['pay refused'])
  await theirs.close()
})

test('more calls than a page between two looks are all told', async () => {
  const tail = new LogTail(app.rooms.approvals, app.userId)
  await tail.begin(0)
  for (let n = 0; n < 120; n++) await agent.call('bank', 'list', { n })
  expect(await tail.next()).toHaveLength(120)
})

test('the command prints the newest as lines or as JSON, and refuses a limit that is none', async () => {
  const { code, stdout, stderr } = await operatorCommand(app.dataDir, [...LOG, '--limit', '2'])
  expect([code, stderr]).toEqual([0, ''])
  expect(stdout.trimEnd().split('\n')).toEqual([
    expect.stringMatching(/^\d{4}-\S+Z {2}bank list {2}by test agent {2}executed, \d+ ms$/),
    expect.stringMatching(/bank list/),
  ])
  const json = await operatorCommand(app.dataDir, [...LOG, '--limit', '1', '--json'])
  expect(JSON.parse(json.stdout)).toMatchObject({ state: 'executed', integration_id: 'bank', tool_name: 'list' })
  for (const limit of ['-1', '1001', 'x', '1.5']) {
    const refused = await operatorCommand(app.dataDir, [...LOG, `--limit=${limit}`])
    expect([refused.code, refused.stdout]).toEqual([1, ''])
    expect(refused.stderr).toContain('--limit takes a whole number from 0 to 1000.')
  }
})

test('followed, it tells of a call while it waits and when it is over, and Ctrl-C ends it with code 0', async () => {
  const command = [...FROM_SOURCE, ...LOG, '--follow', '--limit', '1', '--data', app.dataDir]
  const child = Bun.spawn(command, { stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' })
  let stdout = ''
  const read = (async () => {
    for await (const chunk of child.stdout) stdout += new TextDecoder().decode(chunk)
  })()
  await until(() => stdout.includes('bank list'), 15_000)
  const asked = requestId(await agent.call('bank', 'pay', { followed: true }))
  await until(() => stdout.includes('bank pay  by test agent  pending'))
  await (await app.person()).decide(asked, 'deny')
  await until(() => stdout.includes('denied, decided: deny'))
  child.kill('SIGINT')
  expect(await child.exited).toBe(0)
  await read
  expect(stdout.trimEnd().split('\n')).toHaveLength(3)
  expect(await new Response(child.stderr).text()).toBe('')
})
