import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import type { ServerResponse } from 'node:http'
import { silentLogger } from '../../src/lib/logger.ts'
import { buildRooms, type Rooms } from '../../src/server/server.ts'
import { outcome, requestId, text } from '../harness/agent.ts'
import { ANYBODY } from '../harness/anybody.ts'
import { latch } from '../harness/stage.ts'
import { type OAuthStage, startOAuthStage } from './oauth-stage.ts'
import { signInTo } from './owner.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
let stage: OAuthStage

beforeAll(async () => {
  stage = await startOAuthStage()
})
afterAll(() => stage.strike())
afterEach(() => {
  const { server, end } = stage
  server.instead = null
  server.beforeAnswer = null
  server.accessTokenTtlS = 3_600
  end.refused.clear()
  end.far.act = () => ({ content: [{ type: 'text', text: 'done' }] })
})

/** The token that the far end was last shown. */
const lastToken = () => stage.end.far.calls.at(-1)?.headers.get('authorization')?.replace('Bearer ', '') ?? ''
const status = async (slug: string) =>
  (await stage.agent.use('agentport__get_auth_status', { integration_id: slug })).structuredContent
const toTokenEndpoint = (answer: (response: ServerResponse) => void) => {
  stage.server.instead = ({ url }, response) => {
    if (url !== '/token') return false
    answer(response)
    return true
  }
}

describe('an access token is renewed', () => {
  test('a minute ahead of its end, and not before', async () => {
    const slug = await stage.connected()
    const { refreshes } = stage.server
    await stage.call(slug)
    const first = lastToken()
    await stage.clock.advance(58 * MINUTE)
    await stage.call(slug)
    expect([lastToken() === first, stage.server.refreshes - refreshes]).toEqual([true, 0])
    await stage.clock.advance(MINUTE + 1)
    expect(outcome(await stage.call(slug))).toBe('executed')
    expect([lastToken() === first, stage.server.refreshes - refreshes]).toEqual([false, 1])
  })

  test('once for fifty calls that come when it has ended', async () => {
    const slug = await stage.connected()
    await stage.clock.advance(2 * HOUR)
    const { refreshes } = stage.server
    const calls = stage.end.far.calls.length
    const ends = await Promise.all(Array.from({ length: 50 }, (_, n) => stage.call(slug, { n })))
    expect(ends.map(outcome)).toEqual(Array.from({ length: 50 }, () => 'executed'))
    expect(stage.server.refreshes - refreshes).toBe(1)
    expect(stage.end.far.calls.length - calls).toBe(50)
  })

  test('once for fifty calls that the server refuses, each of which was sent once', async () => {
    const slug = await stage.connected()
    await stage.call(slug)
    stage.end.refused.add(lastToken())
    const { refreshes } = stage.server
    const { unauthorized } = stage.end
    await stage.clock.advance(MINUTE)
    const ends = await Promise.all(Array.from({ length: 50 }, (_, n) => stage.call(slug, { n })))
    expect(stage.server.refreshes - refreshes).toBe(1)
    for (const end of ends) expect(['executed', 'failed']).toContain(String(outcome(end)))
    const refused = ends.filter((end) => outcome(end) === 'failed')
    expect(refused.length).toBeGreaterThan(0)
    expect(stage.end.unauthorized - unauthorized).toBe(refused.length)
    expect(text(refused[0] as never)).toContain('the call did not run. It may be repeated, with a newer token.')
    expect(outcome(await stage.call(slug))).toBe('executed')
  })

  test('when a server refuses it: a call is never sent a second time for that, whatever asks for tools is', async () => {
    const slug = await stage.connected()
    await stage.call(slug)
    const calls = stage.end.far.calls.length
    stage.end.refused.add(lastToken())
    await stage.clock.advance(MINUTE)
    expect(outcome(await stage.call(slug))).toBe('failed')
    expect(stage.end.far.calls).toHaveLength(calls)
    expect(outcome(await stage.call(slug))).toBe('executed')
    expect(stage.end.far.calls).toHaveLength(calls + 1)
    stage.end.refused.add(lastToken())
    await stage.clock.advance(MINUTE)
    const { id } = await stage.connection(slug)
    expect(await stage.app.rooms.upstreams.refresh(id, 'operator')).toEqual({ tools: 1 })
  })

  test('before an approved call, if its definition is looked at again first, so that the yes is not spent on a 401', async () => {
    const slug = await stage.connected()
    await stage.app.setPolicy(slug, 'run', 'require_approval')
    const asked = requestId(await stage.call(slug, { n: 21 }))
    await stage.clock.advance(10 * MINUTE)
    await stage.person.decide(asked, 'once')
    const { accounts } = stage.end
    const runs = accounts.length
    // What is held open, too: the server takes no token that was given before.
    const { far } = stage.end
    const known = new Set<string>()
    const guard = far.refuse
    far.refuse = async (request) => {
      const token = request.headers.get('authorization') ?? ''
      if (known.size === 0) known.add(token)
      return known.has(token) ? new Response(null, { status: 401 }) : ((await guard?.(request)) ?? null)
    }
    const end = await stage.agent.await(asked)
    far.refuse = guard
    expect([outcome(end), accounts.length - runs]).toEqual(['executed', 1])
  })

  test('and stays the same approval: a renewal is no other account', async () => {
    const slug = await stage.connected()
    const { fingerprint } = await stage.connection(slug)
    await stage.app.setPolicy(slug, 'run', 'require_approval')
    const asked = requestId(await stage.call(slug, { n: 22 }))
    const { refreshes } = stage.server
    await stage.clock.advance(59 * MINUTE + 30_000)
    await stage.person.decide(asked, 'once')
    expect(outcome(await stage.agent.await(asked))).toBe('executed')
    expect(stage.server.refreshes - refreshes).toBe(1)
    expect((await stage.connection(slug)).fingerprint).toBe(fingerprint)
  })

  test('again and again, each time with the newest refresh token', async () => {
    const slug = await stage.connected()
    const { refreshes } = stage.server
    for (let n = 0; n < 5; n++) {
      await stage.clock.advance(HOUR)
      expect([n, outcome(await stage.call(slug))]).toEqual([n, 'executed'])
    }
    expect(stage.server.refreshes - refreshes).toBe(5)
  })

  test('on disk before it is used', async () => {
    const slug = await stage.connected()
    await stage.clock.advance(HOUR)
    let kept: string | null = null
    stage.end.far.act = async () => {
      kept = (await grantOnDisk(slug)).accessToken
      return { content: [] }
    }
    await stage.call(slug)
    expect(kept as string | null).toBe(lastToken())
  })
})

describe('a renewal that does not succeed', () => {
  test('for a while keeps the sign-in: nothing is sent, and the next try is as good as the first', async () => {
    const slug = await stage.connected()
    await stage.clock.advance(2 * HOUR)
    const calls = stage.end.far.calls.length
    for (const [break_, words] of [
      [(response: ServerResponse) => response.destroy(), 'the connection to its sign-in server broke'],
      [(response: ServerResponse) => response.writeHead(503).end('no'), 'not working at the moment'],
      [(response: ServerResponse) => response.writeHead(502).end('<html>'), 'not working at the moment'],
      [
        (response: ServerResponse) => response.writeHead(429).end('{"error":"temporarily_unavailable"}'),
        'temporarily_unavailable',
      ],
      [(response: ServerResponse) => response.writeHead(200).end('{"access_token":7}'), 'is not understood'],
      [(response: ServerResponse) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(), 'redirects'],
    ] as const) {
      toTokenEndpoint(break_)
      const end = await stage.call(slug)
      expect([words, outcome(end)]).toEqual([words, 'failed'])
      expect(text(end)).toContain(words)
      expect(text(end)).toContain('The sign-in is kept; try again later.')
    }
    expect(stage.end.far.calls).toHaveLength(calls)
    expect(await status(slug)).toMatchObject({ connected: true, oauth_status: 'signed_in' })
    stage.server.instead = null
    expect(outcome(await stage.call(slug))).toBe('executed')
  })

  test('ahead of the end lets the token that still counts be used', async () => {
    const slug = await stage.connected()
    await stage.clock.advance(59 * MINUTE + 30_000)
    toTokenEndpoint((response) => response.writeHead(503).end())
    expect(outcome(await stage.call(slug))).toBe('executed')
  })

  test('for good: the page, the agent and the record say that its owner has to sign in again', async () => {
    const slug = await stage.connected()
    const asking = await stage.install()
    await signInTo(stage.person, asking)
    const asked = requestId(await stage.call(asking, { n: 31 }))
    for (const each of [slug, asking]) await endAtService(each)
    await stage.clock.advance(59 * MINUTE + 30_000)
    const sentence = 'The service has ended this sign-in (invalid_grant). The owner has to sign in again.'
    const failed = await stage.call(slug)
    expect(outcome(failed)).toBe('failed')
    expect(text(failed)).toContain(sentence)
    const invalid = await stage.call(slug)
    expect(outcome(invalid)).toBe('invalid')
    expect(text(invalid)).toContain(`${slug} is not connected any more`)
    expect(text(invalid)).toContain('agentport__start_oauth_flow gives the link')
    expect(await status(slug)).toEqual({
      integration_id: slug,
      connected: false,
      auth_method: 'oauth',
      oauth_status: 'sign_in_needed',
      last_error: sentence,
    })
    const page = await (await stage.person.get(`/connections/${slug}`)).text()
    expect(page).toContain('Needs sign-in')
    expect(page).toContain('Sign in again')
    const list = await (await stage.person.get('/connections')).text()
    expect(list).toContain('Needs sign-in')
    const lost = [...stage.app.rooms.audit.events()].filter(({ name }) => name === 'connection.sign_in_lost')
    expect(lost.map(({ details }) => JSON.parse(details))).toContainEqual({ slug, reason: 'invalid_grant' })

    const { id } = await stage.connection(asking)
    await expect(stage.app.rooms.upstreams.refresh(id, 'operator')).rejects.toThrow(sentence)
    await stage.person.decide(asked, 'once')
    const voided = await stage.agent.await(asked)
    expect(outcome(voided)).toBe('expired')
    expect(text(voided)).toContain('not signed in to any more')

    await signInTo(stage.person, slug)
    expect(outcome(await stage.call(slug))).toBe('executed')
    expect(await status(slug)).toMatchObject({ connected: true, oauth_status: 'signed_in', last_error: null })
  })

  test('because there is no refresh token ends with the access token', async () => {
    const slug = await stage.connected()
    await changeGrant(slug, { refreshToken: null })
    const other = await restarted()
    expect(await callFrom(other, slug)).toMatchObject({ end: 'executed' })
    await stage.clock.advance(59 * MINUTE + 30_000)
    expect(await callFrom(other, slug)).toMatchObject({ end: 'executed' })
    await stage.clock.advance(MINUTE)
    expect(await callFrom(other, slug)).toMatchObject({ end: 'failed' })
    expect((await stage.connection(slug)).lastError).toContain('gave nothing to renew it with')
    await close(other)
  })

  test('of a token whose end nobody told is tried when the server refuses it', async () => {
    const slug = await stage.connected()
    await changeGrant(slug, { expiresAt: null })
    const other = await restarted()
    const { refreshes } = stage.server
    await stage.clock.advance(HOUR)
    await callFrom(other, slug)
    stage.end.refused.add(lastToken())
    await callFrom(other, slug)
    expect(await callFrom(other, slug)).toMatchObject({ end: 'executed' })
    expect(stage.server.refreshes - refreshes).toBe(1)
    await close(other)
  })

  test('because the server refuses one token after the other is not repeated for ever', async () => {
    const slug = await stage.connected()
    await stage.clock.advance(MINUTE)
    const { refreshes } = stage.server
    const { far } = stage.end
    const guard = far.refuse
    far.refuse = () => new Response(null, { status: 401 })
    for (let n = 0; n < 3; n++) await stage.call(slug)
    expect(await status(slug)).toMatchObject({ oauth_status: 'signed_in' })
    await stage.clock.advance(5_000)
    for (let n = 0; n < 3; n++) await stage.call(slug)
    far.refuse = guard
    expect(stage.server.refreshes - refreshes).toBe(1)
    expect(await status(slug)).toMatchObject({ oauth_status: 'sign_in_needed' })
    expect((await stage.connection(slug)).lastError).toContain('refuses one access token after the other')
  })

  test('at first, because a new token has not come around at the service yet, costs nothing', async () => {
    const slug = await stage.connected()
    await stage.call(slug)
    stage.end.refused.add(lastToken())
    await stage.clock.advance(MINUTE)
    await stage.call(slug)
    const { far } = stage.end
    const guard = far.refuse
    far.refuse = () => new Response(null, { status: 401 })
    expect(outcome(await stage.call(slug))).toBe('failed')
    far.refuse = guard
    expect(outcome(await stage.call(slug))).toBe('executed')
    // By now it is proven, so that much later its refusal is about its age again.
    stage.end.refused.add(lastToken())
    await stage.clock.advance(MINUTE)
    await stage.call(slug)
    expect(outcome(await stage.call(slug))).toBe('executed')
  })

  test('because AgentPort is not known there any more, so that the next sign-in registers anew', async () => {
    const slug = await stage.connected()
    await stage.clock.advance(2 * HOUR)
    toTokenEndpoint((response) => response.writeHead(401).end('{"error":"invalid_client"}'))
    await stage.call(slug)
    stage.server.instead = null
    expect(await status(slug)).toMatchObject({ oauth_status: 'sign_in_needed' })
    const registered = stage.server.registrations.length
    await signInTo(stage.person, slug)
    expect(stage.server.registrations).toHaveLength(registered + 1)
    expect(outcome(await stage.call(slug))).toBe('executed')
  })
})

test.each([
  ['in a session of ours', {}],
  ['with progress', { onProgress: () => {} }],
])('a call that is given up while its token is renewed is told so, and never sent: %s', async (_, options) => {
  const slug = await stage.connected()
  await stage.call(slug)
  await stage.clock.advance(2 * HOUR)
  const calls = stage.end.far.calls.length
  const asked = latch()
  const answered = latch()
  stage.server.beforeAnswer = (path) => {
    if (path !== '/token') return
    asked.open()
    return answered.opened
  }
  const cancel = new AbortController()
  const lookup = await stage.app.rooms.upstreams.tool(stage.app.userId, slug, 'run')
  if (lookup.found !== 'tool') throw new Error(lookup.found)
  const running = lookup.handle.run({ n: 1 }, ANYBODY, { signal: cancel.signal, ...options })
  await asked.opened
  cancel.abort()
  expect(await running).toMatchObject({ end: 'failed', message: 'The call was cancelled before it was sent.' })
  answered.open()
  stage.server.beforeAnswer = null
  expect(outcome(await stage.call(slug, { n: 2 }))).toBe('executed')
  expect(stage.end.far.calls.slice(calls).map((call) => call.arguments)).toEqual([{ n: 2 }])
})

test('what was given but could not be written down is not lost: it is written before it is used, as soon as that can be', async () => {
  const slug = await stage.connected()
  await stage.clock.advance(2 * HOUR)
  const { refreshes } = stage.server
  const calls = stage.end.far.calls.length
  const { db } = stage.app.rooms.store
  db.run("CREATE TRIGGER full BEFORE UPDATE ON secrets BEGIN SELECT RAISE(FAIL, 'database or disk is full'); END")
  for (let n = 0; n < 3; n++) expect(outcome(await stage.call(slug))).toBe('failed')
  db.run('DROP TRIGGER full')
  expect(stage.end.far.calls).toHaveLength(calls)
  expect(outcome(await stage.call(slug))).toBe('executed')
  expect(stage.server.refreshes - refreshes).toBe(1)
  expect((await grantOnDisk(slug)).accessToken).toBe(lastToken())
})

test('a lease that was left behind by a process that was killed ends by itself', async () => {
  const slug = await stage.connected()
  const { id } = await stage.connection(slug)
  await stage.clock.advance(2 * HOUR)
  const { refreshes } = stage.server
  await inStore((rooms) =>
    rooms.store.transaction((tx) => {
      tx.db.run(`UPDATE connections SET renewing_until = ${tx.now + 15_000} WHERE id = '${id}'`)
    }),
  )
  const call = stage.call(slug)
  await Bun.sleep(300)
  expect(stage.server.refreshes).toBe(refreshes)
  await stage.clock.advance(15_001)
  expect(outcome(await call)).toBe('executed')
})

/* What a test may do to a sign-in behind everybody's back. */

async function restarted(): Promise<Rooms> {
  return buildRooms({
    dataDir: stage.app.dataDir,
    masterKey: null,
    logger: silentLogger,
    clock: stage.clock,
    mayMigrate: false,
  })
}
async function close(rooms: Rooms): Promise<void> {
  await rooms.upstreams.close()
  rooms.store.close()
}

async function callFrom(rooms: Rooms, slug: string) {
  const lookup = await rooms.upstreams.tool(stage.app.userId, slug, 'run')
  if (lookup.found !== 'tool') throw new Error(`No tool: ${lookup.found}`)
  return lookup.handle.run({ n: 0 }, ANYBODY, { signal: new AbortController().signal })
}

interface KeptGrant {
  accessToken: string
  refreshToken: string | null
  expiresAt: number | null
}

/** As another process would, for a moment. */
async function inStore<T>(act: (rooms: Rooms) => T | Promise<T>): Promise<T> {
  const rooms = await restarted()
  try {
    return await act(rooms)
  } finally {
    await close(rooms)
  }
}

const grantOnDisk = (slug: string): Promise<KeptGrant> =>
  inStore(async (rooms) => JSON.parse(await rooms.vault.open(await secretIdOf(rooms, slug))) as KeptGrant)

const changeGrant = (slug: string, change: Partial<KeptGrant>): Promise<void> =>
  inStore(async (rooms) => {
    const secretId = await secretIdOf(rooms, slug)
    const grant = { ...JSON.parse(await rooms.vault.open(secretId)), ...change }
    rooms.store.transaction((tx) => rooms.vault.replace(tx, secretId, JSON.stringify(grant)))
  })

async function secretIdOf(rooms: Rooms, slug: string): Promise<string> {
  const { id } = await stage.connection(slug)
  const [row] = rooms.store.db.all<{ secret_id: string }>(`SELECT secret_id FROM connections WHERE id = '${id}'`)
  return row?.secret_id ?? ''
}

/** As when somebody removes AgentPort on the service's own page. */
async function endAtService(slug: string): Promise<void> {
  const { refreshToken } = await grantOnDisk(slug)
  await (await stage.server.provider.RefreshToken.find(refreshToken ?? ''))?.destroy()
}
