import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'bun:test'
import { sql } from 'drizzle-orm'
import { type Agent, outcome, text } from '../harness/agent.ts'
import { type App, startApp } from '../harness/app.ts'
import { until } from '../harness/everything.ts'
import { FarEnd } from '../harness/far-end.ts'
import { ModernEnd } from '../harness/modern-end.ts'

let app: App
let agent: Agent
let modern: ModernEnd
let slug = ''
let nth = 0

beforeAll(async () => {
  app = await startApp()
  agent = await app.agent()
})
afterAll(async () => {
  await agent.close()
  await app.stop()
})
/** Each test has a server and a connection of its own. */
beforeEach(async () => {
  modern = new ModernEnd().start()
  slug = `modern${++nth}`
  await app.install(slug, modern.url)
  await app.setPolicy(slug, 'run', 'allow')
})
afterEach(() => modern.stop())

const run = () => agent.call(slug, 'run', { a: 'ü', n: 1 })
const hasTool = async (name: string) => (await app.rooms.upstreams.tool(app.userId, slug, name)).found === 'tool'

test('a server of 2026-07-28 is called without a handshake, with the headers of its protocol', async () => {
  modern.seen.length = 0
  expect(text(await run())).toBe('run done')
  expect(modern.calls[0]?.arguments).toEqual({ a: 'ü', n: 1 })
  expect(modern.calls[0]?.headers.get('mcp-protocol-version')).toBe('2026-07-28')
  expect(modern.calls[0]?.headers.get('mcp-name')).toBe('run')
  expect(modern.seen.filter((each) => each !== 'POST subscriptions/listen')).toEqual(['POST tools/call'])
})

test('tools whose names are beyond ASCII are called as well', async () => {
  modern.tools = [{ name: 'übersetzen 翻訳', inputSchema: { type: 'object' } }]
  await app.install('wide', modern.url)
  await app.setPolicy('wide', 'übersetzen 翻訳', 'allow')
  expect(text(await agent.call('wide', 'übersetzen 翻訳', {}))).toBe('übersetzen 翻訳 done')
})

test('all pages of its tools are read', async () => {
  modern.tools = Array.from({ length: 25 }, (_, n) => ({ name: `tool_${n}`, inputSchema: { type: 'object' } }))
  modern.pageSize = 10
  expect((await app.install('paged', modern.url)).tools).toBe(25)
})

test('changed tools are heard of over a listening stream, also when the protocol was remembered', async () => {
  await run()
  await until(() => modern.seen.includes('POST subscriptions/listen'))
  await Bun.sleep(50)
  modern.tools = [
    { name: 'run', description: 'Other', inputSchema: { type: 'object' } },
    { name: 'added', inputSchema: { type: 'object' } },
  ]
  modern.announceToolsChanged()
  await until(() => hasTool('added'), 2_000)
  expect(outcome(await run())).toBe('approval_required')
})

test('changed tools are heard of again after the server was restarted', async () => {
  await run()
  await until(() => modern.seen.includes('POST subscriptions/listen'))
  const { port } = modern
  await modern.stop()
  modern.seen.length = 0
  modern.start(port)
  await until(() => modern.seen.includes('POST subscriptions/listen'), 4_000)
  await Bun.sleep(50)
  modern.tools = [
    { name: 'run', inputSchema: { type: 'object' } },
    { name: 'added', inputSchema: { type: 'object' } },
  ]
  modern.announceToolsChanged()
  await until(() => hasTool('added'), 2_000)
})

test('many calls at once are run, each once', async () => {
  const results = await Promise.all(Array.from({ length: 30 }, () => run()))
  expect(results.map(outcome)).toEqual(Array(30).fill('executed'))
  expect(modern.calls.length).toBe(30)
})

test('what was learnt is asked anew after a day, and then remembered again', async () => {
  await run()
  await app.rooms.upstreams.forgetIdleSessions(Number.MAX_SAFE_INTEGER)
  const dayAgo = Date.now() - 24 * 60 * 60_000 - 1
  app.rooms.store.db.run(sql`UPDATE connections SET protocol = json_set(protocol, '$.at', ${dayAgo})`)
  modern.seen.length = 0
  await run()
  expect(modern.seen.filter((each) => each === 'POST server/discover').length).toBe(1)
  await app.rooms.upstreams.forgetIdleSessions(Number.MAX_SAFE_INTEGER)
  modern.seen.length = 0
  await run()
  expect(modern.seen.filter((each) => each === 'POST server/discover').length).toBe(0)
})

test('a server that went back to the older protocol is called all the same, and each call runs once', async () => {
  await run()
  await app.rooms.upstreams.forgetIdleSessions(Number.MAX_SAFE_INTEGER)
  const { port } = modern
  await modern.stop()
  const older = new FarEnd().start(port)
  expect(outcome(await run())).toBe('executed')
  expect(outcome(await run())).toBe('executed')
  expect(older.calls.length).toBe(2)
  await older.stop()
})

test('a server that went over to the newer protocol is called all the same, and each call runs once', async () => {
  const older = new FarEnd().start()
  await app.install('moves', older.url)
  await app.setPolicy('moves', 'run', 'allow')
  expect(outcome(await agent.call('moves', 'run', {}))).toBe('executed')
  const { port } = older
  await older.stop()
  const newer = new ModernEnd().start(port)
  expect(outcome(await agent.call('moves', 'run', {}))).toBe('executed')
  await app.rooms.upstreams.forgetIdleSessions(Number.MAX_SAFE_INTEGER)
  expect(outcome(await agent.call('moves', 'run', {}))).toBe('executed')
  expect(newer.calls.length).toBe(2)
  await newer.stop()
})

test('a server that asks for more input has not run, and is told so', async () => {
  modern.act = () =>
    ({ resultType: 'input_required', inputRequests: {}, requestState: 'x' }) as unknown as ReturnType<
      typeof modern.act
    > &
      object
  const result = await run()
  expect(['failed', 'unknown']).toContain(String(outcome(result)))
  expect(modern.calls.length).toBe(1)
})

test('a server of 2026-07-28 that fails three times in a row is not called for a while, and what it asks for is respected', async () => {
  modern.refuse = ({ method }) => (method === 'tools/call' ? new Response(null, { status: 503 }) : null)
  for (let n = 0; n < 3; n++) expect(outcome(await run())).toBe('unknown')
  const seen = modern.seen.length
  expect(text(await run())).toContain('is not called at the moment')
  expect(modern.seen.length).toBe(seen)

  const { id } = await app.install(`${slug}-limited`, modern.url)
  await app.setPolicy(`${slug}-limited`, 'run', 'allow')
  modern.refuse = () => new Response(null, { status: 429, headers: { 'retry-after': '600' } })
  expect(outcome(await agent.call(`${slug}-limited`, 'run', { a: 'ü', n: 1 }))).toBe('failed')
  modern.refuse = null
  expect(text(await agent.call(`${slug}-limited`, 'run', { a: 'ü', n: 1 }))).toContain('Try again in 10 minutes.')
  await app.rooms.upstreams.remove(id, 'operator')
})
