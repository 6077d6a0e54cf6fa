import { afterAll, beforeAll, expect, test } from 'bun:test'
import { type App, startApp } from '../harness/app.ts'
import { TestClock } from '../harness/test-clock.ts'
import { lastMessage, Wire } from '../harness/wire.ts'

const MINUTE = 60_000
const clock = new TestClock()
let app: App

beforeAll(async () => {
  app = await startApp({ clock })
})
afterAll(() => app.stop())

async function opened(key?: string): Promise<Wire> {
  const wire = new Wire(app.origin, key ?? (await app.newKey()).key)
  await wire.initialize()
  return wire
}

const statusOf = async (answer: Promise<Response>) => {
  const response = await answer
  await response.body?.cancel()
  return response.status
}
const list = (wire: Wire) => statusOf(wire.request('tools/list'))

test('a session serves its own principal, request after request', async () => {
  const wire = await opened()
  expect(await list(wire)).toBe(200)
  expect(await list(wire)).toBe(200)
  expect(wire.session).not.toBe((await opened()).session)
})

test('a session under another principal is 404, exactly as one that never was', async () => {
  const mine = await opened()
  const thief = new Wire(app.origin, (await app.newKey()).key)
  thief.session = mine.session
  const stolen = await thief.request('tools/list')
  const unknown = new Wire(app.origin, thief.key)
  unknown.session = 'nosuchsession'
  const never = await unknown.request('tools/list')
  expect([stolen.status, never.status]).toEqual([404, 404])
  expect(await stolen.json()).toEqual(await never.json())
  expect(await statusOf(thief.send(null, {}, 'GET'))).toBe(404)
  expect(await statusOf(thief.send(null, {}, 'DELETE'))).toBe(404)
  expect(await list(mine)).toBe(200)
})

test('a second key of the same user is another principal too', async () => {
  const wire = await opened()
  const id = wire.session
  const second = new Wire(app.origin, (await app.newKey('second')).key)
  second.session = id
  expect(await list(second)).toBe(404)
})

test('without a session id anything but initialize is 400', async () => {
  const wire = new Wire(app.origin, (await app.newKey()).key)
  for (const answer of [wire.request('tools/list'), wire.send(null, {}, 'GET'), wire.send(null, {}, 'DELETE')]) {
    const response = await answer
    expect(response.status).toBe(400)
    expect((await lastMessage(response)).error?.message).toContain('Mcp-Session-Id')
  }
})

test('DELETE ends a session for good', async () => {
  const wire = await opened()
  expect(await statusOf(wire.send(null, {}, 'DELETE'))).toBe(200)
  expect(await list(wire)).toBe(404)
  expect(await statusOf(wire.send(null, {}, 'DELETE'))).toBe(404)
})

test('a session idle for an hour is swept, one in use is not', async () => {
  const idle = await opened()
  const used = await opened()
  for (let i = 0; i < 4; i++) {
    await clock.advance(20 * MINUTE)
    expect(await list(used)).toBe(200)
  }
  expect(await list(idle)).toBe(404)
})

test('an open event stream ends when its session is swept', async () => {
  const wire = await opened()
  const stream = await wire.send(null, {}, 'GET')
  expect(stream.status).toBe(200)
  expect(stream.headers.get('content-type')).toStartWith('text/event-stream')
  const ended = stream.text().then(
    () => 'ended',
    () => 'ended',
  )
  await clock.advance(62 * MINUTE)
  expect(await Promise.race([ended, Bun.sleep(2_000).then(() => 'still open')])).toBe('ended')
})

test('a principal holds a hundred sessions; one more ends its longest unused, and nobody else’s', async () => {
  const { key } = await app.newKey()
  const other = await opened()
  const first = await opened(key)
  const second = await opened(key)
  for (let i = 0; i < 98; i++) await opened(key)
  expect(await list(first)).toBe(200)
  const last = await opened(key)
  expect(await list(second)).toBe(404)
  expect(await list(first)).toBe(200)
  expect(await list(last)).toBe(200)
  expect(await list(other)).toBe(200)
})

test('identity is resolved on every request: the session of a revoked key is 401 at once', async () => {
  const { id, key } = await app.newKey()
  const wire = await opened(key)
  expect(await list(wire)).toBe(200)
  await app.rooms.identity.agents.revoke(app.userId, id, 'operator')
  expect(await list(wire)).toBe(401)
  expect(await statusOf(wire.modern('tools/list'))).toBe(401)
  const withoutKey = new Wire(app.origin, null)
  withoutKey.session = wire.session
  expect(await list(withoutKey)).toBe(401)
})

test('the open stream of a revoked key is closed within a minute', async () => {
  const { id, key } = await app.newKey()
  const wire = await opened(key)
  const stream = await wire.send(null, {}, 'GET')
  const ended = stream.text().then(
    () => 'ended',
    () => 'ended',
  )
  await app.rooms.identity.agents.revoke(app.userId, id, 'operator')
  await clock.advance(MINUTE + 1)
  expect(await Promise.race([ended, Bun.sleep(2_000).then(() => 'still open')])).toBe('ended')
})

test('an initialize that is refused opens no session', async () => {
  const wire = new Wire(app.origin, (await app.newKey()).key)
  const response = await wire.send(
    '{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"x","version":"1"}}}',
    { accept: 'application/json' },
  )
  expect(response.status).toBe(406)
  expect(response.headers.get('mcp-session-id')).toBeNull()
})
