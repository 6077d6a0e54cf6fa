import { afterAll, beforeAll, expect, test } from 'bun:test'
import fc from 'fast-check'
import type { Outcome, Ruling } from '../../src/approvals/approvals.ts'
import { edge, INITIAL_STATES, type State, type Step } from '../../src/approvals/lifecycle.ts'
import type { Caller } from '../../src/calls/calls.ts'
import { AppError } from '../../src/lib/errors.ts'
import { type App, startApp } from '../harness/app.ts'
import { FarEnd } from '../harness/far-end.ts'
import { TestClock } from '../harness/test-clock.ts'
import { everyRow } from '../harness/whole-rows.ts'

const MINUTE_MS = 60_000
const NEXT = new Map<State, Set<State>>()
for (const step of ['approve', 'deny', 'lapse', 'void', 'claim', 'succeed', 'fail', 'lose'] satisfies Step[]) {
  const { from, to } = edge(step)
  for (const state of from) NEXT.set(state, (NEXT.get(state) ?? new Set()).add(to))
}
/** Whether `to` can be reached from `from` along edges. */
const reachable = (from: State, to: State): boolean =>
  from === to || [...(NEXT.get(from) ?? [])].some((next) => reachable(next, to))

/** What agents, persons and time do to the store; several of them at once are a race. */
type Move =
  | { move: 'call'; agent: number; n: number }
  | { move: 'resume'; agent: number; which: number; leaves: boolean }
  | { move: 'decide'; which: number; ruling: Ruling }
  | { move: 'pass'; minutes: number }
  | { move: 'policy'; mode: 'allow' | 'require_approval' | 'deny' }
  | { move: 'redefine' }
  | { move: 'housekeeping' }

const which = fc.nat({ max: 9 })
const agent = fc.nat({ max: 1 })
const ruling: fc.Arbitrary<Ruling> = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Ruling>({ mode: 'once' }) },
  { weight: 1, arbitrary: fc.constant<Ruling>({ mode: 'always' }) },
  { weight: 1, arbitrary: fc.constant<Ruling>({ mode: 'deny', reason: 'no' }) },
)
const anyMove: fc.Arbitrary<Move> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ move: fc.constant('call' as const), agent, n: fc.nat({ max: 2 }) }) },
  {
    weight: 5,
    arbitrary: fc.record({ move: fc.constant('resume' as const), agent, which, leaves: fc.boolean() }),
  },
  { weight: 5, arbitrary: fc.record({ move: fc.constant('decide' as const), which, ruling }) },
  { weight: 2, arbitrary: fc.record({ move: fc.constant('pass' as const), minutes: fc.constantFrom(1, 6, 11, 61) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      move: fc.constant('policy' as const),
      mode: fc.constantFrom('allow' as const, 'require_approval' as const, 'deny' as const),
    }),
  },
  { weight: 1, arbitrary: fc.constant<Move>({ move: 'redefine' }) },
  { weight: 1, arbitrary: fc.constant<Move>({ move: 'housekeeping' }) },
)

let app: App
let clock: TestClock
let far: FarEnd
let versions = 0
beforeAll(async () => {
  clock = new TestClock()
  far = new FarEnd([{ name: 'run' }]).start()
  const ends = [
    () => ({ content: [] }),
    () => new Response(null, { status: 403 }),
    () => new Response(null, { status: 500 }),
  ]
  far.act = () => ends[far.calls.length % ends.length]?.() ?? { content: [] }
  app = await startApp({ clock })
})
afterAll(async () => {
  await app.stop()
  await far.stop()
})

let slugs = 0
/** One connection and two agents of its own for each run of the property. */
async function world() {
  const slug = `far-${++slugs}`
  const { id: connectionId } = await app.install(slug, far.url)
  const callers: Caller[] = []
  for (const name of ['one', 'two']) {
    const { id } = await app.newKey(name)
    callers.push({
      principal: { id, kind: 'api_key', userId: app.userId, name, connections: null, program: null },
      address: null,
      program: null,
    })
  }
  const { calls, approvals, upstreams } = app.rooms
  const outcomes: Outcome[] = []
  const patient = () => ({ signal: new AbortController().signal })
  const rows = async () =>
    (await everyRow(approvals, app.userId)).filter((row) => row.connectionId === connectionId).reverse()

  async function act(move: Move): Promise<void> {
    switch (move.move) {
      case 'call': {
        const call = { slug, toolName: 'run', arguments: { slug, n: move.n }, inexactNumbers: [], note: null }
        outcomes.push(await calls.callTool(callers[move.agent] as Caller, call, patient()))
        return
      }
      case 'resume': {
        const row = (await rows())[move.which]
        if (!row) return
        const options = move.leaves ? { signal: AbortSignal.timeout(1) } : patient()
        // A wait of no length: it claims what is approved and else comes back at once.
        const wait = { requestId: row.id, timeoutMs: 0 }
        outcomes.push(await calls.awaitApproval(callers[move.agent] as Caller, wait, options))
        return
      }
      case 'decide': {
        const row = (await rows())[move.which]
        if (row) await approvals.decide(app.userId, row.id, move.ruling)
        return
      }
      case 'pass':
        return clock.advance(move.minutes * MINUTE_MS)
      case 'policy':
        return app.setPolicy(slug, 'run', move.mode)
      case 'redefine':
        far.tools = [{ name: 'run', description: `version ${++versions}` }]
        // Time that leaps an hour meanwhile ends idle sessions: then the tools stay as they were, which is an end as good as any.
        await upstreams.refresh(connectionId, 'system').catch((error: unknown) => {
          if (!(error instanceof AppError) || error.code !== 'bad_gateway') throw error
        })
        return
      case 'housekeeping':
        return approvals.expireOverdue()
    }
  }
  return { slug, connectionId, callers, outcomes, rows, act }
}

const eventsOf = (subjects: Set<string>) => {
  const found = new Map<string, string[]>()
  for (const event of app.rooms.audit.events()) {
    if (subjects.has(event.subject)) found.set(event.subject, [...(found.get(event.subject) ?? []), event.name])
  }
  return found
}

test('whatever agents, persons and time do at once: states move along edges only, and one approval is one run at the most', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(anyMove, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 10 }),
      async (rounds) => {
        const { slug, rows, act, outcomes } = await world()
        const seen = new Map<string, State>()
        for (const round of rounds) {
          await Promise.all(round.map(act))
          for (const row of await rows()) {
            const before = seen.get(row.id)
            const legal = before ? reachable(before, row.state) : INITIAL_STATES.some((s) => reachable(s, row.state))
            expect([row.id, before, row.state, legal]).toEqual([row.id, before, row.state, true])
            seen.set(row.id, row.state)
          }
        }
        // Nobody is left behind: what still runs comes to its end.
        for (let i = 0; i < 200 && (await rows()).some((row) => row.state === 'executing'); i++) await Bun.sleep(5)
        const end = await rows()
        const events = eventsOf(new Set(end.map((row) => row.id)))
        for (const row of end) {
          const names = events.get(row.id) ?? []
          const count = (name: string) => names.filter((each) => each === name).length
          expect(count('call.started')).toBeLessThanOrEqual(1)
          expect(count('call.started')).toBe(row.claimedAt === null ? 0 : 1)
          expect(count('call.approved') + count('call.denied')).toBeLessThanOrEqual(1)
          // Asked of a person, it never started without a yes.
          if (names.includes('call.asked') && names.includes('call.started')) {
            expect(names.indexOf('call.approved')).toBeLessThan(names.indexOf('call.started'))
            expect(names).toContain('call.approved')
          }
        }
        // What reached the upstream is what was started and not cut off before it was sent, one for one.
        const started = end.filter((row) => row.claimedAt !== null && row.message !== NOT_SENT)
        expect(far.calls.filter((call) => call.arguments.slug === slug)).toHaveLength(started.length)
        // And what an agent was told is what is stored.
        const states = new Map(end.map((row) => [row.id, row.state]))
        for (const { word, requestId } of outcomes) {
          if (['executed', 'unknown', 'denied', 'expired'].includes(word))
            expect(states.get(requestId ?? '')).toBe(word as State)
        }
      },
    ),
    { numRuns: 60, endOnFailure: true },
  )
  expect((await app.rooms.audit.verify()).fault).toBeNull()
}, 60_000)

const NOT_SENT = 'The call was cancelled before it was sent.'

test('of many who try to claim one approval at once, one does', async () => {
  const { callers, act, rows, slug } = await world()
  await act({ move: 'call', agent: 0, n: 0 })
  const [row] = await rows()
  await act({ move: 'decide', which: 0, ruling: { mode: 'once' } })
  const { calls } = app.rooms
  const wait = { requestId: row?.id ?? '', timeoutMs: 5_000 }
  const signal = new AbortController().signal
  const outcomes = await Promise.all(
    Array.from({ length: 40 }, () => calls.awaitApproval(callers[0] as Caller, wait, { signal })),
  )
  expect(new Set(outcomes.map((outcome) => outcome.word)).size).toBe(1)
  expect(far.calls.filter((call) => call.arguments.slug === slug)).toHaveLength(1)
})
