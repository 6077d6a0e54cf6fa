/**
 * A call's life, as a table. Pure: who moves a request is told here what may follow, and the store moves it conditionally.
 *
 *   pending ──approve──► approved ──claim──► executing ──► executed | failed | unknown
 *      │ deny ► denied       │
 *      └─ lapse, void ► expired ◄─┘
 *
 * A call that policy allows begins as executing; one that is never put to a person begins and ends as refused.
 */
export const STATES = [
  'pending',
  'approved',
  'executing',
  'executed',
  'failed',
  'unknown',
  'denied',
  'expired',
  'refused',
] as const
export type State = (typeof STATES)[number]

export type Step = 'approve' | 'deny' | 'lapse' | 'void' | 'claim' | 'succeed' | 'fail' | 'lose'

const EDGES: Record<Step, { from: readonly State[]; to: State }> = {
  approve: { from: ['pending'], to: 'approved' },
  deny: { from: ['pending'], to: 'denied' },
  lapse: { from: ['pending', 'approved'], to: 'expired' },
  void: { from: ['pending', 'approved'], to: 'expired' },
  claim: { from: ['approved'], to: 'executing' },
  succeed: { from: ['executing'], to: 'executed' },
  fail: { from: ['executing'], to: 'failed' },
  lose: { from: ['executing'], to: 'unknown' },
}

export const INITIAL_STATES: readonly State[] = ['pending', 'executing', 'refused']

/** Where a step leads, and from where it may be taken. */
export const edge = (step: Step): { from: readonly State[]; to: State } => EDGES[step]

export const isOver = (state: State): boolean => !['pending', 'approved', 'executing'].includes(state)

/** A denial answers the same question again for this long. */
export const DENIAL_HOLDS_MS = 10 * 60_000

/** Whether the time given for the state that a request is in has run out. */
export const hasLapsed = (request: { state: State; expiresAt: number | null }, now: number): boolean =>
  (request.state === 'pending' || request.state === 'approved') &&
  request.expiresAt !== null &&
  request.expiresAt <= now

export interface SameRequest {
  id: string
  state: State
  expiresAt: number | null
  decidedAt: number | null
}

export type Match = { act: 'share' | 'claim' | 'join' | 'deny_again'; id: string } | { act: 'ask_anew' }

/** What an identical gated call of the same principal does, given the earlier ones, newest first. Pure. */
export function matchEarlier(earlier: readonly SameRequest[], now: number): Match {
  const live = earlier.filter((request) => !hasLapsed(request, now))
  const inState = (state: State) => live.find((request) => request.state === state)
  const executing = inState('executing')
  if (executing) return { act: 'join', id: executing.id }
  const approved = inState('approved')
  if (approved) return { act: 'claim', id: approved.id }
  const pending = inState('pending')
  if (pending) return { act: 'share', id: pending.id }
  const denied = inState('denied')
  const stillHolds = denied && denied.decidedAt !== null && now < denied.decidedAt + DENIAL_HOLDS_MS
  return stillHolds ? { act: 'deny_again', id: denied.id } : { act: 'ask_anew' }
}
