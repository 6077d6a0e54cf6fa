import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { startApp } from '../harness/app.ts'
import { until } from '../harness/everything.ts'
import { FarEnd, hang } from '../harness/far-end.ts'
import { OAuthProgram, type TokenAnswer } from '../harness/oauth-program.ts'
import { operatorCommand } from '../harness/operator.ts'
import { rawConnection } from '../harness/raw-connection.ts'
import { latch, type Stage, startStage, stuckFarSide, within } from '../harness/stage.ts'
import { newestRows } from '../harness/whole-rows.ts'
import { lastMessage, Wire } from '../harness/wire.ts'

let stage: Stage
let far: FarEnd
let slug: string
let program: OAuthProgram
let code: string
let tokens: TokenAnswer
let agentId: string
let nth = 0

beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => stage.strike())
beforeEach(async () => {
  far = new FarEnd([{ name: 'ask' }, { name: 'allowed' }]).start()
  slug = `far-${++nth}`
  await stage.app.install(slug, far.url)
  await stage.app.setPolicy(slug, 'allowed', 'allow')
  // Registrations of one address are limited by the hour, and the same program signing in again takes its own place.
  program = new OAuthProgram(stage.app.origin)
  program.clientId = clientId
  if (!clientId) await program.register()
  clientId = program.clientId
  code = await program.code(stage.person)
  tokens = await program.exchange(code)
  const agents = await stage.app.rooms.identity.agents.list(stage.app.userId)
  agentId = agents.find(({ kind, revokedAt }) => kind === 'oauth_client' && revokedAt === null)?.id ?? ''
})
let clientId = ''

/** When a time is over is known a minute before. */
const TIME_MS = 61_000
const REVOKED = 'The agent that asked was revoked.'

const WAYS: [by: string, end: () => Promise<unknown>, why: string][] = [
  [
    'the person',
    () => stage.app.rooms.identity.agents.revoke(stage.app.userId, agentId, `user:${stage.app.userId}`),
    REVOKED,
  ],
  ['the program itself', () => program.revoke(tokens.refresh_token), REVOKED],
  [
    'the operator, from another process',
    () => operatorCommand(stage.app.dataDir, ['admin', 'key', 'revoke', agentId]),
    REVOKED,
  ],
  ['a second use of its code', () => program.exchange(code), REVOKED],
  [
    'its own time',
    async () => {
      const reach = { connections: null, expiresAt: stage.clock.now() + TIME_MS }
      await stage.app.rooms.identity.agents.limit(stage.app.userId, agentId, reach, 'operator')
      await stage.clock.advance(TIME_MS)
    },
    'The time of the agent that asked is over.',
  ],
]

/** Everything that one sign-in can have open, in both generations. */
async function openEverything() {
  const old = new Wire(stage.app.origin, tokens.access_token)
  await old.initialize()
  const now = new Wire(stage.app.origin, tokens.access_token)
  far.act = async (call) => {
    await hang(call)
    return { content: [{ type: 'text', text: 'A RESULT' }] }
  }
  const tool = 'agentport__call_tool'
  const call = (n: number) =>
    `{"name":"${tool}","arguments":{"integration_id":"${slug}","tool_name":"allowed","arguments":{"n":${n}}}}`
  const asked = await now.call('2026', slug, 'ask', '{}')
  const requestId = String(asked._meta?.['agentport/request_id'])
  const wait = `{"name":"agentport__await_approval","arguments":{"request_id":"${requestId}","timeout_seconds":240}}`
  const waiting = { name: 'agentport__await_approval' }
  const progress = { name: tool, meta: { progressToken: 'p' } }
  const text = async (response: Promise<Response>) => (await response).text()
  const open = {
    'the stream of a session': text(old.send(null, { accept: 'text/event-stream' }, 'GET')),
    'a call of a session': text(old.request('tools/call', call(1))),
    'a call of a session with progress': text(
      old.request('tools/call', call(2).replace('{"name"', '{"_meta":{"progressToken":"p"},"name"')),
    ),
    'a call': text(now.modern('tools/call', call(3), { name: tool })),
    'a call with progress': text(now.modern('tools/call', call(4), progress)),
  }
  const waits = [
    lastMessage(await old.request('tools/call', wait)),
    lastMessage(await now.modern('tools/call', wait, waiting)),
    lastMessage(await now.modern('tools/call', wait, { ...waiting, meta: { progressToken: 'p' } })),
  ]
  await until(() => far.calls.length === 4)
  return { old, now, requestId, open, waits }
}

describe.each(WAYS)('a sign-in that is ended by %s', (by, end, why) => {
  test('leaves nothing open: no stream, no call in flight, no wait, no request to decide', async () => {
    const { old, now, requestId, open, waits } = await openEverything()

    await end()
    // The news from another process takes a tenth of a second.
    await Bun.sleep(by.includes('process') ? 200 : 0)
    for (const wait of waits) {
      const told = await within(wait)
      expect(JSON.stringify(told)).toContain(why)
      expect(JSON.stringify(told)).toContain('"agentport/outcome":"expired"')
    }
    expect(await stage.row(requestId)).toMatchObject({ state: 'expired', message: why })
    expect((await stage.page(requestId)).asks).toBe(false)
    // A quarter of a second was left for these answers; then the rest is cut off.
    await stage.clock.advance(250)
    for (const [what, answer] of Object.entries(open)) {
      const said = await within(answer)
      expect([what, said === 'still open', said.includes('A RESULT')]).toEqual([what, false, false])
    }
    await until(() => far.calls.every(({ cancelled }) => cancelled.aborted))
    const rows = await newestRows(stage.app.rooms.approvals, stage.app.userId, 4)
    await until(async () => (await stage.row(rows[0]?.id ?? '')).state !== 'executing')
    for (const { id } of rows) expect((await stage.row(id)).state).toBe('unknown')

    const answers = [await old.request('tools/list'), await now.modern('tools/list'), await old.send(null, {}, 'GET')]
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401])
    expect(await program.refresh(tokens.refresh_token)).toMatchObject({ status: 400, error: 'invalid_grant' })
    await far.stop()
  }, 20_000)
})

test('a time that is not over yet ends nothing', async () => {
  const reach = { connections: null, expiresAt: stage.clock.now() + TIME_MS }
  await stage.app.rooms.identity.agents.limit(stage.app.userId, agentId, reach, 'operator')
  const { old, requestId } = await openEverything()
  await stage.clock.advance(TIME_MS - 1)
  expect((await stage.row(requestId)).state).toBe('pending')
  expect((await old.request('tools/list')).status).toBe(200)
  await stage.clock.advance(1)
  expect((await stage.row(requestId)).state).toBe('expired')
  expect((await old.request('tools/list')).status).toBe(401)
  await stage.clock.advance(250)
})

test.each<[how: string, act: () => Promise<void>]>([
  ['was revoked', () => stage.app.rooms.identity.agents.revoke(stage.app.userId, agentId, 'operator')],
  [
    'was limited to other connections',
    () =>
      stage.app.rooms.identity.agents.limit(
        stage.app.userId,
        agentId,
        { connections: [], expiresAt: null },
        'operator',
      ),
  ],
])('what comes back after the agent %s is kept in the log and told to nobody', async (_, act) => {
  const gate = latch()
  far.act = async () => {
    await gate.opened
    return { content: [{ type: 'text', text: 'A RESULT' }] }
  }
  const calls = (['2025', '2026'] as const).map(async (generation) => {
    const wire = new Wire(stage.app.origin, tokens.access_token)
    if (generation === '2025') await wire.initialize()
    return wire.call(generation, slug, 'allowed', `{"g":"${generation}"}`)
  })
  await until(() => far.calls.length === 2)
  await act()
  gate.open()
  for (const call of calls) {
    const told = JSON.stringify(await call)
    expect(told).toContain('"agentport/outcome":"unknown"')
    expect(told).not.toContain('A RESULT')
  }
  const rows = await newestRows(stage.app.rooms.approvals, stage.app.userId, 2)
  expect(rows.map(({ state }) => state)).toEqual(['executed', 'executed'])
  expect(rows[0]?.result).toContain('A RESULT')
})

test('a tool of ours that is busy with a far server is not waited for either', async () => {
  const far = stuckFarSide()
  const app = await startApp({ outbound: far.outbound })
  const { id, key } = await app.newKey()
  const install = '{"name":"agentport__install_integration","arguments":{"integration_id":"exa"}}'
  const answer = new Wire(app.origin, key).modern('tools/call', install, {
    name: 'agentport__install_integration',
    meta: { progressToken: 'p' },
  })
  await until(far.asked)
  await app.rooms.identity.agents.revoke(app.userId, id, 'operator')
  const ended = await within(answer)
  expect(ended === 'still open' ? ended : ended.status).toBe(401)
  far.open()
  await app.stop()
})

describe('a request whose body is still on its way', () => {
  const body =
    '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"agentport__list_installed_integrations","arguments":{}}}'

  /** Half of it now, half when `meanwhile` is done. */
  async function halves(session: string, meanwhile: () => Promise<unknown>): Promise<string> {
    const lines = [
      'POST /mcp HTTP/1.1',
      `Host: ${new URL(stage.app.origin).host}`,
      `Authorization: Bearer ${tokens.access_token}`,
      `Mcp-Session-Id: ${session}`,
      'Content-Type: application/json',
      'Accept: application/json, text/event-stream',
      `Content-Length: ${body.length}`,
      'Connection: close',
    ]
    const connection = rawConnection(stage.app.origin, [...lines, '', body.slice(0, 20)].join('\r\n'))
    await Bun.sleep(50)
    await meanwhile()
    connection.write(body.slice(20))
    return connection.closed
  }
  const session = async () => {
    const wire = new Wire(stage.app.origin, tokens.access_token)
    await wire.initialize()
    return wire.session ?? ''
  }

  test('when its agent is revoked is refused when it has come', async () => {
    const { agents } = stage.app.rooms.identity
    const answer = await halves(await session(), () => agents.revoke(stage.app.userId, agentId, 'operator'))
    expect(answer).toStartWith('HTTP/1.1 401 ')
    expect(answer.toLowerCase()).toContain('www-authenticate: bearer error="invalid_token"')
    expect(answer).not.toContain(slug)
  })

  test('when its agent is limited is answered within the limit', async () => {
    const { agents } = stage.app.rooms.identity
    const reach = { connections: [], expiresAt: null }
    const answer = await halves(await session(), () => agents.limit(stage.app.userId, agentId, reach, 'operator'))
    expect(answer).toStartWith('HTTP/1.1 200 ')
    expect(answer).toContain('{"integrations":[]}')
  })
})
