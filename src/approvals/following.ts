import { stopwatch } from '../lib/clock.ts'
import { unlessAborted } from '../lib/deadline.ts'
import { errorText } from '../lib/errors.ts'
import { failPoint } from '../lib/fail-point.ts'
import type { Logger } from '../lib/logger.ts'
import type { Waiters } from '../lib/waiters.ts'
import type { Tx } from '../store/store.ts'
import type { RunEnd } from '../upstreams/upstreams.ts'
import { askerActor, type Book } from './book.ts'
import { hasLapsed, isOver } from './lifecycle.ts'
import type { RequestRow } from './queries.ts'
import { type Gate, type Outcome, outcomeOf } from './request.ts'
import { Running } from './running.ts'

/** How the calls room carries out an approved request. */
export interface Work {
  gate: Gate
  /** Why it could not run at this moment, whatever anybody says; asked before a person is asked. */
  hindrance(): string | null
  /** Before a human-approved call is claimed: what it needs to run at once. A message means that it cannot run now, and the approval stays. */
  prepare(signal: AbortSignal): Promise<Ready | string>
  run(signal: AbortSignal): Promise<RunEnd>
}

/** Whoever does not run it gives back what it holds. */
export interface Ready {
  run(signal: AbortSignal): Promise<RunEnd>
  giveBack(): void
}

export interface Patience {
  /** How long to wait for a person. */
  decisionMs: number
  /** How long to wait for the end of a run. */
  runMs: number
  /** The most for both together; unset, each has its own time. */
  inAllMs?: number
  /** Aborted when the client cancels or goes away. */
  signal: AbortSignal
}

const GAVE_UP = Symbol('gave up')

/** About a minute in all, and the first soon. */
const SETTLE_PAUSES_MS = [100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 20_000]

type Woken = 'changed' | 'timed_out' | 'went_away'

/** Why a wait ended; `row` when it was a change that nothing can follow. */
interface Waking {
  woken: Woken
  row: RequestRow | null
}

/** Follows requests from whatever state they are in: waits, claims, runs, joins, until they are over or patience is. */
export class Follower {
  readonly running = new Running()
  readonly #stopping = new AbortController()

  constructor(
    readonly book: Book,
    readonly waiters: Waiters<RequestRow>,
    readonly logger: Logger,
  ) {}

  get #clock() {
    return this.book.store.clock
  }

  /** @param known the row when the caller has claimed it this very moment. */
  async follow(id: string, work: Work, patience: Patience, known: RequestRow | null = null): Promise<Outcome> {
    let began = Number.POSITIVE_INFINITY
    let ranSince = Number.POSITIVE_INFINITY
    let fresh = known
    for (;;) {
      const now = this.#clock.now()
      // Never later than now, also when the clock was set back: a wait of seconds must not take hours.
      began = Math.min(began, now)
      const lastMoment = began + (patience.inAllMs ?? Number.POSITIVE_INFINITY)
      const row = fresh ?? this.#read(id)
      fresh = null
      if (isOver(row.state)) return outcomeOf(row)
      if (hasLapsed(row, now)) {
        this.book.store.transaction((tx) => this.book.lapseIfOverdue(tx, id))
        continue
      }
      if (row.state === 'approved') {
        if (patience.signal.aborted || this.#stopping.signal.aborted) return outcomeOf(row)
        const ready = await this.#prepare(
          work,
          Math.min(began + Math.max(patience.decisionMs, patience.runMs), lastMoment),
          patience.signal,
        )
        if (ready === GAVE_UP) return outcomeOf(this.#read(id))
        if (typeof ready === 'string') {
          // Another of the same principal may have been luckier meanwhile.
          if (this.#read(id).state !== 'approved') continue
          return { word: 'failed', requestId: id, message: ready }
        }
        // Who went away meanwhile leaves the approval for the next time they ask.
        const isWanted = !patience.signal.aborted && !this.#stopping.signal.aborted
        if (!isWanted || !this.#claimAndStart(row, work, ready)) ready.giveBack()
        if (!isWanted) return outcomeOf(this.#read(id))
        continue
      }
      if (row.state === 'executing') ranSince = Math.min(ranSince, now)
      const until = row.state === 'executing' ? ranSince + patience.runMs : began + patience.decisionMs
      const waking = await this.#change(row, Math.min(until, lastMoment), patience.signal)
      if (waking.woken !== 'changed') return outcomeOf(this.#read(id))
      fresh = waking.row
    }
  }

  /** Looking at a tool again, and waiting for a turn, may take longer than the caller has. */
  async #prepare(work: Work, until: number, signal: AbortSignal): Promise<Ready | string | typeof GAVE_UP> {
    const patience = new AbortController()
    const giveUp = () => patience.abort()
    const unschedule = this.#clock.schedule(until, giveUp)
    const ends = [signal, this.#stopping.signal]
    for (const end of ends) end.addEventListener('abort', giveUp, { once: true })
    if (ends.some((end) => end.aborted)) giveUp()
    const preparing = work.prepare(patience.signal)
    try {
      return await unlessAborted(preparing, patience.signal)
    } catch (error) {
      if (!patience.signal.aborted) throw error
      // What was got ready all the same, nobody is there for.
      preparing.then((late) => typeof late !== 'string' && late.giveBack()).catch(() => {})
      return GAVE_UP
    } finally {
      unschedule()
      for (const end of ends) end.removeEventListener('abort', giveUp)
    }
  }

  #claimAndStart(row: RequestRow, work: Work, ready: Ready): boolean {
    failPoint('before claim')
    let claimed: RequestRow | undefined
    try {
      claimed = this.#claim(row, work.gate)
    } catch (error) {
      ready.giveBack()
      throw error
    }
    failPoint('claimed')
    if (claimed) this.start(claimed, ready)
    return claimed !== undefined
  }

  /** Runs a claimed request to its end. The run belongs to the request: it goes on when its first caller has waited long enough. */
  start(row: RequestRow, work: Pick<Work, 'run'>): void {
    const began = stopwatch()
    const done = this.running.start(row.id, async (signal) => {
      const end = await work.run(signal).catch((error): RunEnd => {
        this.logger.error('a run broke', { request: row.id, error: errorText(error) })
        return { end: 'unknown', message: 'AgentPort failed while the call was running.' }
      })
      failPoint('answered')
      await this.#settle(row, end, Math.round(stopwatch() - began))
      failPoint('settled')
    })
    // It stays executing, and becomes unknown once it is found lost: no end is told that is not stored.
    done.catch((error) => this.logger.error('an end could not be stored', { request: row.id, error: errorText(error) }))
  }

  /** A store that cannot be written at the moment, as while another process holds it, must not cost a result. */
  async #settle(row: RequestRow, end: RunEnd, durationMs: number): Promise<void> {
    const { store } = this.book
    const settle = (tx: Tx) => this.book.settle(tx, row, end, durationMs)
    for (const [i, pauseMs] of [...SETTLE_PAUSES_MS, 0].entries()) {
      try {
        if (row.decisionMode === 'policy') await store.groupedTransaction(settle)
        else store.transaction(settle)
        return
      } catch (error) {
        if (i === SETTLE_PAUSES_MS.length) throw error
        this.logger.error('an end cannot be stored yet', { request: row.id, error: errorText(error) })
        await Bun.sleep(pauseMs)
      }
    }
  }

  /** One conditional update, in a transaction that survives power loss: of many who try, one gets the row. */
  #claim(row: RequestRow, gate: Gate): RequestRow | undefined {
    return this.book.store.transaction((tx) => {
      const verdict = gate()
      if (verdict.mode === 'void') this.book.void(tx, row.id, verdict.why, 'system')
      else if (verdict.mode === 'deny') this.book.void(tx, row.id, 'The tool was set to deny.', 'system')
      else return this.book.claim(tx, row.id, askerActor(row))
      return undefined
    })
  }

  /** Resolves at the next change of the request, its lapse, the end of patience, or when the caller goes away. */
  #change(row: RequestRow, until: number, signal: AbortSignal): Promise<Waking> {
    const interest = this.running.want(row.id)
    const stopping = this.#stopping.signal
    return new Promise((resolve) => {
      const cleanUp: (() => void)[] = []
      const finish = (woken: Woken, news: RequestRow | null = null) => {
        for (const undo of cleanUp) undo()
        interest.leave(woken)
        // What can still change may have changed again by the time that anybody looks.
        resolve({ woken, row: news && isOver(news.state) ? news : null })
      }
      if (signal.aborted) return finish('went_away')
      if (stopping.aborted || until <= this.#clock.now()) return finish('timed_out')
      const wakeAt = (at: number, woken: Woken) => cleanUp.push(this.#clock.schedule(at, () => finish(woken)))
      const wakeOn = (source: AbortSignal, woken: Woken) => {
        const act = () => finish(woken)
        source.addEventListener('abort', act, { once: true })
        cleanUp.push(() => source.removeEventListener('abort', act))
      }
      cleanUp.push(this.waiters.add(row.id, (news) => finish('changed', news)))
      wakeAt(until, 'timed_out')
      if (row.expiresAt !== null && row.expiresAt < until) wakeAt(row.expiresAt, 'changed')
      wakeOn(signal, 'went_away')
      wakeOn(stopping, 'timed_out')
    })
  }

  #read(id: string): RequestRow {
    const row = this.book.queries.byId(id)
    if (!row) throw new Error('A request that is being followed is gone from the store')
    return row
  }

  /** Ends all waits, lets running calls finish for a while, then cancels them. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping.abort()
    await this.running.finish(graceMs)
  }
}
