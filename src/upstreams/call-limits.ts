import type { Clock } from '../lib/clock.ts'
import { CallPace } from './call-pace.ts'

/** To be under way with one server. */
export interface Place {
  /** How long it was waited for. */
  readonly waitedMs: number
  /** To be called when the call is over; more than once does no harm. @param answered whether the server gave an answer. */
  leave(answered: boolean): void
}

/** What a call that may not start is told, in words for its agent. */
export interface Words {
  /** It waited as long as it may. */
  waited(ms: number): string
  /** So many of the same agent wait already. */
  crowded(waiting: number): string
  /** The server asked to be left alone for longer than the call would wait. */
  held(ms: number): string
}

export const MOST_AT_ONCE = 64
/** One agent may have at most so many times under way what would then be left for others: alone 48 of 64, two of them 27 each. */
const SHARE = 3
export const MOST_IN_LINE_OF_AGENT = 100
const MOST_IN_LINE = 500
const FIRST_HOLD_MS = 1_000
const LONGEST_HOLD_MS = 60_000

interface Waiting {
  since: number
  until: number
  admit(): void
  refuse(why: string): void
}

class Agent {
  running = 0
  /** The first that came in front. */
  readonly line = new Set<Waiting>()
}

/**
 * How many calls of one connection are under way at once, and how soon after one another. Alone everybody gets what they ask for;
 * in a crowd each agent has a line of its own, served in turn, and none can take all places. A server that limits us is left alone
 * as long as it asks, and after that, or after it failed, gets one call, then two, then more.
 */
export class CallLimits {
  #running = 0
  #atOnce = MOST_AT_ONCE
  #waiting = 0
  readonly #agents = new Map<string, Agent>()
  readonly #pace = new CallPace()
  #hold: { since: number; until: number } | null = null
  #holds = 0
  /** Counts the times at which everything began anew: what started before proves nothing about after. */
  #beginnings = 0
  #unschedule = () => {}

  constructor(
    readonly clock: Clock,
    readonly words: Words,
  ) {}

  /** At once when there is room, without a promise or a timer. A text is why there is no place. */
  enter(name: string, waitMs: number, signal: AbortSignal): Place | string | Promise<Place | string> {
    // Whoever waits for a time that has come is before whoever comes now.
    if (this.#waiting > 0) this.#serve()
    const now = this.clock.now()
    const agent = this.#agents.get(name) ?? new Agent()
    if (agent.line.size === 0 && this.#hasRoom(agent, now)) {
      this.#agents.set(name, agent)
      return this.#admit(name, agent, now, 0)
    }
    const heldMs = this.heldUntil(now) - now
    if (heldMs > waitMs) return this.words.held(heldMs)
    const full = this.#waiting >= MOST_IN_LINE && agent.line.size > 0
    if (full || agent.line.size >= MOST_IN_LINE_OF_AGENT) return this.words.crowded(agent.line.size)
    this.#agents.set(name, agent)
    return this.#standInLine(name, agent, now, waitMs, signal)
  }

  /** Zero when the server did not ask to be left alone. */
  heldUntil(now: number): number {
    if (this.#hold && (now >= this.#hold.until || now < this.#hold.since)) this.#hold = null
    return this.#hold?.until ?? 0
  }

  /** The server limits us. @param askedMs how long it asks to be left alone; null when it does not say. */
  limited(askedMs: number | null): void {
    const now = this.clock.now()
    const held = this.heldUntil(now)
    if (held === 0) {
      this.#pace.limited(now)
      this.#holds++
      this.beginAnew()
    }
    const growingMs = Math.min(FIRST_HOLD_MS * 2 ** Math.min(this.#holds - 1, 10), LONGEST_HOLD_MS)
    const until = Math.max(held, now + Math.max(askedMs ?? growingMs, FIRST_HOLD_MS))
    this.#hold = { since: now, until }
    for (const waiting of this.#everyWaiting()) if (waiting.until < until) waiting.refuse(this.words.held(until - now))
    this.#wakeLater()
  }

  /** One call shows whether the next may go. Those that are under way count no more: they may hang for as long as they like. */
  beginAnew(): void {
    this.#atOnce = 1
    this.#beginnings++
    this.#running = 0
    for (const [name, agent] of [...this.#agents]) {
      agent.running = 0
      this.#forget(name, agent)
    }
  }

  refuseAll(why: string): void {
    for (const waiting of this.#everyWaiting()) waiting.refuse(why)
  }

  get isIdle(): boolean {
    return this.#running === 0 && this.#waiting === 0 && this.#hold === null
  }

  #everyWaiting(): Waiting[] {
    return this.#waiting === 0 ? [] : [...this.#agents.values()].flatMap(({ line }) => [...line])
  }

  #hasRoom({ running }: Agent, now: number): boolean {
    return (
      running < SHARE * (this.#atOnce - this.#running) &&
      (!this.#hold || this.heldUntil(now) === 0) &&
      this.#pace.nextAt(now) === now
    )
  }

  #admit(name: string, agent: Agent, now: number, waitedMs: number): Place {
    const beginning = this.#beginnings
    let open = true
    agent.running++
    this.#running++
    this.#pace.started(now)
    return {
      waitedMs,
      leave: (answered) => {
        if (!open) return
        open = false
        if (beginning !== this.#beginnings) return
        agent.running--
        this.#running--
        if (answered) this.#grow()
        this.#forget(name, agent)
        if (this.#waiting > 0) this.#serve()
      },
    }
  }

  #grow(): void {
    this.#holds = 0
    this.#pace.answered()
    // One more for each answer: twice as many with each round of them.
    if (this.#atOnce < MOST_AT_ONCE) this.#atOnce++
  }

  #forget(name: string, agent: Agent): void {
    if (agent.running === 0 && agent.line.size === 0 && this.#agents.get(name) === agent) this.#agents.delete(name)
  }

  #standInLine(name: string, agent: Agent, now: number, waitMs: number, signal: AbortSignal): Promise<Place | string> {
    return new Promise((resolve) => {
      const stepOut = () => {
        agent.line.delete(waiting)
        this.#waiting--
        unschedule()
        signal.removeEventListener('abort', abort)
      }
      const waiting: Waiting = {
        since: now,
        until: now + waitMs,
        admit: () => {
          stepOut()
          const admittedAt = this.clock.now()
          resolve(this.#admit(name, agent, admittedAt, Math.max(0, admittedAt - now)))
        },
        refuse: (why) => {
          stepOut()
          this.#forget(name, agent)
          resolve(why)
        },
      }
      const abort = () => waiting.refuse(CANCELLED)
      const unschedule = this.clock.schedule(waiting.until, () => waiting.refuse(this.words.waited(waitMs)))
      signal.addEventListener('abort', abort, { once: true })
      agent.line.add(waiting)
      this.#waiting++
      if (signal.aborted) abort()
      this.#wakeLater()
    })
  }

  /** Lets in who has room, one of each agent in turn. */
  #serve(): void {
    for (let next = this.#next(); next; next = this.#next()) {
      const [name, agent, waiting] = next
      // To the end of the round.
      this.#agents.delete(name)
      this.#agents.set(name, agent)
      waiting.admit()
    }
    this.#wakeLater()
  }

  #next(): [string, Agent, Waiting] | null {
    const now = this.clock.now()
    for (const [name, agent] of this.#agents) {
      const [first] = agent.line
      if (first && this.#hasRoom(agent, now)) return [name, agent, first]
    }
    return null
  }

  /** Those who wait for a time, and not for a place, need somebody to look. */
  #wakeLater(): void {
    this.#unschedule()
    if (this.#waiting === 0) return
    const now = this.clock.now()
    const at = Math.max(this.heldUntil(now), this.#pace.nextAt(now))
    if (at > now) this.#unschedule = this.clock.schedule(at, () => this.#serve())
  }
}

export const CANCELLED = 'The call was cancelled before it was sent.'
