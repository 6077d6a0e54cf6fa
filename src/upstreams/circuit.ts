import { jittered } from '../lib/jitter.ts'
import type { Fault } from './faults.ts'

/**
 * closed: calls go. open: none goes, for a while. due: the while is over, and the server is asked whether it works before a call goes.
 * trial: it says so, and one call at a time shows.
 */
export type Standing = 'closed' | 'open' | 'due' | 'trial'

/** In a row, whatever they were about. */
export const FAILURES_TO_OPEN = 3
const FIRST_PAUSE_MS = 5_000
const LONGEST_PAUSE_MS = 5 * 60_000
const LATELY = 20

/** Whether calls go to one server. Opens when it fails again and again, for longer each time, until a call has run. */
export class Circuit {
  #inARow = 0
  #openings = 0
  #opened: { since: number; until: number } | null = null
  #trial = false
  /** Of the last contact; null when it went well. */
  #fault: Fault | null = null
  /** Of the last calls, the newest last: whether the server failed. */
  readonly #lately: boolean[] = []

  constructor(readonly jitter: (ms: number) => number = jittered) {}

  standing(now: number): Standing {
    if (!this.#opened) return this.#trial ? 'trial' : 'closed'
    // Before it was opened: the clock was set back, and nobody knows how long ago that was.
    return now >= this.#opened.until || now < this.#opened.since ? 'due' : 'open'
  }

  get fault(): Fault | null {
    return this.#fault
  }

  /** When the server is tried again; null when it need not be. */
  get until(): number | null {
    return this.#opened?.until ?? null
  }

  get lately(): { calls: number; failed: number } {
    return { calls: this.#lately.length, failed: this.#lately.filter(Boolean).length }
  }

  /** A call was answered, whatever the answer. */
  succeeded(): void {
    this.#forgetOpening()
    this.#remember(false)
    this.#inARow = 0
    this.#openings = 0
    this.#fault = null
  }

  /** The server was asked, and answered, but ran no call. */
  answered(): void {
    this.#fault = null
    this.#inARow = 0
    const isTried = this.#opened !== null || this.#trial
    this.#forgetOpening()
    this.#trial = isTried
  }

  /** @param notBefore when the server asked to be left alone until then. @returns whether this opened it. */
  failed(fault: Fault, now: number, { wasCall, notBefore }: { wasCall: boolean; notBefore: number }): boolean {
    if (wasCall) this.#remember(true)
    // What was under way when it was opened tells nothing new.
    if (this.standing(now) === 'open') return false
    this.#fault = fault
    this.#inARow++
    if (!this.#opened && !this.#trial && this.#inARow < FAILURES_TO_OPEN) return false
    const pauseMs = this.jitter(Math.min(FIRST_PAUSE_MS * 2 ** this.#openings, LONGEST_PAUSE_MS))
    if (FIRST_PAUSE_MS * 2 ** this.#openings < LONGEST_PAUSE_MS) this.#openings++
    this.#opened = { since: now, until: Math.max(now + pauseMs, notBefore) }
    this.#trial = false
    return true
  }

  /** Where it is open, it stays so at least until then. */
  putOff(until: number): void {
    if (this.#opened) this.#opened.until = Math.max(this.#opened.until, until)
  }

  /** What is over is over: the failures that opened it are no part of how it does from here on. */
  #forgetOpening(): void {
    if (this.#opened) this.#lately.length = 0
    this.#opened = null
    this.#trial = false
  }

  #remember(failed: boolean): void {
    this.#lately.push(failed)
    if (this.#lately.length > LATELY) this.#lately.shift()
  }
}
