import { afterAll, beforeAll, beforeEach, expect, test } from 'bun:test'
import { type App, startApp } from '../harness/app.ts'
import { FarEnd } from '../harness/far-end.ts'
import { OAuthProgram, REDIRECT } from '../harness/oauth-program.ts'
import { operatorCommand } from '../harness/operator.ts'
import type { Person } from '../harness/person.ts'
import { TestClock } from '../harness/test-clock.ts'
import { Wire } from '../harness/wire.ts'

const MINUTE = 60_000
const clock = new TestClock()
const far = new FarEnd([{ name: 'run' }])
let app: App
let person: Person
let program: OAuthProgram

beforeAll(async () => {
  far.start()
  app = await startApp({ clock })
  await app.install('far', far.url)
  person = await app.person()
})
beforeEach(async () => {
  program = new OAuthProgram(app.origin)
  await program.register()
})
afterAll(async () => {
  await app.stop()
  await far.stop()
})

/** What /mcp says to a token. */
const knock = async (token: string) => {
  const response = await fetch(`${app.origin}/mcp`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    },
    body: '{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"x","version":"1"}}}',
  })
  await response.text()
  return response.status
}

test('a program that was let in gets tokens that open /mcp', async () => {
  const shown = await (await person.get(program.authorizePath())).text()
  expect(shown).toContain('Test program')
  expect(shown).toContain('127.0.0.1:33418')
  const { status, led } = await program.answer(person)
  expect(status).toBe(200)
  expect(led?.href).toStartWith(REDIRECT)
  expect(led?.searchParams.get('state')).toBe('the state')
  expect(led?.searchParams.get('iss')).toBe(app.origin)
  const tokens = await program.exchange(led?.searchParams.get('code') ?? '')
  expect(tokens).toMatchObject({ status: 200, token_type: 'Bearer', expires_in: 3600, scope: 'mcp' })
  expect(tokens.headers.get('cache-control')).toBe('no-store')
  expect(await knock(tokens.access_token)).toBe(200)
})

test('a program that was kept out gets an error, and no code', async () => {
  const { led } = await program.answer(person, { decision: 'deny' })
  expect(led?.searchParams.get('error')).toBe('access_denied')
  expect(led?.searchParams.get('state')).toBe('the state')
  expect(led?.searchParams.get('iss')).toBe(app.origin)
  expect(led?.searchParams.get('code')).toBeNull()
})

test('an access token opens /mcp for an hour; the refresh token gives the next', async () => {
  const first = await program.signIn(person)
  await clock.advance(59 * MINUTE)
  expect(await knock(first.access_token)).toBe(200)
  await clock.advance(2 * MINUTE)
  expect(await knock(first.access_token)).toBe(401)
  const second = await program.refresh(first.refresh_token)
  expect(second.status).toBe(200)
  expect(await knock(second.access_token)).toBe(200)
})

test('the operator sees a program that signed in beside the keys, and which is which', async () => {
  await program.signIn(person)
  await app.newKey('a key')
  const { stdout } = await operatorCommand(app.dataDir, ['admin', 'key', 'list'])
  expect(stdout).toMatch(/Test program +signed in +\S+ +live/)
  expect(stdout).toMatch(/a key +ap_\S{6}… /)
})

test('a stranger at /mcp is told where to sign in', async () => {
  const response = await new Wire(app.origin, null).request('tools/list')
  expect(response.status).toBe(401)
  const metadata = /resource_metadata="([^"]+)"/.exec(response.headers.get('www-authenticate') ?? '')?.[1] ?? ''
  const resource = (await (await fetch(metadata)).json()) as { resource: string; authorization_servers: string[] }
  expect(resource).toMatchObject({ resource: `${app.origin}/mcp`, authorization_servers: [app.origin] })
  const server = await (await fetch(`${app.origin}/.well-known/oauth-authorization-server`)).json()
  expect(server).toMatchObject({ issuer: app.origin, code_challenge_methods_supported: ['S256'] })
})

test('a program limited to a connection sees no other, and what it asked beyond is void', async () => {
  const other = new FarEnd([{ name: 'hidden' }]).start()
  const { id } = await app.install('other', other.url)
  const farId = (await app.rooms.upstreams.find(app.userId, 'far'))?.id ?? ''
  const { access_token } = await program.signIn(person, { reach: 'chosen', connection: farId })
  const wire = new Wire(app.origin, access_token)
  const installed = await wire.use('2026', 'agentport__list_installed_integrations', '{}')
  expect(JSON.stringify(installed.structuredContent)).toContain('"far"')
  expect(JSON.stringify(installed.structuredContent)).not.toContain('other')
  const call = await wire.call('2026', 'other', 'hidden', '{}')
  expect(call._meta?.['agentport/outcome']).toBe('invalid')
  expect(JSON.stringify(call)).toContain('No integration')
  const asked = await wire.call('2026', 'far', 'run', '{}')
  const requestId = String(asked._meta?.['agentport/request_id'])
  const agents = await app.rooms.identity.agents.list(app.userId)
  const agent = agents.find(({ clientId }) => clientId === program.clientId)
  const reach = { connections: [id], expiresAt: null }
  await app.rooms.identity.agents.limit(app.userId, agent?.id ?? '', reach, `user:${app.userId}`)
  expect((await app.rooms.approvals.find(app.userId, requestId))?.request.state).toBe('expired')
  const waited = await wire.use('2026', 'agentport__await_approval', `{"request_id":"${requestId}"}`)
  expect(waited._meta?.['agentport/outcome']).toBe('invalid')
  await other.stop()
})
