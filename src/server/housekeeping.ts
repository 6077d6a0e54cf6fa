import type { Gateway } from '../gateway/gateway.ts'
import { errorText } from '../lib/errors.ts'
import type { Logger } from '../lib/logger.ts'
import type { Rooms } from './rooms.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const IDLE_UPSTREAM_MS = 30 * MINUTE_MS

/** What has to be done now and then, whoever asks. The returned function ends it. */
export function startHousekeeping(
  { clock, identity, upstreams, approvals }: Rooms,
  gateway: Gateway,
  logger: Logger,
): () => void {
  const stops = [
    every(MINUTE_MS, 'expire', async () => {
      await approvals.expireOverdue()
      gateway.sweep((id) => identity.agents.isLive(id))
    }),
    every(HOUR_MS, 'prune', async () => {
      await approvals.history.prune()
      await identity.humans.forgetOverdue()
      await identity.oauth.forgetOverdue()
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

  function every(ms: number, what: string, act: () => Promise<void>): () => void {
    let cancel = () => {}
    const arm = () => {
      cancel = clock.schedule(clock.now() + ms, () => {
        act()
          .catch((error) => logger.error('housekeeping failed', { what, error: errorText(error) }))
          .finally(arm)
      })
    }
    arm()
    return () => cancel()
  }
}
