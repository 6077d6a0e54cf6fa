import { Layout } from '../layout.tsx'
import { AgentState, KindOfAgent, LastUse } from '../parts/agent-facts.tsx'
import { Name } from '../parts/exact-text.tsx'
import { Icon } from '../parts/icon.tsx'
import { Time } from '../parts/time.tsx'
import type { AgentSummary, PageFrame } from '../types.ts'

export interface AgentsPageProps {
  frame: PageFrame
  agents: AgentSummary[]
  /** Where this page of ended ones begins; null on the first, which alone shows those that are not over. */
  before: string | null
  /** Where the next begins; null on the last. */
  older: string | null
}

export function AgentsPage({ frame, agents, before, older }: AgentsPageProps) {
  const live = agents.filter((agent) => agent.ended === null)
  const ended = agents.filter((agent) => agent.ended !== null)
  return (
    <Layout frame={frame} title="Agents" section="agents">
      <section class="section">
        <div class="section-head">
          <div>
            <h1>Agents</h1>
            <p class="lead">
              Whatever may call for you, by a key or by signing in. Each can be limited and stopped alone.
            </p>
          </div>
          <a class="button button-primary" href="/connect">
            Connect an agent
          </a>
        </div>
        {live.length > 0 && <AgentRows agents={live} />}
        {live.length === 0 && before === null && (
          <div class="empty">
            <Icon name="agent" />
            <p>No agent can call yet.</p>
          </div>
        )}
      </section>
      {ended.length > 0 && (
        <section class="section" aria-labelledby="ended-title">
          <h2 id="ended-title">Ended</h2>
          <AgentRows agents={ended} />
        </section>
      )}
      {(before !== null || older !== null) && (
        <nav class="actions" aria-label="Pages">
          {before !== null && (
            <a class="button" href="/agents">
              Newest
            </a>
          )}
          {older !== null && (
            <a class="button" href={`/agents?before=${encodeURIComponent(older)}`}>
              Older
            </a>
          )}
        </nav>
      )}
    </Layout>
  )
}

function AgentRows({ agents }: { agents: AgentSummary[] }) {
  return (
    <ul class={agents[0]?.ended ? 'rows rows-faded' : 'rows'}>
      {agents.map((agent) => (
        <li>
          <a class="row" href={`/agents/${encodeURIComponent(agent.id)}`}>
            <span class="row-main">
              <span class="row-title">
                <Name text={agent.name} />
              </span>
              <span class="row-note">
                <span>
                  <KindOfAgent agent={agent} />
                </span>
                {agent.lastUsedAt !== null && (
                  <span>
                    used <LastUse of={agent} />
                  </span>
                )}
                {agent.program !== null && (
                  <span>
                    says it is <Name text={agent.program} />
                  </span>
                )}
                {agent.reach !== null && (
                  <span>
                    {agent.reach.length === 1
                      ? 'limited to 1 connection'
                      : `limited to ${agent.reach.length} connections`}
                  </span>
                )}
                {agent.ended ? (
                  <span>
                    {agent.ended.how} <Time at={agent.ended.at} />
                  </span>
                ) : (
                  agent.expiresAt !== null && (
                    <span>
                      ends <Time at={agent.expiresAt} />
                    </span>
                  )
                )}
              </span>
            </span>
            <AgentState agent={agent} />
          </a>
        </li>
      ))}
    </ul>
  )
}
