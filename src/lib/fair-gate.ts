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
const COUNTS_FOR_MS = 50
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

  constructor(readonly drainSoon: () => void) {}

  hasRoom(): boolean {
    if (this.working.size < AT_ONCE) return true
    const countsSince = stopwatch() - COUNTS_FOR_MS
    for (const each of this.working) {
      if (each.since > countsSince) break
      this.working.delete(each)
    }
    return this.working.size < AT_ONCE
  }

  admit(): Admitted {
    const pass = new Admitted(this, stopwatch())
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
  ) {}

  leave(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.lane.open--
    this.lane.working.delete(this)
    if (this.lane.line.size > 0) this.lane.drainSoon()
  }
}

export function createFairGate(): FairGate {
  /** As many as there are callers with a credential. */
  const lanes = new Map<string, Lane>()
  let drains = false
  let looksAgain = false

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
      if (!someWait || looksAgain) return
      looksAgain = true
      // Those that are worked on may stop counting without leaving.
      setTimeout(() => {
        looksAgain = false
        drainSoon()
      }, COUNTS_FOR_MS)
    })
  }

  function standInLine(lane: Lane, request: Request, bytes: number): Promise<Pass | 'gone'> {
    lane.bytesInLine += bytes
    drainSoon()
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
        lane = new Lane(drainSoon)
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
