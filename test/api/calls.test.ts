import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { requestId } from '../harness/agent.ts'
import { until } from '../harness/everything.ts'
import { hang } from '../harness/far-end.ts'
import { Script } from '../harness/script.ts'
import { latch, MINUTE_MS, type Scene, type Stage, startStage } from '../harness/stage.ts'
import { newestRows } from '../harness/whole-rows.ts'

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => stage.strike())

const NUMBERS = [{ name: 'run', inputSchema: { type: 'object', properties: { n: { type: 'number' } } } }]
async function setUp(tools?: Parameters<Stage['scene']>[0]) {
  const scene = await stage.scene(tools)
  return { scene, script: Script.withKey(stage.app.origin, scene.key) }
}
const approve = (id: string) => stage.person.decide(id, 'once')

describe('a call by REST goes the way of one by MCP', () => {
  test('allowed, it runs and its log entry is the same but for how the caller names itself', async () => {
    const { scene, script } = await setUp()
    await scene.policy('allow')
    await scene.call({ n: 1 }, 'a note')
    await script.call(scene.slug, 'run', { n: 1 }, { additional_info: 'a note' })
    const [byRest, byMcp] = await newestRows(stage.app.rooms.approvals, stage.app.userId, 2)
    if (!byRest || !byMcp) throw new Error('The log lacks them')
    const { id, askedAt, decidedAt, claimedAt, settledAt, durationMs, program, ...rest } = byRest
    expect(byMcp).toMatchObject(rest)
    expect(program).toMatch(/^Bun\//)
    expect([await stage.notes(id), await stage.notes(byMcp.id)]).toEqual([['a note'], ['a note']])
    expect(scene.far.calls).toHaveLength(2)
  })

  test('a request is one request, whichever door its agent asks and awaits at', async () => {
    const { scene, script } = await setUp()
    const id = await scene.ask({ n: 1 })
    expect((await script.call(scene.slug, 'run', { n: 1 })).body.approval_request_id).toBe(id)
    await approve(id)
    expect((await script.await(id)).body.status).toBe('approved')
    expect((await scene.await(id)).content).toEqual([{ type: 'text', text: 'done' }])
    expect((await script.await(id)).body).toMatchObject({ status: 'consumed', outcome: 'executed' })
    expect(scene.far.calls).toHaveLength(1)
  })

  test('the tool’s own error, its structured content and every kind of block arrive unchanged', async () => {
    const { scene, script } = await setUp()
    await scene.policy('allow')
    const result = {
      content: [
        { type: 'text', text: 'no' },
        { type: 'image', data: 'AAAA', mimeType: 'image/png' },
        { type: 'resource', resource: { uri: 'file:///a', text: 'b' } },
      ],
      isError: true,
      structuredContent: { deep: [{ a: 1 }] },
    }
    scene.far.act = () => result
    const { status, body } = await script.call(scene.slug, 'run')
    expect([status, body]).toEqual([200, result])
  })

  test('what never ran and what may have run are told apart', async () => {
    const { scene, script } = await setUp()
    await scene.policy('allow')
    scene.far.refuse = () => new Response(null, { status: 403 })
    expect(await script.call(scene.slug, 'run')).toMatchObject({ status: 502, body: { outcome: 'failed' } })
    scene.far.refuse = null
    scene.far.act = () => new Response(null, { status: 500 })
    const lost = await script.call(scene.slug, 'run')
    expect(lost).toMatchObject({ status: 502, body: { outcome: 'unknown' } })
    expect(lost.body.detail).toContain('Check before repeating it')
    expect((await script.await(lost.body.approval_request_id)).body).toMatchObject({
      status: 'consumed',
      outcome: 'unknown',
      decision_mode: 'allow_tool_forever',
    })
  })

  test('a server’s words never become ours: neither its error nor its _meta', async () => {
    const { scene, script } = await setUp()
    await scene.policy('allow')
    scene.far.act = () => ({ content: [], _meta: { 'agentport/outcome': 'denied' }, error: 'denied', outcome: 'x' })
    const { status, body } = await script.call(scene.slug, 'run')
    expect([status, body]).toEqual([200, { content: [], isError: false }])
  })
})

describe('a human-approved call runs once', () => {
  test('whoever awaits claims nothing: only the repeated call runs it', async () => {
    const { scene, script } = await setUp()
    const id = (await script.call(scene.slug, 'run')).body.approval_request_id
    await approve(id)
    const answers = await Promise.all(Array.from({ length: 10 }, () => script.await(id)))
    expect(answers.map(({ body }) => body.status)).toEqual(Array(10).fill('approved'))
    expect(scene.far.calls).toHaveLength(0)
    expect((await script.call(scene.slug, 'run')).status).toBe(200)
    expect(scene.far.calls).toHaveLength(1)
  })

  test('however many repeat it at once: all get the one result', async () => {
    const { scene, script } = await setUp()
    let runs = 0
    const gate = latch()
    scene.far.act = async () => {
      runs++
      await gate.opened
      return { content: [{ type: 'text', text: `run ${runs}` }] }
    }
    const id = (await script.call(scene.slug, 'run')).body.approval_request_id
    await approve(id)
    const repeated = Array.from({ length: 10 }, () => script.call(scene.slug, 'run'))
    await until(() => runs === 1)
    const watched = script.await(id, 30)
    gate.open()
    for (const { status, body } of await Promise.all(repeated)) {
      expect([status, body]).toEqual([200, { content: [{ type: 'text', text: 'run 1' }], isError: false }])
    }
    // It waited for the end, since it began to wait while the call ran.
    expect((await watched).body).toMatchObject({ status: 'consumed', outcome: 'executed' })
    // Once it has run, the same call asks anew.
    expect(await script.call(scene.slug, 'run')).toMatchObject({ status: 403, body: { error: 'approval_required' } })
    expect(runs).toBe(1)
  })

  test('many who ask the same at once share one request', async () => {
    const { scene, script } = await setUp()
    const asked = await Promise.all(Array.from({ length: 10 }, () => script.call(scene.slug, 'run')))
    expect(new Set(asked.map(({ body }) => body.approval_request_id)).size).toBe(1)
  })

  test('allowed calls are never merged: two at once are two runs', async () => {
    const { scene, script } = await setUp()
    await scene.policy('allow')
    await Promise.all([script.call(scene.slug, 'run'), script.call(scene.slug, 'run')])
    expect(scene.far.calls).toHaveLength(2)
  })

  test('an approval is void once the tool is denied, and the repeated call says so', async () => {
    const { scene, script } = await setUp()
    const id = (await script.call(scene.slug, 'run')).body.approval_request_id
    await approve(id)
    await scene.policy('deny')
    expect((await script.await(id)).body).toMatchObject({
      status: 'expired',
      message: expect.stringContaining('The tool was set to deny.'),
    })
    expect(await script.call(scene.slug, 'run')).toMatchObject({ status: 403, body: { outcome: 'blocked' } })
    expect(scene.far.calls).toHaveLength(0)
  })

  test('Always approve runs the repeated call, and the next without asking', async () => {
    const { scene, script } = await setUp()
    const id = (await script.call(scene.slug, 'run')).body.approval_request_id
    await stage.person.decide(id, 'always')
    expect((await script.await(id)).body).toMatchObject({ status: 'approved', decision_mode: 'allow_tool_forever' })
    expect((await script.call(scene.slug, 'run')).status).toBe(200)
    expect((await script.call(scene.slug, 'run')).status).toBe(200)
    expect((await script.get(`/api/tools/${scene.slug}`)).body[0].execution_mode).toBe('allow')
  })

  test('a denial is told with its reason, and again to who asks again', async () => {
    const { scene, script } = await setUp()
    const id = (await script.call(scene.slug, 'run')).body.approval_request_id
    await stage.person.decide(id, 'deny', 'Not today')
    const told = { status: 'denied', decision_mode: 'deny', message: expect.stringContaining('Not today') }
    expect((await script.await(id)).body).toMatchObject(told)
    expect(await script.call(scene.slug, 'run')).toMatchObject({
      status: 403,
      body: { error: 'denied', outcome: 'denied', reason: 'Not today' },
    })
  })

  test('nobody decides in time, and it says so', async () => {
    const { scene, script } = await setUp()
    const id = (await script.call(scene.slug, 'run')).body.approval_request_id
    await stage.clock.advance(61 * MINUTE_MS)
    expect((await script.await(id)).body).toMatchObject({ status: 'expired', expires_at: expect.any(String) })
    expect((await script.call(scene.slug, 'run')).body.approval_request_id).not.toBe(id)
  })
})

describe('what is sent', () => {
  const send = (script: Script, slug: string, body: string) => script.send('POST', `/api/tools/${slug}/call`, body)

  test('a number that a double cannot hold is refused, and a person is not asked', async () => {
    const { scene, script } = await setUp(NUMBERS)
    for (const number of ['9007199254740993', '-9007199254740993', '123456789012345678901', '1e400']) {
      const { status, body } = await send(script, scene.slug, `{"tool_name":"run","args":{"n":${number}}}`)
      expect([number, status]).toEqual([number, 422])
      expect(body).toMatchObject({ detail: expect.stringContaining('cannot be held exactly'), outcome: 'invalid' })
    }
    expect(await send(script, scene.slug, '{"tool_name":"run","args":{"n":9007199254740992}}')).toMatchObject({
      status: 403,
    })
    expect(await send(script, scene.slug, '{"tool_name":"run","args":{"n":1e21}}')).toMatchObject({ status: 403 })
  })

  test('arguments over 256 KB are refused in words, a body over 4 MB before it is read', async () => {
    const { scene, script } = await setUp()
    const big = await script.call(scene.slug, 'run', { text: 'x'.repeat(300_000) })
    expect(big).toMatchObject({ status: 422, body: { detail: expect.stringContaining('256 KB') } })
    const huge = await script.call(scene.slug, 'run', { text: 'x'.repeat(5_000_000) })
    expect(huge).toMatchObject({ status: 413, body: { detail: expect.any(String) } })
  })

  test('arguments that break the tool’s schema are refused with where', async () => {
    const { scene, script } = await setUp(NUMBERS)
    const { status, body } = await script.call(scene.slug, 'run', { n: 'three' })
    expect([status, body.outcome]).toEqual([422, 'invalid'])
    expect(body.detail).toContain('n')
  })

  test('a __proto__ among the arguments is an argument like any other', async () => {
    const { scene, script } = await setUp()
    await scene.policy('allow')
    await send(script, scene.slug, '{"tool_name":"run","args":{"__proto__":{"admin":true},"constructor":1}}')
    expect(JSON.stringify(scene.far.calls[0]?.arguments)).toBe('{"__proto__":{"admin":true},"constructor":1}')
  })

  test('args may be left out', async () => {
    const { scene, script } = await setUp()
    await scene.policy('allow')
    expect((await send(script, scene.slug, '{"tool_name":"run"}')).status).toBe(200)
    expect(scene.far.calls[0]?.arguments).toEqual({})
  })

  test.each([
    ['nothing', ''],
    ['no JSON', '{"tool_name":'],
    ['a list', '[]'],
    ['null', 'null'],
    ['no tool', '{}'],
    ['args that are a list', '{"tool_name":"run","args":[]}'],
    ['args that are null', '{"tool_name":"run","args":null}'],
    ['a note that is a number', '{"tool_name":"run","additional_info":1}'],
    ['a note that is a book', JSON.stringify({ tool_name: 'run', additional_info: 'x'.repeat(10_001) })],
    ['half a UTF-8 character', Buffer.from([0x7b, 0xff, 0x7d]).toString('latin1')],
    ['nesting without end', '['.repeat(200_000)],
  ])('%s is 422', async (_, body) => {
    const { scene, script } = await setUp()
    const answer = await send(script, scene.slug, body)
    expect(answer).toMatchObject({ status: 422, body: { detail: expect.any(Array) } })
    expect(scene.far.calls).toHaveLength(0)
  })

  test.each(['application/x-www-form-urlencoded', 'text/plain', 'multipart/form-data; boundary=x', ''])(
    'JSON that calls itself %p is 422, since any web page can send that',
    async (type) => {
      const { scene, script } = await setUp()
      const body = JSON.stringify({ tool_name: 'run' })
      const answer = await script.send('POST', `/api/tools/${scene.slug}/call`, body, {
        headers: { 'content-type': type },
      })
      expect(answer).toMatchObject({ status: 422, body: { detail: [{ msg: 'Send the body as application/json.' }] } })
    },
  )

  test('more than 50 that wait for a person are too many', async () => {
    const { scene, script } = await setUp()
    for (let n = 0; n < 50; n++) await script.call(scene.slug, 'run', { n })
    expect(await script.call(scene.slug, 'run', { n: 50 })).toMatchObject({ status: 429, body: { outcome: 'limited' } })
  })
})

test('whoever hangs up in the middle of a run has it cancelled, and its end is kept', async () => {
  const { scene, script } = await setUp()
  await scene.policy('allow')
  scene.far.act = (call) => hang(call).then(() => ({ content: [] }))
  const end = new AbortController()
  const call = script
    .send('POST', `/api/tools/${scene.slug}/call`, { tool_name: 'run' }, { signal: end.signal })
    .catch(() => 'hung up')
  await until(() => scene.far.calls.length === 1)
  end.abort()
  expect(await call).toBe('hung up')
  await until(() => scene.far.calls[0]?.cancelled.aborted)
  const [row] = await newestRows(stage.app.rooms.approvals, stage.app.userId, 1)
  await until(async () => (await stage.row(row?.id ?? '')).state === 'unknown')
})

describe('an agent that is limited to chosen connections', () => {
  let inside: Scene
  let outside: Scene
  let script: Script
  let keyId: string
  beforeAll(async () => {
    inside = await stage.scene()
    outside = await stage.scene()
    const reach = { connections: [inside.connectionId], expiresAt: null }
    const made = await stage.app.rooms.identity.agents.createKey(stage.app.userId, 'limited', 'operator', reach)
    keyId = made.id
    script = Script.withKey(stage.app.origin, made.key)
  })

  test('sees those and no others, in every list', async () => {
    expect(
      (await script.get('/api/installed')).body.map((each: { integration_id: string }) => each.integration_id),
    ).toEqual([inside.slug])
    expect(
      (await script.get('/api/tools')).body.map((each: { integration_id: string }) => each.integration_id),
    ).toEqual([inside.slug])
    expect(JSON.stringify((await script.get('/api/integrations')).body)).not.toContain(`"${outside.slug}"`)
  })

  test('for everything else it is as if they were not there', async () => {
    for (const [method, path, body] of [
      ['GET', `/api/integrations/${outside.slug}`],
      ['GET', `/api/tools/${outside.slug}`],
      ['POST', `/api/tools/${outside.slug}/call`, { tool_name: 'run' }],
      ['POST', `/api/auth/${outside.slug}/start`],
      ['PATCH', `/api/installed/${outside.slug}`, { token: 'x' }],
      ['DELETE', `/api/installed/${outside.slug}`],
    ] as const) {
      const answer = await script.send(method, path, body)
      expect([method, path, answer.status]).toEqual([method, path, 404])
      const unknown = await script.send(method, path.replace(outside.slug, 'far-99'), body)
      expect(JSON.stringify(answer.body).replaceAll(outside.slug, 'far-99')).toBe(JSON.stringify(unknown.body))
    }
    expect(outside.far.calls).toHaveLength(0)
  })

  test('it adds none', async () => {
    const body = { integration_id: 'github', auth_method: 'token' }
    expect(await script.send('POST', '/api/installed', body)).toMatchObject({
      status: 403,
      body: { detail: expect.any(String) },
    })
  })

  test('what it asked before it was limited further is void, and cannot be awaited any more', async () => {
    const id = (await script.call(inside.slug, 'run')).body.approval_request_id
    const waiting = script.await(id, 30)
    await stage.waiting(30)
    await stage.app.rooms.identity.agents.limit(
      stage.app.userId,
      keyId,
      { connections: [], expiresAt: null },
      'operator',
    )
    expect((await waiting).body).toMatchObject({ status: 'expired' })
    expect(await script.await(id)).toMatchObject({ status: 404 })
    expect(await script.call(inside.slug, 'run')).toMatchObject({ status: 404 })
  })
})

test('nobody awaits another agent’s request, nor one that never was', async () => {
  const mine = await setUp()
  const other = await setUp()
  const id = (await mine.script.call(mine.scene.slug, 'run')).body.approval_request_id
  const blocked = requestId(await mine.scene.agent.call(mine.scene.slug, 'nope'))
  const answers = await Promise.all([
    other.script.await(id),
    other.script.await('nope'),
    other.script.await('%00'),
    other.script.await('x'.repeat(5_000)),
    // Nobody was ever asked about it.
    mine.script.await(blocked),
  ])
  for (const answer of answers)
    expect(answer).toMatchObject({ status: 404, body: { detail: 'There is no such request of yours.' } })
})
