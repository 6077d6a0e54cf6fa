import { stopwatch } from './clock.ts'

/**
 * Keeps one caller's crowd from starving everybody else. It limits no rate: a caller alone gets all that the machine can do,
 * but only so many of its requests are worked on at once, and the others stand in its own line, first come, first served.
 * A request that is still open after a moment waits for a person or an upstream, costs nothing, and counts no more.
 */
export interface FairGate {
  /** At once when there is no crowd, without a promise or a timer; `full` and `gone` let nobody in. */
  enter(owner: string, request: Request): Pass | Promise<Pass | 'gone'> | 'full'
}

export interface Pass {
  /** To be called when the answer has left whole; more than once does no harm. */
  leave(): void
}

const AT_ONCE = 64
/**
 * A request counts for 50 ms, and while there is a line for ten of its ticks: these are 5 ms, but on a busy machine a turn of the
 * event loop is longer, and what has merely not had its turn must not make room for more.
 */
const COUNTS_FOR_MS = 50
const COUNTS_FOR_TICKS = 10
const MOST_IN_LINE = 2_000
/** What stands in line keeps its body in memory, of which nobody has read anything yet. */
const MOST_BYTES_IN_LINE = 64 * 1024 * 1024
const UNKNOWN_LENGTH_BYTES = 1024 * 1024
/** Worked on, in line, and waiting for somebody: each holds a connection. */
const MOST_OPEN = 5_000

interface Waiting {
  admit(): void
}

class Lane {
  open = 0
  /** Those that count, the oldest first. */
  readonly working = new Set<Admitted>()
  readonly line = new Set<Waiting>()
  bytesInLine = 0

  constructor(
    readonly ticks: { now: number },
    readonly countsForMs: number,
    readonly drainSoon: () => void,
  ) {}

  hasRoom(): boolean {
    if (this.working.size < AT_ONCE) return true
    const now = stopwatch()
    for (const each of this.working) {
      if (now - each.since < this.countsForMs || this.ticks.now - each.tick < COUNTS_FOR_TICKS) break
      this.working.delete(each)
    }
    return this.working.size < AT_ONCE
  }

  admit(): Admitted {
    const pass = new Admitted(this, stopwatch(), this.ticks.now)
    this.working.add(pass)
    return pass
  }

  drain(): void {
    for (const waiting of this.line) {
      if (!this.hasRoom()) return
      waiting.admit()
    }
  }
}

class Admitted implements Pass {
  #isOpen = true

  constructor(
    readonly lane: Lane,
    readonly since: number,
    readonly tick: number,
  ) {}

  leave(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.lane.open--
    this.lane.working.delete(this)
    if (this.lane.line.size > 0) this.lane.drainSoon()
  }
}

export function createFairGate(countsForMs = COUNTS_FOR_MS): FairGate {
  /** As many as there are callers with a credential. */
  const lanes = new Map<string, Lane>()
  const ticks = { now: 0 }
  let drains = false
  let ticking = false

  /** In a turn of its own: whoever else has sent something is heard in between. */
  function drainSoon(): void {
    if (drains) return
    drains = true
    setImmediate(() => {
      drains = false
      let someWait = false
      for (const lane of lanes.values()) {
        lane.drain()
        someWait ||= lane.line.size > 0
      }
      if (!someWait || ticking) return
      ticking = true
      setTimeout(() => {
        ticking = false
        ticks.now++
        drainSoon()
      }, countsForMs / COUNTS_FOR_TICKS)
    })
  }

  function standInLine(lane: Lane, request: Request, bytes: number): Promise<Pass | 'gone'> {
    lane.bytesInLine += bytes
    if (!ticking) {
      // No ticks were counted since the last line ended.
      ticks.now += COUNTS_FOR_TICKS
      drainSoon()
    }
    return new Promise((resolve) => {
      const stepOut = () => {
        lane.line.delete(waiting)
        lane.bytesInLine -= bytes
        request.signal.removeEventListener('abort', hungUp)
      }
      const hungUp = () => {
        stepOut()
        lane.open--
        resolve('gone')
      }
      const waiting: Waiting = {
        admit() {
          stepOut()
          resolve(lane.admit())
        },
      }
      lane.line.add(waiting)
      request.signal.addEventListener('abort', hungUp, { once: true })
    })
  }

  return {
    enter(owner, request) {
      let lane = lanes.get(owner)
      if (!lane) {
        lane = new Lane(ticks, countsForMs, drainSoon)
        lanes.set(owner, lane)
      }
      if (lane.open >= MOST_OPEN) return 'full'
      if (lane.line.size === 0 && lane.hasRoom()) {
        lane.open++
        return lane.admit()
      }
      const bytes = lengthOf(request)
      if (lane.line.size >= MOST_IN_LINE || lane.bytesInLine + bytes > MOST_BYTES_IN_LINE) return 'full'
      lane.open++
      return standInLine(lane, request, bytes)
    },
  }
}

function lengthOf(request: Request): number {
  if (!request.body) return 0
  const declared = Number(request.headers.get('content-length') ?? UNKNOWN_LENGTH_BYTES)
  return Number.isNaN(declared) ? UNKNOWN_LENGTH_BYTES : declared
}
