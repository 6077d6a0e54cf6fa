import type { ComponentChildren } from 'preact'
import { Layout } from '../layout.tsx'
import { RecentCalls, WaitingCalls } from '../parts/call-list.tsx'
import { Name } from '../parts/exact-text.tsx'
import { Icon } from '../parts/icon.tsx'
import { eventStream, refetchOnChange } from '../parts/live-region.ts'
import type { CallSummary, ConnectionSummary, PageFrame } from '../types.ts'
import { ConnectionState } from './connections.tsx'

export interface HomePageProps {
  frame: PageFrame
  waiting: CallSummary[]
  recent: CallSummary[]
  connections: ConnectionSummary[]
  hasAgents: boolean
}

export function HomePage({ frame, waiting, recent, connections, hasAgents }: HomePageProps) {
  const ready = connections.length > 0 && hasAgents
  return (
    <Layout frame={frame} title="Home" section="home">
      <div {...eventStream({ inBackground: true })}>
        <section class="section" aria-labelledby="waiting-title">
          <h1 id="waiting-title">Waiting for you</h1>
          <div id="waiting" aria-live="polite" {...refetchOnChange('/home/waiting')}>
            <WaitingList waiting={waiting} />
          </div>
        </section>
        <NeedsCare connections={connections} />
        {!ready && <FirstSteps connections={connections} hasAgents={hasAgents} />}
        <section class="section" aria-labelledby="recent-title">
          <div class="section-head">
            <h2 id="recent-title">Lately</h2>
            <a href="/log">All calls</a>
          </div>
          <div id="recent" {...refetchOnChange('/home/recent')}>
            <RecentList recent={recent} />
          </div>
        </section>
      </div>
    </Layout>
  )
}

/** Connections that do not work as they should; the link leads to where that is mended. */
function NeedsCare({ connections }: Pick<HomePageProps, 'connections'>) {
  const ailing = connections.filter(({ connected, health }) => !connected || health.state !== 'ok')
  if (ailing.length === 0) return null
  return (
    <section class="section" aria-labelledby="care-title">
      <h2 id="care-title">Needs your care</h2>
      <ul class="rows">
        {ailing.map((connection) => (
          <li>
            <a class="row" href={whereMended(connection)}>
              <span class="row-main">
                <span class="row-title">
                  <Name text={connection.name} />
                </span>
                {connection.health.why !== null && (
                  <span class="row-note">
                    <Name text={connection.health.why} />
                  </span>
                )}
              </span>
              <ConnectionState connection={connection} />
              <Icon name="next" />
            </a>
          </li>
        ))}
      </ul>
    </section>
  )
}

function whereMended({ slug, authMethod, connected, oauthStatus, health }: ConnectionSummary): string {
  const page = `/connections/${encodeURIComponent(slug)}`
  const wantsOwner = !connected || health.state === 'needs_sign_in' || oauthStatus === 'wider_access_needed'
  return wantsOwner && authMethod !== 'none' ? `${page}/connect` : page
}

export function WaitingList({ waiting }: { waiting: CallSummary[] }) {
  return (
    <div data-waiting-count={waiting.length}>
      {waiting.length > 0 ? (
        <>
          <WaitingCalls calls={waiting} />
          <WaitingTogether waiting={waiting} />
        </>
      ) : (
        <div class="empty">
          <Icon name="done" />
          <p>Nothing waits. When an agent needs your yes, it appears here at once.</p>
        </div>
      )}
    </div>
  )
}

/** Where an agent waits for more than one. */
function WaitingTogether({ waiting }: { waiting: CallSummary[] }) {
  const agents = new Map(waiting.map(({ agent }) => [agent.id, agent.name]))
  const several = [...agents].map(([id, name]) => ({
    id,
    name,
    count: waiting.filter(({ agent }) => agent.id === id).length,
  }))
  return (
    <>
      {several
        .filter(({ count }) => count > 1)
        .map(({ id, name, count }) => (
          <p class="hint together">
            <a href={`/waiting?agent=${encodeURIComponent(id)}`}>
              See the {count} of <Name text={name} /> on one page
            </a>
          </p>
        ))}
    </>
  )
}

export function RecentList({ recent }: { recent: CallSummary[] }) {
  if (recent.length === 0) return <p class="hint">Nothing was decided or run yet.</p>
  return <RecentCalls calls={recent} />
}

function FirstSteps({ connections, hasAgents }: Pick<HomePageProps, 'connections' | 'hasAgents'>) {
  const connected = connections.length > 0
  return (
    <section class="section" aria-labelledby="steps-title">
      <h2 id="steps-title">First steps</h2>
      <ol class="steps card">
        <Step done={connected} title="Connect an account">
          <p>
            From the catalogue, or any MCP server by its URL. <a href="/catalogue">Add a connection</a>
          </p>
        </Step>
        <Step done={hasAgents} title="Connect your agent">
          <p>
            One command or one click for the usual programs. <a href="/connect">Connect an agent</a>
          </p>
        </Step>
      </ol>
    </section>
  )
}

function Step({ done, title, children }: { done: boolean; title: string; children: ComponentChildren }) {
  return (
    <li class={done ? 'step step-done' : 'step'}>
      <span class="step-mark">{done && <Icon name="done" />}</span>
      <div>
        <h3>
          {title}
          {done && <span class="hint"> done</span>}
        </h3>
        {!done && children}
      </div>
    </li>
  )
}
