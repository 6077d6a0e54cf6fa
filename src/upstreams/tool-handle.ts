import type { JsonObject } from '../lib/json.ts'
import type { Place } from './call-limits.ts'
import { type Connection, presentConnection } from './connection.ts'
import type { CachedDefinition } from './definition-cache.ts'
import type { ConnectionHealth } from './health.ts'
import type { ConnectionRow } from './queries.ts'
import type { RunEnd } from './run-end.ts'
import type { createRunner, RunOptions } from './runner.ts'
import type { ToolDefinition } from './tool-definition.ts'

/** What is known of a tool before anything is sent, and the way to send it. */
export interface ToolHandle {
  connection: Connection
  definition: ToolDefinition
  definitionHash: string
  /** Where the arguments break the tool's own schema; null when they do not. */
  check(args: JsonObject): string | null
  /** Why nothing is sent to its server at this moment; null when calls go there. */
  hindrance(): string | null
  /** Looks whether a server that failed works again, where it is time to; null when there is nothing to look for. */
  lookIfDue(): Promise<void> | null
  /** A place among the calls to its server, once there is one; or why there is none. Whoever does not run in it leaves it. */
  enter(agent: string, signal: AbortSignal): Promise<Place | string>
  /** @param caller the place that was given, or whose turn it is. */
  run(args: JsonObject, caller: Queued | { place: Place }, options: RunOptions): Promise<RunEnd>
}

/** A call that may have to wait for its turn. */
export interface Queued {
  agent: string
  /** Asked once more after a wait: why it may not run any more, or null. */
  mayStill(): string | null
}

export function toolHandle({
  row,
  cached,
  definitionHash,
  run,
  health,
}: {
  row: ConnectionRow
  cached: CachedDefinition
  definitionHash: string
  run: ReturnType<typeof createRunner>
  health: ConnectionHealth
}): ToolHandle {
  // No more of its time is spent in line, so that what is sent has time to end: given up sooner, its end would not be known.
  const waitMs = row.callTimeoutMs / 2

  async function runAt(place: Place, args: JsonObject, options: RunOptions): Promise<RunEnd> {
    let answered = false
    try {
      const end = await run.call(row, cached, args, options)
      answered = end.end === 'executed'
      return end
    } finally {
      place.leave(answered)
    }
  }

  return {
    connection: presentConnection(row),
    definition: cached.definition,
    definitionHash,
    check: (args) => cached.checkInput(args),
    hindrance: () => health.hindrance(row),
    lookIfDue: () => health.lookIfDue(row),
    enter: async (agent, signal) => health.enter(row, agent, waitMs, signal),
    async run(args, caller, options) {
      if ('place' in caller) return runAt(caller.place, args, options)
      const entered = health.enter(row, caller.agent, waitMs, options.signal)
      const place = entered instanceof Promise ? await entered : entered
      if (typeof place === 'string') return { end: 'failed', message: place }
      const cannot = entered === place ? null : caller.mayStill()
      if (cannot !== null) {
        place.leave(false)
        return { end: 'failed', message: cannot }
      }
      return runAt(place, args, { ...options, timeoutMs: row.callTimeoutMs - place.waitedMs })
    },
  }
}
