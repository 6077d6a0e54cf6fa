import { Layout } from '../layout.tsx'
import { ArrivalsHere } from '../parts/arrivals.tsx'
import { Field, FormError } from '../parts/field.tsx'
import { LifetimeField } from '../parts/lifetime-field.tsx'
import { PostForm } from '../parts/post-form.tsx'
import { ReachFields } from '../parts/reach-fields.tsx'
import { Steps } from '../parts/steps.tsx'
import { CLIENTS, type Client } from '../parts/ways-in.ts'
import type { AgentSummary, ChosenReach, ConnectionChoice, PageFrame } from '../types.ts'

export interface ConnectAgentPageProps {
  frame: PageFrame
  /** One of CLIENTS; the first when it is none of them. */
  clientId: string
  /** The address of /mcp. */
  url: string
  connections: ConnectionChoice[]
  chosen: ChosenReach
  arrivals: { path: string; arrived: AgentSummary[] }
  error: string | null
}

export function ConnectAgentPage({
  frame,
  clientId,
  url,
  connections,
  chosen,
  arrivals,
  error,
}: ConnectAgentPageProps) {
  const client = CLIENTS.find(({ id }) => id === clientId) ?? (CLIENTS[0] as Client)
  const takesKeys = typeof client.withKey(url, '') !== 'string'
  return (
    <Layout frame={frame} title="Connect an agent" section="agents">
      <section class="section">
        <p class="overline">
          <a href="/agents">Agents</a>
        </p>
        <h1>Connect an agent</h1>
        <nav class="choose" aria-label="Which program">
          {CLIENTS.map(({ id, name }) => (
            <a
              class="button button-small"
              href={`/connect?client=${id}`}
              aria-current={id === client.id ? 'page' : undefined}
            >
              {name}
            </a>
          ))}
        </nav>
      </section>
      <section class="section" aria-labelledby="sign-in-title">
        <h2 id="sign-in-title">Let it sign in</h2>
        <Steps id="sign-in" steps={client.signIn(url)} />
      </section>
      {takesKeys && (
        <section class="section" aria-labelledby="key-title">
          <h2 id="key-title">Or give it a key</h2>
          <p class="hint">For programs that cannot sign in, and for machines without a browser.</p>
          <FormError error={error} />
          <PostForm
            action="/agents"
            proof={frame.proof}
            class="stack card"
            submit={
              <button type="submit" class="button">
                Create key
              </button>
            }
          >
            <input type="hidden" name="client" value={client.id} />
            <Field
              label="Name"
              name="name"
              input={{ required: true, maxLength: 80, autocomplete: 'off', placeholder: `${client.name} on my laptop` }}
            />
            <details class="more" open={error !== null}>
              <summary>Limit it</summary>
              <div class="stack">
                <ReachFields connections={connections} chosen={chosen.connections} />
                <LifetimeField chosen={chosen.lifetime} />
              </div>
            </details>
          </PostForm>
        </section>
      )}
      <ArrivalsHere {...arrivals} />
    </Layout>
  )
}
