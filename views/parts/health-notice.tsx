import type { ConnectionSummary } from '../types.ts'
import { ExactText } from './exact-text.tsx'
import { Time } from './time.tsx'

/** What is wrong with a connection, and what its owner can do about it. */
export function HealthNotice({ connection }: { connection: ConnectionSummary }) {
  const { health, connected } = connection
  // What is not connected yet has its button beside it.
  if (health.state === 'ok' || (!connected && health.why === null)) return null
  return (
    <div class={health.state === 'degraded' ? 'notice notice-warn' : 'notice notice-error'} role="note">
      {health.why !== null && (
        <>
          <p>{health.state === 'degraded' ? 'It does not work as it should:' : 'The last contact failed:'}</p>
          <ExactText text={health.why} quiet />
        </>
      )}
      <p>{whatToDo(connection)}</p>
      {health.tryAt !== null && (
        <p>
          Calls go there again <Time at={health.tryAt} />. Until then an agent that calls it is told that nothing ran,
          and what you approved waits.
        </p>
      )}
    </div>
  )
}

const SIGN_IN_WORDS = {
  none: 'The server wants a sign-in. Remove this connection, and add it again with a credential.',
  token: 'Get a new credential from the service and enter it here.',
  oauth: 'Sign in again at the service: the button stands below.',
} as const

function whatToDo({ health, authMethod, oauthStatus }: ConnectionSummary): string {
  if (oauthStatus === 'wider_access_needed')
    return 'Sign in again to grant it; until then everything else goes on working.'
  switch (health.state) {
    case 'ok':
      return ''
    case 'needs_sign_in':
      return SIGN_IN_WORDS[authMethod]
    case 'unreachable':
      return 'AgentPort tries again by itself. If this lasts, see whether the server runs and its address is still right.'
    case 'degraded':
      return 'AgentPort goes on by itself. If this lasts, look whether the service reports a disturbance, or have fewer agents use it at once.'
  }
}
