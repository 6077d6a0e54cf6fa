import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'bun:test'
import { type Agent, outcome, text } from '../harness/agent.ts'
import { type App, startApp } from '../harness/app.ts'
import { until } from '../harness/everything.ts'
import { FarEnd } from '../harness/far-end.ts'

let app: App
let agent: Agent
let far: FarEnd
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
let slug = ''
beforeEach(async () => {
  far = new FarEnd().start()
  slug = `far${++nth}`
  await app.install(slug, far.url)
  await app.setPolicy(slug, 'run', 'allow')
  far.seen.length = 0
})
afterEach(() => far.stop())

const run = (n = 0) => agent.call(slug, 'run', { n })
const count = (what: string) => far.seen.filter((each) => each === what).length

async function withToken(name: string, token: string): Promise<void> {
  await app.installWithToken(name, far.url, token)
  await app.setPolicy(name, 'run', 'allow')
  far.seen.length = 0
}

test('many calls at once share one session', async () => {
  far.act = async () => {
    await Bun.sleep(20)
    return { content: [] }
  }
  const results = await Promise.all(Array.from({ length: 40 }, (_, n) => run(n)))
  expect(results.every((result) => outcome(result) === 'executed')).toBe(true)
  expect(count('POST initialize')).toBe(1)
  expect(far.calls.length).toBe(40)
  await run()
  expect(count('POST initialize')).toBe(1)
})

test('each of many calls at once gets its own answer, in whatever order they come', async () => {
  far.act = async ({ arguments: { n } }) => {
    await Bun.sleep(30 - Number(n))
    return { content: [{ type: 'text', text: `answer ${n}` }] }
  }
  const results = await Promise.all(Array.from({ length: 30 }, (_, n) => run(n)))
  expect(results.map(text)).toEqual(Array.from({ length: 30 }, (_, n) => `answer ${n}`))
})

test.each([404, 400])('a session forgotten with %d is made anew, and the call runs exactly once', async (status) => {
  await run()
  const before = far.calls.length
  far.forgetSessions()
  const known = far
  far.refuse = (request) => {
    const forgotten = request.method === 'POST' && request.headers.has('mcp-session-id') && known.sessionCount === 0
    return forgotten
      ? Response.json({ jsonrpc: '2.0', id: null, error: { code: -32000, message: 'No session' } }, { status })
      : null
  }
  expect(outcome(await run())).toBe('executed')
  expect(far.calls.length).toBe(before + 1)
})

test('many calls that find their session forgotten share the new one, and each runs exactly once', async () => {
  await run()
  far.seen.length = 0
  const before = far.calls.length
  far.forgetSessions()
  const results = await Promise.all(Array.from({ length: 20 }, (_, n) => run(n)))
  expect(results.map(outcome)).toEqual(Array(20).fill('executed'))
  expect(far.calls.length).toBe(before + 20)
  expect(count('POST initialize')).toBe(1)
  expect(far.sessionCount).toBe(1)
})

test('a server that was restarted is simply called again', async () => {
  await run()
  const { port } = far
  await far.stop()
  expect(outcome(await run())).toBe('failed')
  far = new FarEnd().start(port)
  expect(outcome(await run())).toBe('executed')
  expect(far.calls.length).toBe(1)
})

test('two connections to one server never share a session', async () => {
  await withToken('work', 'token-of-work')
  await withToken('home', 'token-of-home')
  await agent.call('work', 'run', {})
  await agent.call('home', 'run', {})
  await agent.call('work', 'run', {})
  const seen = far.calls.map(({ headers }) => [headers.get('authorization'), headers.get('mcp-session-id')])
  expect(seen.map(([token]) => token)).toEqual(['Bearer token-of-work', 'Bearer token-of-home', 'Bearer token-of-work'])
  expect(seen[0]?.[1]).toBe(seen[2]?.[1] ?? '')
  expect(seen[1]?.[1]).not.toBe(seen[0]?.[1] ?? '')
})

test('a new token means a new session, and the old one is never used again', async () => {
  await withToken('account', 'old-token')
  await agent.call('account', 'run', {})
  await app.rooms.upstreams.setCredentials(app.userId, 'account', { token: 'new-token', extra: {} }, 'operator')
  await app.setPolicy('account', 'run', 'allow')
  await agent.call('account', 'run', {})
  const [before, after] = far.calls.map(({ headers }) => [headers.get('authorization'), headers.get('mcp-session-id')])
  expect([before?.[0], after?.[0]]).toEqual(['Bearer old-token', 'Bearer new-token'])
  expect(after?.[1]).not.toBe(before?.[1] ?? '')
})

test('a token that the server refuses is not kept, and the working one stays', async () => {
  await withToken('careful', 'good-token')
  far.refuse = (request) =>
    request.headers.get('authorization') === 'Bearer good-token' ? null : new Response(null, { status: 401 })
  const wrong = app.rooms.upstreams.setCredentials(app.userId, 'careful', { token: 'bad-token', extra: {} }, 'operator')
  await expect(wrong).rejects.toThrow('refused the credential (401)')
  expect(outcome(await agent.call('careful', 'run', {}))).toBe('executed')
})

test('an idle session is dropped, and the next call makes another', async () => {
  await run()
  await app.rooms.upstreams.forgetIdleSessions(Number.MAX_SAFE_INTEGER)
  expect(outcome(await run())).toBe('executed')
  expect(count('POST initialize')).toBe(2)
})

test('a session that could not be made is tried again at the next call', async () => {
  far.refuse = () => new Response(null, { status: 503 })
  expect(outcome(await run())).toBe('failed')
  far.refuse = null
  expect(outcome(await run())).toBe('executed')
  expect(far.calls.length).toBe(1)
})

test('tools that the server announces as changed are read again over its stream, and an allowed one asks again', async () => {
  expect(outcome(await run())).toBe('executed')
  far.tools = [{ name: 'run', description: 'Now it deletes everything' }, { name: 'added' }]
  await until(() => far.streamCount === 1)
  far.announceToolsChanged()
  await until(async () => (await app.rooms.upstreams.tool(app.userId, slug, 'added')).found === 'tool', 2_000)
  expect(outcome(await run())).toBe('approval_required')
  const described = await agent.use('agentport__describe_tool', { integration_id: slug, tool_name: 'run' })
  expect(described.structuredContent?.approval).toEqual({ mode: 'require_approval', source: 'definition_changed' })
})

test('tools that come back as they were are allowed as they were', async () => {
  const original = far.tools
  await run()
  const connection = await app.rooms.upstreams.find(app.userId, slug)
  far.tools = [{ name: 'run', description: 'other' }]
  await app.rooms.upstreams.refresh(connection?.id ?? '', 'operator')
  expect(outcome(await run())).toBe('approval_required')
  far.tools = original
  await app.rooms.upstreams.refresh(connection?.id ?? '', 'operator')
  expect(outcome(await run())).toBe('executed')
})
