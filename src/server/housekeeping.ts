import { errorText } from '../lib/errors.ts'
import type { Logger } from '../lib/logger.ts'
import type { Rooms } from './rooms.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const IDLE_UPSTREAM_MS = 30 * MINUTE_MS

/** What has to be done now and then, whoever asks. The returned function ends it. */
export function startHousekeeping(
  { clock, identity, upstreams, approvals }: Rooms,
  /** Ends what is left of agents that are no more, once they have been told. */
  sweepSoon: () => void,
  logger: Logger,
): () => void {
  const stops = [
    every(
      MINUTE_MS,
      'expire',
      async () => {
        await approvals.expireOverdue()
        sweepSoon()
      },
      // What an agent waits for ends with its time, and not within the minute.
      () => identity.agents.nextEnd(),
    ),
    every(HOUR_MS, 'prune', async () => {
      await approvals.history.prune()
      await identity.humans.forgetOverdue()
      await identity.oauth.forgetOverdue()
      await upstreams.signIns.forgetOverdue()
      await upstreams.forgetIdleSessions(clock.now() - IDLE_UPSTREAM_MS)
    }),
    every(MINUTE_MS, 'check connections', () => upstreams.checkQuietly()),
    every(HOUR_MS, 'refresh tools', async () => {
      for (const { id, connected } of await upstreams.everyConnection()) {
        // A server that cannot be asked keeps its tools; its connection page says what is wrong.
        if (connected) await upstreams.refresh(id, 'system').catch(() => {})
      }
    }),
  ]
  return () => {
    for (const stop of stops) stop()
  }

  function every(ms: number, what: string, act: () => Promise<void>, sooner?: () => number | null): () => void {
    let cancel = () => {}
    const arm = () => {
      const at = Math.min(clock.now() + ms, sooner?.() ?? Number.POSITIVE_INFINITY)
      cancel = clock.schedule(at, () => {
        act()
          .catch((error) => logger.error('housekeeping failed', { what, error: errorText(error) }))
          .finally(arm)
      })
    }
    arm()
    return () => cancel()
  }
}
