import { Layout } from '../layout.tsx'
import { AgentState, KindOfAgent, LastUse } from '../parts/agent-facts.tsx'
import { RecentCalls, WaitingCalls } from '../parts/call-list.tsx'
import { Name } from '../parts/exact-text.tsx'
import { Field, FormError } from '../parts/field.tsx'
import { LifetimeField } from '../parts/lifetime-field.tsx'
import { eventStream, refetchOnChange } from '../parts/live-region.ts'
import { PostForm } from '../parts/post-form.tsx'
import { ReachFields } from '../parts/reach-fields.tsx'
import { Time } from '../parts/time.tsx'
import type { AgentSummary, CallSummary, ChosenReach, ConnectionChoice, PageFrame } from '../types.ts'

export interface AgentPageProps {
  frame: PageFrame
  agent: AgentSummary
  waiting: CallSummary[]
  recent: CallSummary[]
  connections: ConnectionChoice[]
  /** As things stand, or as it was ticked where it has to be mended. */
  chosen: ChosenReach
  error: string | null
}

export function AgentPage(props: AgentPageProps) {
  const { frame, agent, waiting, recent, error } = props
  const path = `/agents/${encodeURIComponent(agent.id)}`
  return (
    <Layout frame={frame} title="Agent" section="agents">
      <section class="section">
        <p class="overline">
          <a href="/agents">Agents</a>
        </p>
        <h1 class="with-state">
          <Name text={agent.name} />
          <AgentState agent={agent} />
        </h1>
        <FormError error={error} />
        <Facts agent={agent} />
      </section>
      <div {...eventStream({ inBackground: false })}>
        <div id="agent-calls" {...refetchOnChange(`${path}/calls`)}>
          <AgentCalls id={agent.id} waiting={waiting} recent={recent} />
        </div>
      </div>
      {agent.ended === null && <Change {...props} path={path} />}
    </Layout>
  )
}

function Facts({ agent }: { agent: AgentSummary }) {
  return (
    <dl class="facts">
      <div>
        <dt>It is</dt>
        <dd>
          <KindOfAgent agent={agent} />
        </dd>
      </div>
      <div>
        <dt>Last used</dt>
        <dd>
          <LastUse of={agent} />
        </dd>
      </div>
      {agent.program !== null && (
        <div>
          <dt>Program</dt>
          <dd>
            <Name text={agent.program} /> <span class="hint">as it calls itself</span>
          </dd>
        </div>
      )}
      <div>
        <dt>May use</dt>
        <dd>
          {agent.reach === null && 'all connections, also those that you add later'}
          {agent.reach?.map((name, index) => (
            <>
              {index > 0 && ', '}
              <Name text={name} />
            </>
          ))}
          {agent.reach?.length === 0 && 'none that is still there'}
        </dd>
      </div>
      <div>
        <dt>{agent.kind === 'key' ? 'Made' : 'Signed in'}</dt>
        <dd>
          <Time at={agent.createdAt} />
        </dd>
      </div>
      <div>
        <dt>{agent.ended ? 'Ended' : 'Ends'}</dt>
        <dd>
          {agent.ended && <Time at={agent.ended.at} />}
          {!agent.ended && (agent.expiresAt === null ? 'when you revoke it' : <Time at={agent.expiresAt} />)}
        </dd>
      </div>
    </dl>
  )
}

/** What it waits for and what it did lately. */
export function AgentCalls({ id, waiting, recent }: { id: string; waiting: CallSummary[]; recent: CallSummary[] }) {
  return (
    <>
      {waiting.length > 0 && (
        <section class="section" aria-labelledby="waiting-title">
          <h2 id="waiting-title">Waiting for you</h2>
          <WaitingCalls calls={waiting} ofOneAgent />
        </section>
      )}
      <section class="section" aria-labelledby="recent-title">
        <div class="section-head">
          <h2 id="recent-title">Lately</h2>
          <a href={`/log?agent=${encodeURIComponent(id)}`}>All its calls</a>
        </div>
        {recent.length > 0 ? <RecentCalls calls={recent} /> : <p class="hint">It has not called anything yet.</p>}
      </section>
    </>
  )
}

function Change({ frame, agent, connections, chosen, path }: AgentPageProps & { path: string }) {
  return (
    <section class="section" aria-labelledby="change-title">
      <h2 id="change-title">Change</h2>
      <details class="more">
        <summary>Rename</summary>
        <PostForm
          action={`${path}/name`}
          proof={frame.proof}
          class="inline-form card"
          submit={
            <button type="submit" class="button button-primary">
              Rename
            </button>
          }
        >
          <Field
            label="Name"
            name="name"
            input={{ required: true, maxLength: 80, autocomplete: 'off', value: agent.name }}
          />
        </PostForm>
      </details>
      <details class="more">
        <summary>Limit</summary>
        <p>What it asked beyond the limit is void, and calls to other connections are refused from then on.</p>
        <PostForm
          action={`${path}/reach`}
          proof={frame.proof}
          class="stack card"
          submit={
            <div class="actions">
              <button type="submit" class="button button-primary">
                Save the limit
              </button>
            </div>
          }
        >
          <ReachFields connections={connections} chosen={chosen.connections} />
          <LifetimeField chosen={chosen.lifetime} current={agent.expiresAt} />
        </PostForm>
      </details>
      <details class="more danger">
        <summary>Revoke</summary>
        <p>It is shut out at once: its waits end, and what it asked is void. This cannot be undone.</p>
        <PostForm
          action={`${path}/revoke`}
          proof={frame.proof}
          class="stack"
          submit={
            <button type="submit" class="button button-danger">
              Revoke
            </button>
          }
        />
      </details>
    </section>
  )
}
