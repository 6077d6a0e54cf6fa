import type { Clock } from '../lib/clock.ts'
import { withDeadline } from '../lib/deadline.ts'
import { jittered } from '../lib/jitter.ts'
import { CallLimits, type Place } from './call-limits.ts'
import { Circuit } from './circuit.ts'
import { presentConnection } from './connection.ts'
import { type Fault, faultOf } from './faults.ts'
import type { ConnectionRow } from './queries.ts'
import { retryAfterMs } from './retry-after.ts'

/** How a connection does, as far as its last contacts tell. */
export interface Health {
  state: 'ok' | 'needs_sign_in' | 'unreachable' | 'degraded'
  /** What is wrong, in our own words; null when nothing is. */
  why: string | null
  /** When calls go to it again; null when they go. */
  tryAt: number | null
}

/** Everything that is remembered of one connection. */
class Entry {
  readonly circuit = new Circuit()
  usedAt = Number.NEGATIVE_INFINITY
  contactAt = Number.NEGATIVE_INFINITY
  /** Under way, shared by all who want to know. */
  probing: Promise<void> | null = null
  /** Why its tools cannot be read, though it answers. */
  unreadable = false
  /** Quiet checks in a row that found it in trouble, and when the next is due. */
  checks = 0
  checkAt: number | null = null
  readonly restMs = jittered(REST_MS)

  constructor(readonly limits: CallLimits) {}

  /** One that answers, and waits for a call to show the rest, is not. */
  get inTrouble(): boolean {
    return this.circuit.fault !== null
  }
}

/** Longer than a server that works takes to say so. */
const PROBE_LIMIT_MS = 10_000
/** Between two quiet checks of a connection in trouble, doubled each time. */
const FIRST_CHECK_MS = 3 * 60_000
const LONGEST_CHECK_MS = 60 * 60_000
/** A connection that was used lately is checked once it has not been heard of for a while, and not at all when nobody uses it. */
const REST_MS = 5 * 60_000
const USED_LATELY_MS = 15 * 60_000
/** As many failures among the last calls are not by chance. */
const FAILS_OFTEN = 3

/**
 * What is learnt of each connection from its own calls: whether it works, whether calls go to it, and how many at once. Nothing of it
 * is kept: after a start everything is believed to work until it shows otherwise, and two processes each learn for themselves.
 */
export class ConnectionHealth {
  readonly #entries = new Map<string, Entry>()

  constructor(
    readonly clock: Clock,
    /** Asks the server for no more than an answer. */
    readonly knock: (row: ConnectionRow) => Promise<void>,
    readonly keepLastError: (connectionId: string, message: string | null) => void,
  ) {}

  /**
   * A place to call from, or why there is none: at once when all is well, without a promise or a timer.
   * @param waitMs how long to stand in line for it.
   */
  enter(
    row: ConnectionRow,
    agent: string,
    waitMs: number,
    signal: AbortSignal,
  ): Place | string | Promise<Place | string> {
    const entry = this.#entryOf(row)
    entry.usedAt = this.clock.now()
    const standing = entry.circuit.standing(entry.usedAt)
    if (standing === 'open') return this.#refusal(row, entry)
    if (standing === 'due')
      return this.#probe(row, entry).then(
        () => this.#hindrance(row, entry) ?? entry.limits.enter(agent, waitMs, signal),
      )
    return entry.limits.enter(agent, waitMs, signal)
  }

  /** Why no call goes there at this moment; null when calls go. */
  hindrance(row: ConnectionRow): string | null {
    const entry = this.#entries.get(row.id)
    return entry ? this.#hindrance(row, entry) : null
  }

  #hindrance(row: ConnectionRow, entry: Entry): string | null {
    return entry.circuit.standing(this.clock.now()) === 'open' ? this.#refusal(row, entry) : null
  }

  /** Asks a server that failed, and may be tried again by now, whether it works. Null when there is nothing to ask. */
  lookIfDue(row: ConnectionRow): Promise<void> | null {
    const entry = this.#entries.get(row.id)
    return entry?.circuit.standing(this.clock.now()) === 'due' ? this.#probe(row, entry) : null
  }

  /** How a call went. @param error null for an answer. */
  called(row: ConnectionRow, error: unknown): void {
    const entry = this.#entries.get(row.id)
    const fault = error === null ? 'answers' : faultOf(error)
    if (!entry || fault === null) return
    entry.contactAt = this.clock.now()
    if (fault !== 'answers') this.#fail(row, entry, fault, true)
    else {
      entry.circuit.succeeded()
      entry.checks = 0
    }
    this.#tell(row, entry, fault)
  }

  /** How it went to read its tools; whoever read them says so themselves. */
  looked(row: ConnectionRow, error: unknown): void {
    const fault = error === null ? 'answers' : faultOf(error)
    const entry = this.#entryOf(row)
    entry.unreadable = error !== null && fault === null
    if (fault !== null) this.#asked(row, entry, fault)
  }

  /** That it answers shows nothing about calls yet: where it had failed, one of them has to go first. */
  #asked(row: ConnectionRow, entry: Entry, fault: Fault | 'answers'): void {
    entry.contactAt = this.clock.now()
    if (fault !== 'answers') {
      this.#fail(row, entry, fault, false)
      return
    }
    if (entry.circuit.standing(entry.contactAt) !== 'closed') entry.limits.beginAnew()
    entry.circuit.answered()
    entry.checks = 0
  }

  #fail(row: ConnectionRow, entry: Entry, fault: Fault, wasCall: boolean): void {
    const now = this.clock.now()
    const notBefore = entry.limits.heldUntil(now)
    if (entry.circuit.failed(fault, now, { wasCall, notBefore })) entry.limits.refuseAll(this.#refusal(row, entry))
  }

  /** Kept where every process sees it, and the next start: only when it is another than was known. */
  #tell(row: ConnectionRow, entry: Entry, fault: Fault | 'answers'): void {
    const message = fault === 'answers' ? null : fault.message
    if (row.lastError !== message && !(message === null && entry.unreadable)) this.keepLastError(row.id, message)
  }

  /** Hears every answer of a server, whatever asked for it. */
  answered(connectionId: string, status: number, headers: Headers): void {
    if (status !== 429 && status !== 503) return
    const now = this.clock.now()
    const askedMs = retryAfterMs(headers, now)
    const entry = this.#entries.get(connectionId)
    // A server that merely does not work is no matter of how often.
    if (!entry || (status === 503 && askedMs === null)) return
    entry.limits.limited(askedMs)
    entry.circuit.putOff(entry.limits.heldUntil(now))
  }

  of(row: ConnectionRow): Health {
    const now = this.clock.now()
    const { connected, lastError } = presentConnection(row)
    if (!connected) return { state: 'needs_sign_in', why: lastError, tryAt: null }
    const entry = this.#entries.get(row.id)
    if (!entry) return lastError === null ? WELL : { state: 'degraded', why: lastError, tryAt: null }
    const { fault, until, lately } = entry.circuit
    if (fault) return { state: STATES[fault.kind], why: fault.message, tryAt: until }
    const heldUntil = entry.limits.heldUntil(now)
    if (heldUntil > 0) return { state: 'degraded', why: 'The server limits how often it is called.', tryAt: heldUntil }
    if (lastError !== null) return { state: 'degraded', why: lastError, tryAt: null }
    if (lately.failed < FAILS_OFTEN) return WELL
    return { state: 'degraded', why: `${lately.failed} of the last ${lately.calls} calls failed.`, tryAt: null }
  }

  /** What went wrong last, and when it is tried again, for an agent. */
  lastErrorOf(row: ConnectionRow): string | null {
    const { why, tryAt } = this.of(row)
    if (why === null || tryAt === null) return presentConnection(row).lastError
    return `${why} Calls go there again ${inWords(Math.max(0, tryAt - this.clock.now()))}.`
  }

  /**
   * Asks those that had trouble, more and more seldom, and those that were used lately and not heard of since. Whoever nobody uses is
   * left alone, and so is whatever would have to be started to be asked.
   */
  async checkQuietly(rows: readonly ConnectionRow[]): Promise<void> {
    const now = this.clock.now()
    const known = new Map(rows.map((row) => [row.id, row]))
    for (const [id, entry] of this.#entries) if (!known.has(id) && entry.limits.isIdle) this.#entries.delete(id)
    const due = rows.filter((row) => presentConnection(row).connected && this.#isCheckDue(row, now))
    await Promise.all(due.map((row) => this.#probe(row, this.#entryOf(row))))
  }

  #isCheckDue(row: ConnectionRow, now: number): boolean {
    if (!this.#entries.has(row.id) && row.lastError === null) return false
    const entry = this.#entryOf(row)
    if (entry.limits.heldUntil(now) > 0) return false
    if (!entry.inTrouble && row.lastError === null) {
      const restedMs = now - entry.contactAt
      return now - entry.usedAt < USED_LATELY_MS && (restedMs >= entry.restMs || restedMs < 0)
    }
    const pauseMs = Math.min(FIRST_CHECK_MS * 2 ** entry.checks, LONGEST_CHECK_MS)
    entry.checkAt ??= now + jittered(pauseMs)
    // Further away than any pause: the clock was set back.
    if (now < entry.checkAt && entry.checkAt - now <= 2 * pauseMs) return false
    entry.checks++
    entry.checkAt = null
    return true
  }

  /** For a connection that leads elsewhere now, or nowhere: what was learnt is not of it. */
  forget(connectionId: string): void {
    this.#entries.get(connectionId)?.limits.refuseAll('The connection was changed meanwhile. Try again.')
    this.#entries.delete(connectionId)
  }

  #probe(row: ConnectionRow, entry: Entry): Promise<void> {
    entry.probing ??= this.#ask(row, entry)
      .then((fault) => {
        this.#asked(row, entry, fault)
        this.#tell(row, entry, fault)
      })
      .finally(() => {
        entry.probing = null
      })
    return entry.probing
  }

  /** @returns what is wrong with it, within a bounded time. */
  async #ask(row: ConnectionRow, { circuit }: Entry): Promise<Fault | 'answers'> {
    try {
      await withDeadline(this.knock(row), PROBE_LIMIT_MS)
      return 'answers'
    } catch (error) {
      // What says nothing about the server leaves it as it was.
      return faultOf(error) ?? circuit.fault ?? 'answers'
    }
  }

  #refusal(row: ConnectionRow, { circuit }: Entry): string {
    const inMs = Math.max(0, (circuit.until ?? 0) - this.clock.now())
    return `${row.slug} is not called at the moment, since it failed several times in a row: ${circuit.fault?.message ?? ''} It is tried again ${inWords(inMs)}.`
  }

  #entryOf({ id, slug }: ConnectionRow): Entry {
    let entry = this.#entries.get(id)
    if (!entry) {
      const words = {
        waited: (ms: number) =>
          `Too many calls to ${slug} are under way: this one waited ${inSeconds(ms)} for its turn. Try again in a moment, with fewer at once.`,
        crowded: (waiting: number) =>
          `${waiting} calls of this agent wait for ${slug} already. Wait for them before sending more.`,
        held: (ms: number) =>
          `${slug} limits how often it is called, and asked to be left alone. Try again ${inWords(ms)}.`,
      }
      entry = new Entry(new CallLimits(this.clock, words))
      this.#entries.set(id, entry)
    }
    return entry
  }
}

const WELL: Health = { state: 'ok', why: null, tryAt: null }
const STATES = { sign_in: 'needs_sign_in', unreachable: 'unreachable', failing: 'degraded' } as const

const inSeconds = (ms: number): string => `${Math.ceil(ms / 1_000)} s`
const inWords = (ms: number): string =>
  ms > 120_000 ? `in ${Math.ceil(ms / 60_000)} minutes` : ms > 0 ? `in ${inSeconds(ms)}` : 'at the next call'
