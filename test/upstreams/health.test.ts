import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { sql } from 'drizzle-orm'
import { outcome, requestId, type ToolResult, text } from '../harness/agent.ts'
import { until } from '../harness/everything.ts'
import { FarEnd, hang, rpcError } from '../harness/far-end.ts'
import { latch, MINUTE_MS, type Scene, type Stage, startStage } from '../harness/stage.ts'
import { newestRows } from '../harness/whole-rows.ts'

const S = 1_000

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => stage.strike())

/** A scene whose one tool is allowed. */
async function allowed(): Promise<Scene> {
  const scene = await stage.scene()
  await scene.policy('allow')
  return scene
}
const busy = () => new Response('busy', { status: 503 })
/** Three failures in a row, each of them sent. */
async function fail(scene: Scene, act: Scene['far']['act'] = busy): Promise<void> {
  const before = scene.far.calls.length
  const works = scene.far.act
  scene.far.act = act
  for (let n = 0; n < 3; n++) expect(outcome(await scene.call({ failing: n }))).not.toBe('executed')
  expect(scene.far.calls.length).toBe(before + 3)
  scene.far.act = works
}
const pageOf = async ({ slug }: Scene) => {
  const html = await (await stage.person.get(`/connections/${slug}`)).text()
  return html
    .slice(html.indexOf('<main'))
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
}
const healthOf = async ({ slug }: Scene) => (await stage.app.rooms.upstreams.find(stage.app.userId, slug))?.health
const lastError = async ({ agent, slug }: Scene) =>
  (await agent.use('agentport__get_auth_status', { integration_id: slug })).structuredContent?.last_error
const isPending = async ({ keyId }: Scene) =>
  (await stage.app.rooms.approvals.waiting(stage.app.userId)).some((row) => row.principalId === keyId)
const saysOpen = (result: ToolResult) => {
  expect(outcome(result)).toBe('failed')
  expect(result.isError).toBe(true)
  expect(text(result)).toContain('is not called at the moment')
  expect(text(result)).toMatch(/It is tried again in \d+ s\./)
  expect(text(result)).toContain('The call did not run. It may be repeated.')
}

describe('a server that fails three times in a row', () => {
  test('is not called any more for a while: an allowed call ends failed at once, and says when it is tried again', async () => {
    const scene = await allowed()
    await fail(scene)
    const sent = scene.far.seen.length
    const began = performance.now()
    const results = await Promise.all(Array.from({ length: 20 }, () => scene.call()))
    expect(performance.now() - began).toBeLessThan(1_000)
    for (const result of results) saysOpen(result)
    expect(scene.far.seen.length).toBe(sent)
    expect((await stage.row(requestId(results[0] as ToolResult))).state).toBe('failed')
  })

  test('is asked whether it works before the next call goes, once for all who come, and called again when it does', async () => {
    const scene = await allowed()
    await fail(scene)
    await stage.clock.advance(7 * S)
    scene.far.seen.length = 0
    const results = await Promise.all(Array.from({ length: 10 }, () => scene.call()))
    expect(results.map(outcome)).toEqual(Array(10).fill('executed'))
    expect(scene.far.seen.filter((each) => each === 'POST tools/list')).toHaveLength(1)
    expect(await healthOf(scene)).toEqual({ state: 'ok', why: null, tryAt: null })
  })

  test('and does not work yet is left alone for longer each time', async () => {
    const scene = await allowed()
    await fail(scene)
    scene.far.refuse = busy
    const waits: number[] = []
    for (let round = 0; round < 4; round++) {
      const { tryAt } = (await healthOf(scene)) ?? {}
      waits.push(((tryAt ?? 0) - stage.clock.now()) / S)
      await stage.clock.advance((tryAt ?? 0) - stage.clock.now())
      saysOpen(await scene.call())
    }
    for (const [round, seconds] of [5, 10, 20, 40].entries()) {
      expect(waits[round]).toBeGreaterThanOrEqual(seconds * 0.8)
      expect(waits[round]).toBeLessThanOrEqual(seconds * 1.2)
    }
  })

  test('answers again but fails the first call that goes: the others are told at once, and nothing more is sent', async () => {
    const scene = await allowed()
    await fail(scene)
    const gate = latch()
    scene.far.act = async () => {
      await gate.opened
      return busy()
    }
    await stage.clock.advance(7 * S)
    const sent = scene.far.calls.length
    const calls = Array.from({ length: 10 }, () => scene.call())
    await until(() => scene.far.calls.length === sent + 1)
    await Bun.sleep(30)
    // One at a time until one has run.
    expect(scene.far.calls.length).toBe(sent + 1)
    gate.open()
    const results = await Promise.all(calls)
    expect(results.filter((result) => outcome(result) === 'unknown')).toHaveLength(1)
    expect(results.filter((result) => outcome(result) === 'failed')).toHaveLength(9)
    expect(scene.far.calls.length).toBe(sent + 1)
  })

  test('but answered in between is called on', async () => {
    const scene = await allowed()
    for (let n = 0; n < 10; n++) {
      const works = n % 3 === 2
      scene.far.act = works ? () => ({ content: [] }) : busy
      expect(outcome(await scene.call())).toBe(works ? 'executed' : 'unknown')
    }
    scene.far.act = () => ({ content: [] })
    expect(outcome(await scene.call())).toBe('executed')
    const health = await healthOf(scene)
    expect(health?.state).toBe('degraded')
    expect(health?.why).toBe('7 of the last 11 calls failed.')
  })
})

describe('a person', () => {
  test('is not asked about what could not run: the agent is told so at once, and it stands in the log', async () => {
    const scene = await allowed()
    await fail(scene)
    await scene.policy('require_approval')
    const result = await scene.call({ gated: true })
    saysOpen(result)
    expect(await isPending(scene)).toBe(false)
    expect(await stage.row(requestId(result))).toMatchObject({ state: 'refused', outcome: 'failed' })
    const { asks, text: page } = await stage.page(requestId(result))
    expect(asks).toBe(false)
    expect(page).toContain('Its server could not be called at that moment. Nothing ran, and nobody was asked.')
  })

  test('is asked as soon as the server answers again, and not before', async () => {
    const scene = await allowed()
    await fail(scene)
    await scene.policy('require_approval')
    scene.far.refuse = busy
    await stage.clock.advance(7 * S)
    // It is asked first whether it works; it does not.
    saysOpen(await scene.call({ gated: true }))
    expect(await isPending(scene)).toBe(false)
    scene.far.refuse = null
    await stage.clock.advance(13 * S)
    expect(outcome(await scene.call({ gated: true }))).toBe('approval_required')
  })

  test('keeps what they were asked before: the same call again leads to the same request', async () => {
    const scene = await allowed()
    await scene.policy('require_approval')
    const id = await scene.ask({ n: 1 })
    await scene.policy('allow')
    await fail(scene)
    await scene.policy('require_approval')
    const again = await scene.call({ n: 1 })
    expect(outcome(again)).toBe('approval_required')
    expect(requestId(again)).toBe(id)
  })
})

describe('an approval', () => {
  /** Approved while its server works, and then the server fails. */
  /** One call is approved; the tool may be called freely beside it. */
  async function approvedAmongAllowed(): Promise<{ scene: Scene; id: string }> {
    const scene = await allowed()
    await scene.policy('require_approval')
    const id = await scene.ask({ n: 1 })
    await stage.person.decide(id, 'once')
    await stage.app.setPolicy(scene.slug, 'run', 'allow')
    return { scene, id }
  }

  async function approvedAndFailing(): Promise<{ scene: Scene; id: string }> {
    const { scene, id } = await approvedAmongAllowed()
    await fail(scene)
    await stage.app.setPolicy(scene.slug, 'run', 'require_approval')
    return { scene, id }
  }

  test('is not lost to a server that fails: the agent is told when to try, and then it runs, once', async () => {
    const { scene, id } = await approvedAndFailing()
    const sent = scene.far.calls.length
    for (const result of [await scene.await(id), await scene.call({ n: 1 })]) {
      saysOpen(result)
      expect(text(result)).toContain('The approval still holds: call agentport__await_approval again.')
      expect((await stage.row(id)).state).toBe('approved')
    }
    expect(scene.far.calls.length).toBe(sent)
    await stage.clock.advance(7 * S)
    const results = await Promise.all(Array.from({ length: 8 }, () => scene.await(id)))
    expect(results.map(outcome)).toEqual(Array(8).fill('executed'))
    expect(scene.far.calls.length).toBe(sent + 1)
  })

  test('is not lost to a server that begins to fail while it waits for its turn', async () => {
    const { scene, id } = await approvedAmongAllowed()
    const gate = latch()
    scene.far.act = async ({ arguments: { slow } }) => {
      if (slow === true) await gate.opened
      return slow === true ? busy() : { content: [] }
    }
    const slow = Array.from({ length: 60 }, (_, n) => scene.call({ slow: true, n }))
    await until(() => scene.far.calls.length === 48)
    await Bun.sleep(50)
    const waiting = scene.await(id)
    await Bun.sleep(50)
    expect((await stage.row(id)).state).toBe('approved')
    gate.open()
    const result = await waiting
    saysOpen(result)
    expect(text(result)).toContain('The approval still holds')
    expect((await stage.row(id)).state).toBe('approved')
    await Promise.all(slow)
    await stage.clock.advance(7 * S)
    expect(outcome(await scene.await(id))).toBe('executed')
  })

  test('is not lost to a server that limits us, and is used once it may be', async () => {
    const { scene, id } = await approvedAmongAllowed()
    scene.far.act = () => new Response(null, { status: 429, headers: { 'retry-after': '100' } })
    await scene.call({ limited: true })
    scene.far.act = () => ({ content: [] })
    const held = await scene.await(id)
    expect(outcome(held)).toBe('failed')
    expect(text(held)).toContain('The approval still holds')
    await stage.clock.advance(80 * S)
    const waiting = scene.await(id, 60)
    await stage.waiting(60)
    await stage.clock.advance(20 * S)
    expect(outcome(await waiting)).toBe('executed')
  })

  test('that one client of an agent uses is no failure for another that waits for its turn with it', async () => {
    const { scene, id } = await approvedAndFailing()
    const gate = latch()
    scene.far.act = async () => {
      await gate.opened
      return { content: [{ type: 'text', text: 'once' }] }
    }
    await stage.clock.advance(7 * S)
    const sent = scene.far.calls.length
    const both = [scene.await(id, 60), scene.await(id, 60)]
    // The server has just recovered: one call at a time.
    await until(() => scene.far.calls.length === sent + 1)
    await Bun.sleep(50)
    await stage.clock.advance(31 * S)
    await Bun.sleep(20)
    gate.open()
    expect((await Promise.all(both)).map(text)).toEqual(['once', 'once'])
    expect(scene.far.calls.length).toBe(sent + 1)
  })

  test('goes back to the line of an agent that goes away, who then finds it still there', async () => {
    const { scene, id } = await approvedAmongAllowed()
    const gate = latch()
    scene.far.act = async ({ arguments: { slow } }) => {
      if (slow === true) await gate.opened
      return { content: [] }
    }
    const slow = Array.from({ length: 48 }, (_, n) => scene.call({ slow: true, n }))
    await until(() => scene.far.calls.length === 48)
    const gone = new AbortController()
    const waiting = scene.agent.await(id, 60, { signal: gone.signal }).catch((error: unknown) => error)
    await Bun.sleep(50)
    gone.abort()
    await waiting
    await Bun.sleep(50)
    gate.open()
    await Promise.all(slow)
    await Bun.sleep(20)
    expect((await stage.row(id)).state).toBe('approved')
    expect(scene.far.calls.length).toBe(48)
    expect(outcome(await scene.await(id))).toBe('executed')
  })
})

describe('what counts as a failure of the server:', () => {
  const opens = async (scene: Scene) => text(await scene.call()).includes('is not called at the moment')
  const limit = (scene: Scene, ms: number) =>
    stage.app.rooms.store.db.run(sql`UPDATE connections SET call_timeout_ms = ${ms} WHERE id = ${scene.connectionId}`)

  test('that it is gone, and comes back', async () => {
    const scene = await allowed()
    const { port } = scene.far
    await scene.far.stop()
    for (let n = 0; n < 3; n++) expect(outcome(await scene.call())).toBe('failed')
    saysOpen(await scene.call())
    expect(await pageOf(scene)).toContain('Not reachable')
    expect(await lastError(scene)).toContain('cannot be reached')
    scene.far.start(port)
    await stage.clock.advance(7 * S)
    expect(outcome(await scene.call())).toBe('executed')
    expect(await lastError(scene)).toBeNull()
    expect(await pageOf(scene)).not.toContain('The last contact failed')
  })

  test('that it hangs', async () => {
    const scene = await allowed()
    limit(scene, 200)
    await fail(scene, (call) => hang(call).then(() => ({ content: [] })))
    expect(await opens(scene)).toBe(true)
  })

  test('that it drips', async () => {
    const scene = await allowed()
    limit(scene, 300)
    await fail(scene, ({ cancelled }) => {
      const body = new ReadableStream<Uint8Array>({
        async start(controller) {
          for (let n = 0; n < 100 && !cancelled.aborted; n++) {
            controller.enqueue(new TextEncoder().encode(': drip\n\n'))
            await Bun.sleep(20)
          }
          controller.close()
        },
      })
      return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
    })
    expect(await opens(scene)).toBe(true)
  })

  test.each<[string, Scene['far']['act']]>([
    ['answers that are no JSON', () => new Response('hello', { headers: { 'content-type': 'application/json' } })],
    ['answers that are no JSON-RPC', () => Response.json({ hello: true })],
    ['a page', () => new Response('<p>Welcome', { headers: { 'content-type': 'text/html' } })],
    [
      'a stream that ends without an answer',
      () => new Response('', { headers: { 'content-type': 'text/event-stream' } }),
    ],
    ['an answer to something else', () => Response.json({ jsonrpc: '2.0', id: 'x', result: { content: [] } })],
    ['500', () => new Response(null, { status: 500 })],
    ['504', () => new Response(null, { status: 504 })],
    ['401', () => new Response(null, { status: 401 })],
  ])('that it lies or breaks: %s', async (_what, act) => {
    const scene = await allowed()
    await fail(scene, act)
    expect(await opens(scene)).toBe(true)
  })

  test.each<[string, Scene['far']['act']]>([
    ['a refusal of the arguments', ({ id }) => rpcError(id, -32602, 'no')],
    ['an error of the tool', () => ({ content: [], isError: true })],
    ['an internal error of the tool', ({ id }) => rpcError(id, -32603, 'no')],
    ['403', () => new Response(null, { status: 403 })],
    ['404', () => new Response(null, { status: 404 })],
    ['400', () => new Response(null, { status: 400 })],
    ['409', () => new Response(null, { status: 409 })],
    ['a redirect', () => new Response(null, { status: 307, headers: { location: 'https://example.com' } })],
  ])('and what does not, since the server works: %s', async (_what, act) => {
    const scene = await allowed()
    scene.far.act = act
    for (let n = 0; n < 6; n++) await scene.call({ n })
    scene.far.act = () => ({ content: [] })
    expect(outcome(await scene.call())).toBe('executed')
    expect((await healthOf(scene))?.state).toBe('ok')
  })

  test('nor does a session that it forgot, again and again', async () => {
    const scene = await allowed()
    for (let n = 0; n < 6; n++) {
      scene.far.forgetSessions()
      expect(outcome(await scene.call({ n }))).toBe('executed')
    }
    expect((await healthOf(scene))?.state).toBe('ok')
  })

  test('nor does a caller who gives up', async () => {
    const scene = await allowed()
    scene.far.act = (call) => hang(call).then(() => ({ content: [] }))
    for (let n = 0; n < 5; n++) {
      const gone = new AbortController()
      const sent = scene.far.calls.length
      const call = scene.agent.call(scene.slug, 'run', { n }, undefined, { signal: gone.signal }).catch(() => {})
      await until(() => scene.far.calls.length > sent)
      gone.abort()
      await call
    }
    scene.far.act = () => ({ content: [] })
    expect(outcome(await scene.call())).toBe('executed')
  })
})

describe('a server that limits us', () => {
  const limited = (status: number, retryAfter: string) => () =>
    new Response(null, { status, headers: { 'retry-after': retryAfter } })
  const inSeconds = (s: number) => new Date(stage.clock.now() + s * S).toUTCString()

  test.each([
    [429, 'failed', 'in seconds', (): string => '8'],
    [429, 'failed', 'as a date', (): string => inSeconds(8)],
    [503, 'unknown', 'in seconds', (): string => '8'],
  ] as const)(
    'with %d ends that call as %s, and the next one waits as long as it asks %s',
    async (status, word, _how, retryAfter) => {
      const scene = await allowed()
      const { agent, slug } = scene
      scene.far.act = () => {
        // By the clock of this test, which is another than the machine's.
        const response = limited(status, retryAfter())()
        response.headers.set('date', new Date(stage.clock.now()).toUTCString())
        return response
      }
      expect(outcome(await scene.call({ n: 1 }))).toBe(word)
      scene.far.act = () => ({ content: [] })
      const waiting = agent.call(slug, 'run', { n: 2 })
      await Bun.sleep(30)
      await stage.clock.advance(6 * S)
      expect(scene.far.calls).toHaveLength(1)
      expect((await healthOf(scene))?.state).toBe('degraded')
      expect(await pageOf(scene)).toContain('Has a problem')
      await stage.clock.advance(2 * S)
      expect(outcome(await waiting)).toBe('executed')
      expect(scene.far.calls).toHaveLength(2)
      expect((await healthOf(scene))?.state).toBe('ok')
    },
  )

  test('for longer than a call may wait ends the next call at once, in words that say when', async () => {
    const scene = await allowed()
    scene.far.act = limited(429, '90')
    expect(text(await scene.call({ n: 1 }))).toContain('limiting requests (429)')
    const result = await scene.call({ n: 2 })
    expect(outcome(result)).toBe('failed')
    expect(text(result)).toContain('limits how often it is called, and asked to be left alone. Try again in 90 s.')
    expect(scene.far.calls).toHaveLength(1)
    expect(await lastError(scene)).toBe('The server limits how often it is called. Calls go there again in 90 s.')
  })

  test('for a year is asked again after an hour', async () => {
    const scene = await allowed()
    scene.far.act = limited(429, '31536000')
    await scene.call({ n: 1 })
    expect(((await healthOf(scene))?.tryAt ?? 0) - stage.clock.now()).toBe(60 * MINUTE_MS)
  })

  test('spends at most half of a call’s time on waiting, and says so: what was not sent did not run', async () => {
    const scene = await allowed()
    scene.far.act = limited(429, '29')
    await scene.call({ n: 1 })
    const gate = latch()
    scene.far.act = async () => {
      await gate.opened
      return { content: [] }
    }
    const first = scene.call({ n: 2 })
    const second = scene.call({ n: 3 })
    await Bun.sleep(30)
    await stage.clock.advance(29 * S)
    await until(() => scene.far.calls.length === 2)
    await stage.clock.advance(1 * S)
    const result = await second
    expect(outcome(result)).toBe('failed')
    expect(text(result)).toContain('this one waited 30 s for its turn')
    gate.open()
    expect(outcome(await first)).toBe('executed')
    expect(scene.far.calls).toHaveLength(2)
  })
})

describe('of two agents of one connection', () => {
  test('the crowd of one does not hold up the other, who waits for nothing', async () => {
    const scene = await allowed()
    const gate = latch()
    scene.far.act = async ({ arguments: { slow } }) => {
      if (slow === true) await gate.opened
      return { content: [{ type: 'text', text: 'quick' }] }
    }
    const crowd = Array.from({ length: 120 }, (_, n) => scene.call({ slow: true, n }))
    await until(() => scene.far.calls.length === 48)
    const other = await stage.app.agent('v2-2026', (await stage.app.newKey('another')).key)
    const began = performance.now()
    expect(text(await other.call(scene.slug, 'run', {}))).toBe('quick')
    expect(performance.now() - began).toBeLessThan(1_000)
    gate.open()
    const words = (await Promise.all(crowd)).map(outcome)
    expect(words.every((word) => word === 'executed')).toBe(true)
    await other.close()
  })

  test('more than 100 of one that wait are refused in words, and did not run', async () => {
    const scene = await allowed()
    const gate = latch()
    scene.far.act = async () => {
      await gate.opened
      return { content: [] }
    }
    const crowd = Array.from({ length: 160 }, (_, n) => scene.call({ n }))
    await until(() => scene.far.calls.length === 48)
    await Bun.sleep(200)
    gate.open()
    const results = await Promise.all(crowd)
    const refused = results.filter((result) => outcome(result) === 'failed')
    expect(refused).toHaveLength(12)
    expect(text(refused[0] as ToolResult)).toContain('100 calls of this agent wait')
    expect(scene.far.calls).toHaveLength(148)
  })
})

describe('an allowed call that waits for its turn', () => {
  /** All places taken, and one call behind them. */
  async function queued(scene: Scene) {
    const gate = latch()
    scene.far.act = async () => {
      await gate.opened
      return { content: [] }
    }
    const crowd = Array.from({ length: 48 }, (_, n) => scene.call({ n }))
    await until(() => scene.far.calls.length === 48)
    const last = scene.call({ last: true })
    await Bun.sleep(50)
    return async () => {
      gate.open()
      await Promise.allSettled(crowd)
      return last
    }
  }
  const rooms = () => stage.app.rooms

  test.each<[string, string, (scene: Scene) => Promise<unknown>]>([
    ['its tool is denied', 'was set to deny while the call waited', (scene) => scene.policy('deny')],
    ['its tool is to be asked about', 'is not allowed any more', (scene) => scene.policy('require_approval')],
    [
      'its tool changes',
      'definition of the tool changed',
      (scene) => {
        scene.far.tools = [{ name: 'run', description: 'Something else' }]
        return rooms().upstreams.refresh(scene.connectionId, 'operator')
      },
    ],
    [
      'its connection is removed',
      'The connection was changed meanwhile',
      (scene) => rooms().upstreams.remove(scene.connectionId, 'operator'),
    ],
    [
      'its agent is revoked',
      'revoked',
      (scene) => rooms().identity.agents.revoke(stage.app.userId, scene.keyId, 'operator'),
    ],
  ])('and %s meanwhile is not sent', async (_what, words, act) => {
    const scene = await allowed()
    const release = await queued(scene)
    const sent = scene.far.calls.length
    await act(scene)
    await release().catch(() => {})
    // Whoever was revoked is told nothing more; what became of their call stands in the log.
    const row = await until(async () => {
      const rows = await newestRows(rooms().approvals, stage.app.userId, 100)
      return rows.find((each) => each.principalId === scene.keyId && each.state === 'failed')
    })
    expect(row.arguments).toBe('{"last":true}')
    expect(row.message).toContain(words)
    expect(scene.far.calls.length).toBe(sent)
  })

  test('and nothing changes meanwhile runs', async () => {
    const scene = await allowed()
    const release = await queued(scene)
    expect(outcome(await release())).toBe('executed')
    expect(scene.far.calls.length).toBe(49)
  })
})

describe('a credential that is refused', () => {
  test('is said on the pages and to the agent, with what to do, until another is entered', async () => {
    const far = new FarEnd().start()
    await stage.app.installWithToken('tokened', far.url, 'old-token')
    await stage.app.setPolicy('tokened', 'run', 'allow')
    far.refuse = (request) =>
      request.headers.get('authorization') === 'Bearer new-token' ? null : new Response(null, { status: 401 })
    const agent = await stage.app.agent()
    for (let n = 0; n < 3; n++) expect(outcome(await agent.call('tokened', 'run', {}))).toBe('failed')
    const result = await agent.call('tokened', 'run', {})
    expect(text(result)).toContain('The server refused the credential (401). Its owner must enter a new one.')
    const scene = { slug: 'tokened', agent } as Scene
    expect(await pageOf(scene)).toContain('Needs sign-in')
    expect(await pageOf(scene)).toContain('Get a new credential from the service and enter it here.')
    expect(await (await stage.person.get('/connections')).text()).toContain('Needs sign-in')
    expect(await lastError(scene)).toContain('refused the credential')

    await stage.person.post('/connections/tokened/connect', { token: 'new-token' })
    expect(outcome(await agent.call('tokened', 'run', {}))).toBe('executed')
    expect(await lastError(scene)).toBeNull()
    await agent.close()
    await far.stop()
  })
})

test('an owner who reads the tools again finds out at once that a server works again', async () => {
  const scene = await allowed()
  await fail(scene)
  saysOpen(await scene.call())
  expect((await stage.person.post(`/connections/${scene.slug}/refresh`, {})).status).toBe(303)
  expect((await healthOf(scene))?.state).toBe('ok')
  expect(outcome(await scene.call())).toBe('executed')
})

test('a connection that is removed and added again is not held to what its predecessor did', async () => {
  const scene = await allowed()
  await fail(scene)
  saysOpen(await scene.call())
  await stage.app.rooms.upstreams.remove(scene.connectionId, 'operator')
  await stage.app.install(scene.slug, scene.far.url)
  await scene.policy('allow')
  expect(outcome(await scene.call())).toBe('executed')
})
