import { Layout } from '../layout.tsx'
import { Code } from '../parts/code.tsx'
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
        <h1>Connections</h1>
        <p class="lead">Accounts of yours that agents can ask for. They never see the credentials.</p>
        {connections.length > 0 && (
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
      <section class="section">
        <h2>Add one</h2>
        <p class="hint">
          On the machine where AgentPort runs. It reads the tools and asks you about each until you allow it.
        </p>
        <Code id="add-known" text="agentport admin integration add stripe --token-stdin" />
        <Code
          id="add-custom"
          text="agentport admin integration add custom --as NAME --url https://example.com/mcp --no-auth"
        />
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
        Not connected
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
