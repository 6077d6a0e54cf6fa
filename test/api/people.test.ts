import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { Script } from '../harness/script.ts'
import { type Scene, type Stage, startStage } from '../harness/stage.ts'

let stage: Stage
let scene: Scene
let reader: Script
let tightener: Script
let tokenId: string
const DAY_MS = 24 * 60 * 60_000
const ISO = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)

beforeAll(async () => {
  stage = await startStage()
  scene = await stage.scene([{ name: 'a' }, { name: 'b' }, { name: 'c' }])
  reader = (await token('read')).script
  const tightens = await token('tighten')
  tightener = tightens.script
  tokenId = tightens.id
})
afterAll(() => stage.strike())

async function token(scope: 'read' | 'tighten') {
  const { personalTokens } = stage.app.rooms.identity
  const made = await personalTokens.create(stage.app.userId, { name: `may ${scope}`, scope, lifetimeMs: DAY_MS })
  return { id: made.id, script: Script.withToken(stage.app.origin, made.token) }
}

/** Every item, page by page. */
async function everything(script: Script, path: string, limit: number) {
  const items: { [key: string]: unknown }[] = []
  const totals = new Set<unknown>()
  for (let cursor: string | null = ''; cursor !== null; ) {
    const query = `limit=${limit}${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`
    const { status, body } = await script.get(`${path}${path.includes('?') ? '&' : '?'}${query}`)
    expect(status).toBe(200)
    expect(body.items.length).toBeLessThanOrEqual(limit)
    items.push(...body.items)
    totals.add(body.total)
    cursor = body.next_cursor
  }
  expect([...totals]).toEqual([items.length])
  return items
}

describe('what a token reads', () => {
  test('whose it is, and what it may do', async () => {
    expect((await tightener.get('/api/human/me')).body).toEqual({
      user: { id: stage.app.userId, email: 'owner@example.org' },
      token: { id: tokenId, name: 'may tighten', scope: 'tighten', expires_at: ISO },
    })
  })

  test('the connections', async () => {
    const bank = {
      id: scene.slug,
      name: scene.slug,
      integration_id: 'custom',
      url: scene.far.url,
      auth_method: 'none',
      connected: true,
      oauth_status: null,
      tool_count: 3,
      added_at: ISO,
      tools_read_at: ISO,
      last_error: null,
    }
    const list = { items: [bank], next_cursor: null, total: 1, total_is_exact: true }
    expect((await reader.get('/api/human/connections')).body).toEqual(list)
    expect((await reader.get(`/api/human/connections/${scene.slug}`)).body).toEqual(bank)
    expect(await reader.get('/api/human/connections/nope')).toMatchObject({
      status: 404,
      body: { error: { code: 'not_found', message: expect.any(String) } },
    })
  })

  test('the policies of a connection, by the name of the tool', async () => {
    await stage.app.setPolicy(scene.slug, 'b', 'allow')
    const policy = { connection_id: scene.slug, mode: 'require_approval', source: 'default' }
    expect(await everything(reader, `/api/human/connections/${scene.slug}/policies`, 2)).toEqual([
      { ...policy, tool_name: 'a' },
      { ...policy, tool_name: 'b', mode: 'allow', source: 'policy' },
      { ...policy, tool_name: 'c' },
    ])
    expect(await reader.get('/api/human/connections/nope/policies')).toMatchObject({ status: 404 })
  })

  test('the agents, those that are revoked too', async () => {
    const gone = await stage.app.newKey('gone')
    await stage.app.rooms.identity.agents.revoke(stage.app.userId, gone.id, 'operator')
    const reach = { connections: [scene.connectionId], expiresAt: stage.clock.now() + DAY_MS }
    const { agents } = stage.app.rooms.identity
    const limited = await agents.createKey(stage.app.userId, 'limited', 'operator', reach)
    const all = await everything(reader, '/api/human/agents', 2)
    expect(all.map(({ name }) => name).sort()).toEqual(['agent 1', 'gone', 'limited'])
    expect((await reader.get(`/api/human/agents/${limited.id}`)).body).toEqual({
      id: limited.id,
      kind: 'api_key',
      name: 'limited',
      prefix: limited.key.slice(0, 9),
      program: null,
      connections: [scene.slug],
      created_at: ISO,
      expires_at: ISO,
      last_used_at: null,
      last_used_from: null,
      revoked_at: null,
    })
    expect((await reader.get(`/api/human/agents/${gone.id}`)).body.revoked_at).toEqual(ISO)
    expect(await reader.get('/api/human/agents/nope')).toMatchObject({ status: 404 })
  })

  test('the settings', async () => {
    expect((await reader.get('/api/human/settings')).body).toEqual({
      pending_minutes: 60,
      approved_minutes: 60,
      kept_days: 90,
    })
  })
})

describe('the log', () => {
  let ids: string[]
  beforeAll(async () => {
    ids = []
    await stage.app.setPolicy(scene.slug, 'b', 'allow')
    for (let n = 0; n < 7; n++) {
      await scene.agent.call(scene.slug, 'b', { n }, `note ${n}`)
      await stage.clock.advance(1_000)
    }
    scene.far.act = () => ({ content: [], isError: true })
    await scene.agent.call(scene.slug, 'b', { n: 7 })
    scene.far.act = () => ({ content: [{ type: 'text', text: 'done' }] })
    await stage.clock.advance(1_000)
    await scene.agent.call(scene.slug, 'a', { n: 8 })
    await stage.clock.advance(1_000)
    await scene.agent.call(scene.slug, 'nope')
  })

  test('is read page by page, the newest first, and nothing twice', async () => {
    const all = await everything(reader, '/api/human/log', 3)
    ids = all.map(({ id }) => String(id))
    expect(new Set(ids).size).toBe(10)
    expect(all.map(({ ending }) => ending)).toEqual(['refused', 'pending', 'tool_error', ...Array(7).fill('executed')])
    expect(all[3]).toEqual({
      id: expect.any(String),
      ending: 'executed',
      outcome: 'executed',
      agent: { id: scene.keyId, kind: 'api_key', name: 'agent 1' },
      connection: { id: scene.slug, name: scene.slug },
      tool_name: 'b',
      asked_at: ISO,
      expires_at: null,
      decision: { mode: 'policy', by: 'policy', at: ISO, reason: null },
      settled_at: ISO,
      duration_ms: expect.any(Number),
    })
  })

  test('a call that comes meanwhile shifts no page', async () => {
    const first = await reader.get('/api/human/log?limit=3')
    await scene.agent.call(scene.slug, 'b', { n: 'late' })
    const second = await reader.get(`/api/human/log?limit=3&cursor=${first.body.next_cursor}`)
    const shown = [...first.body.items, ...second.body.items].map(({ id }: { id: string }) => id)
    expect(shown).toEqual(ids.slice(0, 6))
  })

  test('is filtered by agent, connection, tool, ending and time, and counted so', async () => {
    const total = async (query: string) => (await reader.get(`/api/human/log?${query}`)).body.total
    expect(await total(`agent_id=${scene.keyId}`)).toBe(11)
    expect(await total('agent_id=nope')).toBe(0)
    expect(await total(`connection_id=${scene.slug}&tool_name=b`)).toBe(9)
    expect(await total('ending=tool_error')).toBe(1)
    expect(await total('ending=executed&tool_name=b')).toBe(8)
    const since = new Date(stage.clock.now()).toISOString()
    expect(await total(`from=${since}`)).toBe(2)
    expect(await total(`until=${since}`)).toBe(9)
    expect(await total(`from=${since}&until=${since}`)).toBe(0)
  })

  test('one entry has what was sent and answered', async () => {
    const [first] = (await reader.get('/api/human/log?tool_name=b&ending=executed&limit=1')).body.items
    const { body } = await reader.get(`/api/human/log/${first.id}`)
    expect(body).toEqual({
      ...first,
      address: expect.any(String),
      program: expect.any(String),
      target: scene.far.url,
      arguments: { n: 'late' },
      arguments_hash: expect.stringMatching(/^[0-9a-f]{64}$/),
      notes: [],
      message: null,
      result: { content: [{ type: 'text', text: 'done' }] },
      result_hash: expect.stringMatching(/^[0-9a-f]{64}$/),
    })
    expect(await reader.get('/api/human/log/nope')).toMatchObject({ status: 404 })
  })

  test.each([
    'limit=0',
    'limit=201',
    'limit=1.5',
    'limit=many',
    'ending=nice',
    'from=2026-11-23',
    'from=2026-11-23T08:00:00',
    `cursor=${'x'.repeat(1_001)}`,
  ])('with %s is not had, and the answer says where', async (query) => {
    const { status, body } = await reader.get(`/api/human/log?${query}`)
    const [path] = query.split('=')
    expect([status, body]).toEqual([
      422,
      {
        error: {
          code: 'unprocessable',
          message: 'The request does not fit.',
          fields: [{ in: 'query', path, message: expect.any(String) }],
        },
      },
    ])
  })

  test('a cursor that is none of ours is 400, at every list', async () => {
    for (const path of ['log', 'agents', 'connections', `connections/${scene.slug}/policies`]) {
      for (const cursor of ['%00', '..', '%F0%9F%98%80', '1e9.x']) {
        const answer = await reader.get(`/api/human/${path}?cursor=${cursor}`)
        expect([path, cursor, answer]).toMatchObject([
          path,
          cursor,
          { status: 400, body: { error: { code: 'bad_request' } } },
        ])
      }
    }
  })
})

describe('a token that may tighten', () => {
  const tighten = (tool: string, mode: string, script = tightener) =>
    script.send('POST', `/api/human/connections/${scene.slug}/policies`, { tool_name: tool, mode })
  const modeOf = async (tool: string) => {
    const lookup = await stage.app.rooms.upstreams.tool(stage.app.userId, scene.slug, tool)
    if (lookup.found !== 'tool') throw new Error('no such tool')
    const { connection, definitionHash } = lookup.handle
    const facts = { userId: stage.app.userId, connectionId: connection.id, toolName: tool, definitionHash }
    return stage.app.rooms.policy.decide(facts).mode
  }
  const MODES = ['allow', 'require_approval', 'deny'] as const
  const strictness = (mode: (typeof MODES)[number]) => MODES.indexOf(mode)

  test.each(MODES.flatMap((from) => MODES.map((to) => [from, to] as const)))(
    'from %s to %s: done where less happens then, refused where more would',
    async (from, to) => {
      await stage.app.setPolicy(scene.slug, 'c', from)
      const answer = await tighten('c', to)
      const isDone = to !== 'allow' && strictness(to) >= strictness(from)
      expect(answer.status).toBe(isDone ? 200 : to === 'allow' ? 422 : 403)
      expect(await modeOf('c')).toBe(isDone ? to : from)
      if (isDone) expect(answer.body).toEqual({ connection_id: scene.slug, tool_name: 'c', mode: to, source: 'policy' })
    },
  )

  test('what already holds is not written down again', async () => {
    await stage.app.setPolicy(scene.slug, 'c', 'deny')
    const before = [...stage.app.rooms.audit.events()].length
    expect((await tighten('c', 'deny')).status).toBe(200)
    expect([...stage.app.rooms.audit.events()].length).toBe(before)
  })

  test('an allow that its tool has outgrown asks already; asking is no loosening of it, and denying tightens', async () => {
    const other = await stage.scene([{ name: 'run', description: 'one' }])
    await other.policy('allow')
    other.far.tools = [{ name: 'run', description: 'two' }]
    await stage.app.rooms.upstreams.refresh(other.connectionId, 'operator')
    const set = (mode: string) =>
      tightener.send('POST', `/api/human/connections/${other.slug}/policies`, { tool_name: 'run', mode })
    expect(await set('require_approval')).toMatchObject({ status: 200, body: { mode: 'require_approval' } })
    // Nor does it come back to life when the definition does.
    other.far.tools = [{ name: 'run', description: 'one' }]
    await stage.app.rooms.upstreams.refresh(other.connectionId, 'operator')
    expect((await set('deny')).body.mode).toBe('deny')
  })

  test('a denial voids what waits for it, and the record says which token did it', async () => {
    await stage.app.setPolicy(scene.slug, 'c', 'require_approval')
    const asked = await scene.agent.call(scene.slug, 'c', { n: 1 })
    const id = String(asked._meta?.['agentport/request_id'])
    await tighten('c', 'deny')
    expect((await stage.row(id)).state).toBe('expired')
    const events = [...stage.app.rooms.audit.events()].slice(-2)
    expect(events.map(({ name, actor }) => [name, actor])).toEqual([
      ['policy.set', `personal_token:${tokenId}`],
      ['call.expired', `personal_token:${tokenId}`],
    ])
    expect((await stage.app.rooms.audit.verify()).fault).toBeNull()
  })

  test('revokes an agent, once', async () => {
    const victim = await stage.app.newKey('victim')
    const path = `/api/human/agents/${victim.id}`
    expect(await tightener.send('DELETE', path)).toMatchObject({ status: 204, body: null })
    expect((await Script.withKey(stage.app.origin, victim.key).get('/api/tools')).status).toBe(401)
    expect(await tightener.send('DELETE', path)).toMatchObject({ status: 404, body: { error: { code: 'not_found' } } })
    expect([...stage.app.rooms.audit.events()].at(-1)).toMatchObject({
      name: 'key.revoked',
      actor: `personal_token:${tokenId}`,
    })
  })

  test('one that may only read does neither, and is told so', async () => {
    const victim = await stage.app.newKey('survivor')
    const forbidden = {
      status: 403,
      body: { error: { code: 'forbidden', message: expect.stringContaining('only read') } },
    }
    expect(await tighten('a', 'deny', reader)).toMatchObject(forbidden)
    expect(await reader.send('DELETE', `/api/human/agents/${victim.id}`)).toMatchObject(forbidden)
    expect(await modeOf('a')).toBe('require_approval')
    expect((await Script.withKey(stage.app.origin, victim.key).get('/api/tools')).status).toBe(200)
  })

  test('asking and denying at the same moment end in a denial, whichever comes first', async () => {
    for (let round = 0; round < 20; round++) {
      await stage.app.setPolicy(scene.slug, 'c', 'require_approval')
      await Promise.all([tighten('c', 'require_approval'), tighten('c', 'deny'), tighten('c', 'require_approval')])
      expect(await modeOf('c')).toBe('deny')
    }
  })

  test('what is not there is 404', async () => {
    expect(await tighten('nope', 'deny')).toMatchObject({ status: 404 })
    const elsewhere = await tightener.send('POST', '/api/human/connections/nope/policies', {
      tool_name: 'a',
      mode: 'deny',
    })
    expect(elsewhere).toMatchObject({ status: 404 })
  })
})

test('another person’s token sees and changes nothing of all this', async () => {
  const { humans, personalTokens } = stage.app.rooms.identity
  const other = await humans.addUser('neighbour@example.org', 'another long password', 'operator')
  const made = await personalTokens.create(other.id, { name: 'x', scope: 'tighten', lifetimeMs: DAY_MS })
  const neighbour = Script.withToken(stage.app.origin, made.token)
  const [entry] = (await reader.get('/api/human/log?limit=1')).body.items
  for (const path of ['connections', 'agents', 'log'])
    expect((await neighbour.get(`/api/human/${path}`)).body).toMatchObject({ items: [], total: 0 })
  for (const [method, path, body] of [
    ['GET', `connections/${scene.slug}`],
    ['GET', `connections/${scene.slug}/policies`],
    ['POST', `connections/${scene.slug}/policies`, { tool_name: 'a', mode: 'deny' }],
    ['GET', `agents/${scene.keyId}`],
    ['DELETE', `agents/${scene.keyId}`],
    ['GET', `log/${entry.id}`],
  ] as const)
    expect([path, (await neighbour.send(method, `/api/human/${path}`, body)).status]).toEqual([path, 404])
})
