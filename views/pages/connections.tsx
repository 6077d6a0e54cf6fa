import { Layout } from '../layout.tsx'
import { Name } from '../parts/exact-text.tsx'
import { Icon } from '../parts/icon.tsx'
import type { ConnectionSummary, PageFrame } from '../types.ts'

export interface ConnectionsPageProps {
  frame: PageFrame
  connections: ConnectionSummary[]
}

export function ConnectionsPage({ frame, connections }: ConnectionsPageProps) {
  return (
    <Layout frame={frame} title="Connections" section="connections">
      <section class="section">
        <div class="section-head">
          <div>
            <h1>Connections</h1>
            <p class="lead">Accounts of yours that agents can ask for. They never see the credentials.</p>
          </div>
          <a class="button button-primary" href="/catalogue">
            Add a connection
          </a>
        </div>
        {connections.length === 0 ? (
          <div class="empty">
            <Icon name="plug" />
            <p>Nothing is connected yet. Add the services that your agents should work with.</p>
          </div>
        ) : (
          <ul class="rows">
            {connections.map((connection) => (
              <li>
                <a class="row" href={`/connections/${encodeURIComponent(connection.slug)}`}>
                  <span class="row-main">
                    <span class="row-title">
                      <Name text={connection.name} />
                    </span>
                    <span class="row-note">
                      <Name text={connection.target} />
                    </span>
                  </span>
                  <ConnectionState connection={connection} />
                  <Icon name="next" />
                </a>
              </li>
            ))}
          </ul>
        )}
      </section>
    </Layout>
  )
}

const HEALTH_WORDS = {
  needs_sign_in: 'Needs sign-in',
  unreachable: 'Not reachable',
  degraded: 'Has a problem',
} as const

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
