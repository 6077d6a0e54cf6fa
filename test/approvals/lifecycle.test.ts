import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import {
  DENIAL_HOLDS_MS,
  edge,
  hasLapsed,
  INITIAL_STATES,
  isOver,
  type Match,
  matchEarlier,
  type SameRequest,
  STATES,
  type State,
  type Step,
} from '../../src/approvals/lifecycle.ts'

const STEPS = ['approve', 'deny', 'lapse', 'void', 'claim', 'succeed', 'fail', 'lose'] as const satisfies Step[]

/** The picture of the contract, as a literal. */
const CONTRACT: Record<Step, [from: State[], to: State]> = {
  approve: [['pending'], 'approved'],
  deny: [['pending'], 'denied'],
  lapse: [['pending', 'approved'], 'expired'],
  void: [['pending', 'approved'], 'expired'],
  claim: [['approved'], 'executing'],
  succeed: [['executing'], 'executed'],
  fail: [['executing'], 'failed'],
  lose: [['executing'], 'unknown'],
}

test('the edges are those of the contract, and no others', () => {
  expect(STEPS.map((step) => [step, [...edge(step).from], edge(step).to])).toEqual(
    STEPS.map((step) => [step, ...CONTRACT[step]]) as never,
  )
  expect([...STATES]).toEqual([
    'pending',
    'approved',
    'executing',
    'executed',
    'failed',
    'unknown',
    'denied',
    'expired',
    'refused',
  ])
})

test('what is over stays over, and everything else can still end', () => {
  for (const state of STATES) {
    const ways = STEPS.filter((step) => edge(step).from.includes(state))
    expect([state, ways.length === 0]).toEqual([state, isOver(state)])
  }
})

test('whatever steps are tried in whatever order, a request is claimed at most once, and only after a yes', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...INITIAL_STATES),
      fc.array(fc.constantFrom(...STEPS), { maxLength: 30 }),
      (from, steps) => {
        let state: State = from
        const taken: Step[] = []
        for (const step of steps) {
          if (!edge(step).from.includes(state)) continue
          expect(isOver(state)).toBe(false)
          state = edge(step).to
          taken.push(step)
        }
        const claims = taken.filter((step) => step === 'claim').length
        expect(claims).toBeLessThanOrEqual(1)
        if (claims === 1) expect(taken.slice(0, 2)).toEqual(['approve', 'claim'])
        const ran = ['executed', 'failed', 'unknown', 'executing'].includes(state)
        expect(ran).toBe(from === 'executing' || claims === 1)
        if (taken.includes('deny') || taken.includes('lapse') || taken.includes('void')) expect(claims).toBe(0)
      },
    ),
    { numRuns: 1000 },
  )
})

test('only what waits can lapse, and it lapses at its very moment', () => {
  for (const state of STATES) {
    const can = state === 'pending' || state === 'approved'
    expect(hasLapsed({ state, expiresAt: 100 }, 99)).toBe(false)
    expect(hasLapsed({ state, expiresAt: 100 }, 100)).toBe(can)
    expect(hasLapsed({ state, expiresAt: null }, 1e15)).toBe(false)
  }
})

describe('what an identical call does', () => {
  const NOW = 1_000_000_000
  const earlier = (state: State, more: Partial<SameRequest> = {}): SameRequest => ({
    id: state,
    state,
    expiresAt: null,
    decidedAt: null,
    ...more,
  })
  const waiting = (state: 'pending' | 'approved', left = 1) => earlier(state, { expiresAt: NOW + left })
  const denied = (ago: number) => earlier('denied', { decidedAt: NOW - ago })

  const TABLE: [what: string, earlier: SameRequest[], match: Match][] = [
    ['nothing earlier', [], { act: 'ask_anew' }],
    ['pending', [waiting('pending')], { act: 'share', id: 'pending' }],
    ['pending, lapsed this moment', [waiting('pending', 0)], { act: 'ask_anew' }],
    ['approved', [waiting('approved')], { act: 'claim', id: 'approved' }],
    ['approved, lapsed', [waiting('approved', -1)], { act: 'ask_anew' }],
    ['executing', [earlier('executing')], { act: 'join', id: 'executing' }],
    ['executing, however long', [earlier('executing', { expiresAt: 1 })], { act: 'join', id: 'executing' }],
    ['executed', [earlier('executed')], { act: 'ask_anew' }],
    ['failed', [earlier('failed')], { act: 'ask_anew' }],
    ['unknown', [earlier('unknown')], { act: 'ask_anew' }],
    ['expired', [earlier('expired')], { act: 'ask_anew' }],
    ['refused', [earlier('refused')], { act: 'ask_anew' }],
    ['denied just now', [denied(0)], { act: 'deny_again', id: 'denied' }],
    ['denied almost ten minutes ago', [denied(DENIAL_HOLDS_MS - 1)], { act: 'deny_again', id: 'denied' }],
    ['denied ten minutes ago', [denied(DENIAL_HOLDS_MS)], { act: 'ask_anew' }],
    ['executing beside approved', [waiting('approved'), earlier('executing')], { act: 'join', id: 'executing' }],
    ['approved beside pending', [waiting('pending'), waiting('approved')], { act: 'claim', id: 'approved' }],
    ['pending asked after a denial', [waiting('pending'), denied(1)], { act: 'share', id: 'pending' }],
    ['a lapsed one beside a live one', [waiting('approved', 0), waiting('pending')], { act: 'share', id: 'pending' }],
    [
      'two pending: the newer',
      [{ ...waiting('pending'), id: 'newer' }, waiting('pending')],
      { act: 'share', id: 'newer' },
    ],
    [
      'an old denial beside a newer one',
      [denied(5), { ...denied(DENIAL_HOLDS_MS), id: 'old' }],
      { act: 'deny_again', id: 'denied' },
    ],
  ]
  test.each(TABLE)('%s', (_, before, match) => {
    expect(matchEarlier(before, NOW)).toEqual(match)
  })

  test('ten minutes are ten minutes', () => expect(DENIAL_HOLDS_MS).toBe(600_000))

  test('whatever came before, it never picks one that is lapsed or has run', () => {
    const any = fc.record({
      id: fc.uuid(),
      state: fc.constantFrom(...STATES),
      expiresAt: fc.option(fc.integer({ min: NOW - 5, max: NOW + 5 })),
      decidedAt: fc.option(fc.integer({ min: NOW - 2 * DENIAL_HOLDS_MS, max: NOW })),
    })
    fc.assert(
      fc.property(fc.array(any, { maxLength: 8 }), (before) => {
        const match = matchEarlier(before, NOW)
        if (match.act === 'ask_anew') return
        const picked = before.find((request) => request.id === match.id)
        expect(picked && hasLapsed(picked, NOW)).toBe(false)
        const state = { share: 'pending', claim: 'approved', join: 'executing', deny_again: 'denied' } as const
        expect(picked?.state).toBe(state[match.act])
      }),
      { numRuns: 500 },
    )
  })
})
