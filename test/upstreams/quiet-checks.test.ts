import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { silentLogger } from '../../src/lib/logger.ts'
import { NotSent } from '../../src/lib/outbound.ts'
import { buildRooms, type Rooms } from '../../src/server/server.ts'
import type { Place } from '../../src/upstreams/call-limits.ts'
import { ConnectionHealth } from '../../src/upstreams/health.ts'
import { outcome } from '../harness/agent.ts'
import { type App, startApp } from '../harness/app.ts'
import { until } from '../harness/everything.ts'
import { FarEnd } from '../harness/far-end.ts'
import { HOUR_MS, MINUTE_MS } from '../harness/stage.ts'
import { allRows } from '../harness/tables.ts'
import { tempDir } from '../harness/temp-dir.ts'
import { TestClock } from '../harness/test-clock.ts'

type Row = Parameters<ConnectionHealth['of']>[0]
const DOWN = new NotSent('It cannot be reached.', 'unreachable')

describe('of the connections there are', () => {
  let clock: TestClock
  let health: ConnectionHealth
  let rows: Row[]
  let down: boolean
  let gate: Promise<void> | null
  /** In minutes from the beginning, whom we asked. */
  let asked: [slug: string, minute: number][]
  let began: number

  beforeEach(() => {
    clock = new TestClock()
    began = clock.now()
    down = false
    gate = null
    asked = []
    rows = ['idle', 'used'].map((slug) => connection(slug))
    health = new ConnectionHealth(
      clock,
      async ({ slug }) => {
        asked.push([slug, Math.round((clock.now() - began) / MINUTE_MS)])
        await gate
        if (down) throw DOWN
      },
      (id, lastError) => {
        rows = rows.map((row) => (row.id === id ? { ...row, lastError } : row))
      },
    )
  })

  const connection = (slug: string, more: Partial<Row> = {}): Row => ({
    ...({} as Row),
    id: slug,
    slug,
    authMethod: 'none',
    secretId: null,
    lastError: null,
    ...more,
  })
  const row = (slug: string): Row => {
    const found = rows.find((each) => each.slug === slug)
    if (!found) throw new Error(slug)
    return found
  }
  async function use(slug: string, error: unknown = null): Promise<void> {
    const place = (await health.enter(row(slug), 'agent', 1_000, new AbortController().signal)) as Place
    health.called(row(slug), error)
    if (typeof place !== 'string') place.leave(error === null)
  }
  /** A look each minute, as housekeeping does. */
  async function pass(minutes: number): Promise<void> {
    for (let n = 0; n < minutes; n++) {
      await clock.advance(MINUTE_MS)
      await health.checkQuietly(rows)
    }
  }

  test('one that nobody uses is left alone, well or not yet known', async () => {
    await pass(24 * 60)
    expect(asked).toEqual([])
  })

  test('one that was used lately is asked now and then while it is not heard of, and then left alone', async () => {
    await use('used')
    await pass(24 * 60)
    expect(asked.length).toBeGreaterThanOrEqual(2)
    expect(asked.length).toBeLessThanOrEqual(3)
    for (const [slug, minute] of asked) {
      expect(slug).toBe('used')
      expect(minute).toBeGreaterThanOrEqual(4)
      expect(minute).toBeLessThanOrEqual(15)
    }
  })

  test('one that is used all the time says itself how it is, and is not asked', async () => {
    for (let n = 0; n < 120; n++) {
      await use('used')
      await pass(1)
    }
    expect(asked).toEqual([])
  })

  test('one in trouble is asked after some minutes, and more and more seldom, at most every hour', async () => {
    down = true
    await use('used', DOWN)
    await pass(24 * 60)
    const minutes = asked.map(([, minute]) => minute)
    const pauses = minutes.map((minute, n) => minute - (minutes[n - 1] ?? 0))
    for (const [n, least] of [3, 6, 12, 24, 48, 60, 60].entries()) {
      expect(pauses[n]).toBeGreaterThanOrEqual(Math.floor(least * 0.8))
      expect(pauses[n]).toBeLessThanOrEqual(Math.ceil(least * 1.2) + 1)
    }
    expect(health.of(row('used')).state).toBe('unreachable')
  })

  test('one that has recovered is found out, and is then left alone again', async () => {
    down = true
    await use('used', DOWN)
    expect(row('used').lastError).toBe('It cannot be reached.')
    await pass(60)
    down = false
    await pass(60)
    expect(health.of(row('used'))).toEqual({ state: 'ok', why: null, tryAt: null })
    expect(row('used').lastError).toBeNull()
    const count = asked.length
    await pass(24 * 60)
    expect(asked.length).toBe(count)
  })

  test('one whose trouble was known before the start is asked too', async () => {
    rows = [connection('used', { lastError: 'It did not answer yesterday.' })]
    expect(health.of(row('used'))).toEqual({ state: 'degraded', why: 'It did not answer yesterday.', tryAt: null })
    await pass(5)
    expect(asked).toHaveLength(1)
    expect(health.of(row('used')).state).toBe('ok')
  })

  test('one without a credential is not asked, whatever its trouble', async () => {
    rows = [connection('used', { authMethod: 'token', lastError: 'It wants a token.' })]
    await pass(24 * 60)
    expect(asked).toEqual([])
    expect(health.of(row('used')).state).toBe('needs_sign_in')
  })

  test('one that asked to be left alone is', async () => {
    await use('used')
    health.answered('used', 429, new Headers({ 'retry-after': '1800' }))
    await pass(29)
    expect(asked).toEqual([])
    expect(health.of(row('used')).why).toBe('The server limits how often it is called.')
  })

  test('one that answers no question is asked once by all who want to know', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    for (let n = 0; n < 3; n++) await use('used', DOWN)
    gate = promise
    await clock.advance(10_000)
    const looks = [health.lookIfDue(row('used')), health.lookIfDue(row('used'))]
    const enters = Array.from({ length: 5 }, (_, n) =>
      health.enter(row('used'), `agent ${n}`, 1_000, new AbortController().signal),
    )
    expect(asked).toHaveLength(1)
    resolve()
    await Promise.all(looks)
    const inside = await Promise.race([Promise.all(enters), Bun.sleep(20).then(() => null)])
    // The first may show whether calls run again; the others wait for it.
    expect(inside).toBeNull()
    expect(typeof (await enters[0])).toBe('object')
  })

  test('of one that was removed nothing is kept', async () => {
    down = true
    await use('used', DOWN)
    rows = [row('idle')]
    await pass(1)
    rows = [row('idle'), connection('used')]
    expect(health.of(row('used')).state).toBe('ok')
  })

  test('a clock that is set back keeps nobody from being asked', async () => {
    down = true
    await use('used', DOWN)
    await pass(1)
    clock.setBack(30 * 24 * HOUR_MS)
    await pass(2)
    expect(asked).toHaveLength(1)
  })
})

describe('a server of ours', () => {
  let far: FarEnd
  let data: { path: string; remove(): void }
  beforeEach(() => {
    far = new FarEnd().start()
    data = tempDir()
  })
  afterEach(async () => {
    await far.stop()
    data.remove()
  })
  const health = async (app: App) => (await app.rooms.upstreams.find(app.userId, 'far'))?.health

  /** Minute by minute, with time for what goes over the network. */
  async function pass(clock: TestClock, minutes: number): Promise<void> {
    for (let n = 0; n < minutes; n++) {
      await clock.advance(MINUTE_MS)
      await Bun.sleep(5)
    }
  }

  test('finds out by itself that a connection works again, also after a start in between', async () => {
    const first = await startApp({ clock: new TestClock(), dataDir: data.path })
    await first.install('far', far.url)
    await first.setPolicy('far', 'run', 'allow')
    const agent = await first.agent()
    far.act = () => new Response(null, { status: 500 })
    expect(outcome(await agent.call('far', 'run', {}))).toBe('unknown')
    expect((await health(first))?.state).toBe('degraded')
    await agent.close()
    await first.stop()

    const clock = new TestClock()
    const second = await startApp({ clock, dataDir: data.path })
    expect(await health(second)).toEqual({
      state: 'degraded',
      why: 'The server is not working at the moment (500).',
      tryAt: null,
    })
    await pass(clock, 5)
    await until(async () => (await health(second))?.state === 'ok')
    await second.stop()
  })

  test('and an operator’s command beside it each learn for themselves, and tell each other what went wrong last', async () => {
    const app = await startApp({ dataDir: data.path })
    await app.install('far', far.url)
    await app.setPolicy('far', 'run', 'allow')
    const agent = await app.agent()
    const beside = buildRooms({ dataDir: data.path, masterKey: null, logger: silentLogger, mayMigrate: false })
    const find = (rooms: Rooms) => rooms.upstreams.find(app.userId, 'far')
    const id = (await find(beside))?.id ?? ''

    far.refuse = () => new Response(null, { status: 503 })
    for (let n = 0; n < 3; n++) await beside.upstreams.refresh(id, 'operator').catch(() => {})
    expect((await find(app.rooms))?.health.why).toContain('(503)')
    far.refuse = null
    // What the command found does not keep the server from calling.
    expect(outcome(await agent.call('far', 'run', {}))).toBe('executed')
    expect((await find(app.rooms))?.health.state).toBe('ok')
    expect(allRows(data.path).connections).toMatchObject([{ last_error: null }])
    await agent.close()
    await beside.upstreams.close()
    beside.store.close()
    await app.stop()
  })

  test('asks nobody in half an hour in which nobody calls', async () => {
    const clock = new TestClock()
    const app = await startApp({ clock, dataDir: data.path })
    await app.install('far', far.url)
    far.seen.length = 0
    await pass(clock, 30)
    expect(far.seen).toEqual([])
    await app.stop()
  })
})
