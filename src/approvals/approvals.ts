/**
 * Owns a call's life from asked to settled: the request, the person's decision, the claim, the run and its record.
 * Promises that one approval is one run at the most, that nobody but its principal can claim or read it, and that what a crash cut off
 * is never run again. Deliberately knows neither tools nor protocols: what to run and what policy says are handed in.
 */
import type { Actor, Audit } from '../audit/audit.ts'
import type { Identity } from '../identity/identity.ts'
import { AppError } from '../lib/errors.ts'
import { failPoint } from '../lib/fail-point.ts'
import { sha256Hex } from '../lib/hashes.ts'
import type { Logger } from '../lib/logger.ts'
import { Waiters } from '../lib/waiters.ts'
import type { Policy } from '../policy/policy.ts'
import type { Store } from '../store/store.ts'
import type { RunEnd, Upstreams } from '../upstreams/upstreams.ts'
import { ask } from './asking.ts'
import { Book } from './book.ts'
import { Follower, type Patience, type Work } from './following.ts'
import { createHistory, type History, type PastCall } from './history.ts'
import { forgetLastCalls } from './last-call-queries.ts'
import { hasLapsed } from './lifecycle.ts'
import { type AlteredPayload, findAlteredPayload } from './payload-check.ts'
import * as rows from './queries.ts'
import { type AskedCall, type Outcome, outcomeOf } from './request.ts'

export { MAX_PENDING_PER_PRINCIPAL } from './asking.ts'
export { askerActor } from './book.ts'
export type { Patience, Ready, Work } from './following.ts'
export {
  type CallFilter,
  type CallPlace,
  DECISIONS,
  type Decided,
  type Earlier,
  ENDINGS,
  type Ending,
  type Found,
  type History,
  MOST_NEWER,
  type Numbers,
  type PastCall,
  placeOf,
  readPlace,
  writePlace,
} from './history.ts'
export { DENIAL_HOLDS_MS, type State } from './lifecycle.ts'
export type { NoteRow, RequestRow } from './queries.ts'
export {
  type AskedCall,
  type Asker,
  type Gate,
  type Missing,
  OUTCOMES,
  type Outcome,
  type OutcomeWord,
  outcomeOf,
  type Verdict,
} from './request.ts'

export type Ruling = { mode: 'once' } | { mode: 'always' } | { mode: 'deny'; reason: string | null }

export interface ApprovalLimits {
  pendingMs: number
  approvedMs: number
  /** How long arguments and results are kept. */
  keptMs: number
}

export interface Approvals {
  readonly history: History
  /** Records the call and carries it as far as policy, people and patience let it. */
  carry(call: AskedCall, work: Work, patience: Patience): Promise<Outcome>
  /** Goes on with a request of this principal. */
  resume(requestId: string, work: Work, patience: Patience): Promise<Outcome>
  /** Waits beside a request for its decision, or its end once it runs, and touches neither. */
  watch(requestId: string, waitMs: number, signal: AbortSignal): Promise<rows.RequestRow>
  /** A call that is never put to a person, for the log. */
  refuse(call: AskedCall, message: string): Promise<Outcome>
  findOwn(principalId: string, requestId: string): Promise<rows.RequestRow | null>
  /** A person's word. `decided` is false when the request was no longer waiting. */
  decide(userId: string, requestId: string, ruling: Ruling): Promise<{ decided: boolean; request: rows.RequestRow }>
  find(userId: string, requestId: string): Promise<{ request: rows.RequestRow; notes: rows.NoteRow[] } | null>
  waiting(userId: string): Promise<PastCall[]>
  /** The ids of what one agent waits for, oldest first. */
  waitingOfAgent(userId: string, principalId: string): Promise<string[]>
  countWaiting(userId: string): Promise<number>
  /** The newest that do not wait. */
  recent(userId: string, limit: number): Promise<PastCall[]>
  limits(userId: string): Promise<ApprovalLimits>
  /** @throws AppError bad_request */
  setLimits(userId: string, limits: ApprovalLimits): Promise<void>
  /** `act` hears of each request that a person has said yes to, after it is stored. */
  onApproved(act: (request: rows.RequestRow) => void): void
  /** `act` hears of every change of a user's requests, after it is stored; null means that anything may have changed. */
  onChange(act: (userId: string | null) => void): () => void
  /** Only by the one server of a data directory, before it serves: what was executing has an end that nobody knows. */
  recover(): Promise<void>
  /** An old copy of the database must not revive a yes: what was open is void, what was running has an end that nobody knows. */
  voidAllOpen(why: string): Promise<void>
  /** What nobody decided or used in time, and what agents asked whose own time is over. */
  expireOverdue(): Promise<void>
  /** The first stored payload that differs from its digest in the record. */
  findAlteredPayload(): Promise<AlteredPayload | null>
  /** Ends all waits, lets running calls finish for a while, then cancels them. */
  stop(graceMs: number): Promise<void>
}

const DAY_MS = 24 * 60 * 60_000
const DEFAULT_LIMITS: ApprovalLimits = { pendingMs: 60 * 60_000, approvedMs: 60 * 60_000, keptMs: rows.DEFAULT_KEPT_MS }
const SHORTEST_LIMIT_MS = 60_000
const LONGEST_LIMIT_MS = 7 * DAY_MS
const LONGEST_KEPT_MS = 3_650 * DAY_MS
/** No call runs longer than this; what is still executing then, and not in this process, has been lost. */
const LOST_AFTER_MS = 15 * 60_000

export function createApprovals(deps: {
  store: Store
  audit: Audit
  policy: Policy
  identity: Identity
  upstreams: Upstreams
  logger: Logger
}): Approvals {
  const { store, audit, policy, upstreams, logger } = deps
  const waiters = new Waiters<rows.RequestRow>()
  const listeners = new Set<(userId: string | null) => void>()
  const onApproved: ((request: rows.RequestRow) => void)[] = []
  const tell = (userId: string | null) => {
    for (const act of listeners) act(userId)
  }
  const book = new Book(store, audit, (row) => {
    waiters.wake(row.id, row)
    tell(row.userId)
  })
  const { queries } = book
  const follower = new Follower(book, waiters, logger)

  store.onOutsideChange(() => {
    waiters.wakeAll()
    tell(null)
  })
  policy.onSet((tx, { connectionId, toolName, mode, actor }) => {
    if (mode === 'deny')
      book.voidAll(tx, rows.openOfTool(tx, connectionId, toolName), 'The tool was set to deny.', actor)
  })
  deps.identity.agents.onRevoked((tx, { principalId, actor }) =>
    book.voidAll(tx, rows.openOfPrincipal(tx, principalId), 'The agent that asked was revoked.', actor),
  )
  deps.identity.agents.onLimited((tx, { principalId, connections, actor }) => {
    const beyond = rows
      .openOfPrincipal(tx, principalId)
      .filter(({ connectionId }) => !connections.includes(connectionId))
    book.voidAll(tx, beyond, 'The agent may not use this connection any more.', actor)
  })
  upstreams.onRemoved((tx, { id, userId }, actor) => {
    book.voidAll(tx, rows.openOfConnection(tx, id), 'The connection was removed.', actor)
    forgetLastCalls(tx, userId, id)
  })
  upstreams.onRedirected((tx, { id }, actor) =>
    book.voidAll(tx, rows.openOfConnection(tx, id), 'The connection now leads to another address or account.', actor),
  )
  upstreams.onDefinitionChanged((tx, { connectionId, toolName, definitionHash }, actor) =>
    book.voidAll(
      tx,
      rows.openOfOtherDefinition(tx, connectionId, toolName, definitionHash),
      definitionHash === null ? 'The tool is gone.' : 'The definition of the tool changed after the request.',
      actor,
    ),
  )

  function limitsOf(userId: string): ApprovalLimits {
    return queries.settings(userId) ?? DEFAULT_LIMITS
  }

  const UNKNOWN_AFTER_STOP: RunEnd = {
    end: 'unknown',
    message: 'AgentPort stopped while the call was running; it may or may not have taken effect.',
  }
  const lose = (id: string) =>
    store.transaction((tx) => {
      const row = queries.byId(id)
      if (row) book.settle(tx, row, UNKNOWN_AFTER_STOP, null)
    })

  return {
    history: createHistory({ store, users: () => deps.identity.humans.users(), keptMs: (id) => limitsOf(id).keptMs }),
    async carry(call, work, patience) {
      const { row, claimed } = await ask(book, call, work, () => limitsOf(call.asker.userId).pendingMs)
      failPoint('asked')
      if (claimed) follower.start(row, work)
      const outcome = await follower.follow(row.id, work, patience, claimed ? row : null)
      // Whoever did not wait at all has to be told how to.
      const waits = outcome.word === 'pending' && !outcome.running && patience.decisionMs === 0
      return waits ? { word: 'approval_required', requestId: outcome.requestId } : outcome
    },
    async resume(requestId, work, patience) {
      return follower.follow(requestId, work, patience)
    },
    watch: (requestId, waitMs, signal) => follower.watch(requestId, waitMs, signal),
    async refuse(call, message) {
      return outcomeOf(store.quickTransaction((tx) => book.refuse(tx, call, 'invalid', message)))
    },
    async findOwn(principalId, requestId) {
      const row = queries.byId(requestId)
      return row && row.principalId === principalId ? row : null
    },

    async decide(userId, requestId, ruling) {
      const actor: Actor = `user:${userId}`
      const decision = store.transaction((tx): { decided: boolean; request: rows.RequestRow } => {
        const row = queries.byId(requestId)
        if (!row || row.userId !== userId) throw new AppError('not_found', 'There is no such request.')
        const ruled = { decisionMode: ruling.mode, decidedBy: actor, decidedAt: tx.now }
        const moved =
          ruling.mode === 'deny'
            ? book.move(
                tx,
                requestId,
                'deny',
                {
                  ...ruled,
                  reason: ruling.reason,
                  outcome: 'denied',
                  isError: true,
                  settledAt: tx.now,
                  expiresAt: null,
                },
                {
                  name: 'call.denied',
                  actor,
                  details: { reason: ruling.reason === null ? null : sha256Hex(ruling.reason) },
                },
              )
            : book.move(
                tx,
                requestId,
                'approve',
                { ...ruled, expiresAt: tx.now + limitsOf(userId).approvedMs },
                { name: 'call.approved', actor, details: { mode: ruling.mode } },
              )
        if (!moved) {
          // Too late is written down: it must not be offered again when the clock is set back.
          book.lapseIfOverdue(tx, requestId)
          return { decided: false, request: queries.byId(requestId) ?? row }
        }
        upstreams.noteSeen(tx, moved)
        if (ruling.mode === 'always') {
          const { connectionId, toolName, definitionHash } = moved
          policy.setWithin(tx, { userId, connectionId, toolName, definitionHash, mode: 'allow', actor })
        }
        if (moved.state === 'approved') tx.afterCommit(() => onApproved.forEach((act) => void act(moved)))
        return { decided: true, request: moved }
      })
      failPoint('decided')
      return decision
    },

    async find(userId, requestId) {
      let request = queries.byId(requestId)
      if (!request || request.userId !== userId) return null
      // Whoever looks between two rounds of housekeeping must not be offered a decision that can no longer be made.
      if (hasLapsed(request, store.clock.now())) {
        store.transaction((tx) => book.lapseIfOverdue(tx, requestId))
        request = queries.byId(requestId) ?? request
      }
      return { request, notes: rows.notesOf(store.db, requestId) }
    },
    async waiting(userId) {
      return rows.waitingOf(store.db, userId, store.clock.now())
    },
    async waitingOfAgent(userId, principalId) {
      return rows.waitingOfAgent(store.db, userId, principalId, store.clock.now())
    },
    async countWaiting(userId) {
      return rows.countWaitingOf(store.db, userId, store.clock.now())
    },
    async recent(userId, limit) {
      return rows.recentOf(store.db, userId, limit)
    },

    async limits(userId) {
      const { pendingMs, approvedMs, keptMs } = limitsOf(userId)
      return { pendingMs, approvedMs, keptMs }
    },
    async setLimits(userId, limits) {
      const within = (ms: number, least: number, most: number) => Number.isInteger(ms) && ms >= least && ms <= most
      for (const ms of [limits.pendingMs, limits.approvedMs]) {
        if (!within(ms, SHORTEST_LIMIT_MS, LONGEST_LIMIT_MS))
          throw new AppError('bad_request', 'Choose between 1 minute and 7 days (10080 minutes).')
      }
      if (!within(limits.keptMs, DAY_MS, LONGEST_KEPT_MS))
        throw new AppError('bad_request', 'Choose between 1 and 3650 days.')
      store.transaction((tx) => {
        rows.putSettings(tx, { userId, ...limits })
        audit.append(tx, {
          name: 'settings.changed',
          userId,
          actor: `user:${userId}`,
          subject: userId,
          details: { ...limits },
        })
      })
    },

    onApproved: (act) => void onApproved.push(act),
    onChange(act) {
      listeners.add(act)
      return () => listeners.delete(act)
    },

    async recover() {
      for (const { id } of rows.executingBefore(store.db, Number.MAX_SAFE_INTEGER)) lose(id)
    },
    async voidAllOpen(why) {
      store.transaction((tx) => book.voidAll(tx, rows.allOpen(tx), why, 'operator'))
    },
    async expireOverdue() {
      for (const { id } of rows.overdue(store.db, store.clock.now(), 500)) {
        store.transaction((tx) => book.lapseIfOverdue(tx, id))
      }
      // A revocation says so itself; that a time is over has to be noticed.
      for (const id of rows.agentsWaiting(store.db)) {
        if (deps.identity.agents.isLive(id)) continue
        const why = 'The time of the agent that asked is over.'
        store.transaction((tx) => book.voidAll(tx, rows.openOfPrincipal(tx, id), why, 'system'))
      }
      for (const { id } of rows.executingBefore(store.db, store.clock.now() - LOST_AFTER_MS)) {
        if (!follower.running.has(id)) lose(id)
      }
    },
    async findAlteredPayload() {
      return findAlteredPayload(audit.events(), queries.byId)
    },
    stop: (graceMs) => follower.stop(graceMs),
  }
}
