import type { ConnectionSummary } from '../types.ts'
import { Icon } from './icon.tsx'

/** Whether it does not work as it should, or not for everything. */
export const needsCare = ({ connected, oauthStatus, health }: ConnectionSummary): boolean =>
  !connected || oauthStatus === 'wider_access_needed' || health.state !== 'ok'

const HEALTH_WORDS = {
  needs_sign_in: 'Needs sign-in',
  unreachable: 'Not reachable',
  degraded: 'Has a problem',
} as const

/** How a connection does, by shape, word and colour. */
export function ConnectionState({ connection }: { connection: ConnectionSummary }) {
  if (!connection.connected) {
    return (
      <span class="state state-bad">
        <Icon name="failed" />
        {connection.oauthStatus === 'sign_in_needed' ? 'Needs sign-in' : 'Not connected'}
      </span>
    )
  }
  if (connection.oauthStatus === 'wider_access_needed') {
    return (
      <span class="state state-odd">
        <Icon name="warn" />
        Needs wider access
      </span>
    )
  }
  const { state } = connection.health
  if (state !== 'ok') {
    const isOdd = state === 'degraded'
    return (
      <span class={`state ${isOdd ? 'state-odd' : 'state-bad'}`}>
        <Icon name={isOdd ? 'warn' : 'failed'} />
        {HEALTH_WORDS[state]}
      </span>
    )
  }
  return (
    <span class="state state-good">
      <Icon name="done" />
      {connection.toolCount === 1 ? '1 tool' : `${connection.toolCount} tools`}
    </span>
  )
}
