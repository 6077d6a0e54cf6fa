import type { ComponentChildren } from 'preact'
import { Layout } from '../layout.tsx'
import { RecentCalls, WaitingCalls } from '../parts/call-list.tsx'
import { Code } from '../parts/code.tsx'
import { Icon } from '../parts/icon.tsx'
import { eventStream, refetchOnChange } from '../parts/live-region.ts'
import type { CallSummary, ConnectionSummary, PageFrame } from '../types.ts'

export interface HomePageProps {
  frame: PageFrame
  waiting: CallSummary[]
  recent: CallSummary[]
  connections: ConnectionSummary[]
  hasKeys: boolean
  origin: string
}

export function HomePage({ frame, waiting, recent, connections, hasKeys, origin }: HomePageProps) {
  const ready = connections.length > 0 && hasKeys
  return (
    <Layout frame={frame} title="Home" section="home">
      <div {...eventStream({ inBackground: true })}>
        <section class="section" aria-labelledby="waiting-title">
          <h1 id="waiting-title">Waiting for you</h1>
          <div id="waiting" aria-live="polite" {...refetchOnChange('/home/waiting')}>
            <WaitingList waiting={waiting} />
          </div>
        </section>
        {!ready && <FirstSteps connections={connections} hasKeys={hasKeys} origin={origin} />}
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

export function WaitingList({ waiting }: { waiting: CallSummary[] }) {
  return (
    <div data-waiting-count={waiting.length}>
      {waiting.length > 0 ? (
        <WaitingCalls calls={waiting} />
      ) : (
        <div class="empty">
          <Icon name="done" />
          <p>Nothing waits. When an agent needs your yes, it appears here at once.</p>
        </div>
      )}
    </div>
  )
}

export function RecentList({ recent }: { recent: CallSummary[] }) {
  if (recent.length === 0) return <p class="hint">Nothing was decided or run yet.</p>
  return <RecentCalls calls={recent} />
}

function FirstSteps({ connections, hasKeys, origin }: Pick<HomePageProps, 'connections' | 'hasKeys' | 'origin'>) {
  const connected = connections.length > 0
  return (
    <section class="section" aria-labelledby="steps-title">
      <h2 id="steps-title">First steps</h2>
      <ol class="steps card">
        <Step done={connected} title="Connect an account">
          <p>On the machine where AgentPort runs:</p>
          <Code id="step-integration" text="agentport admin integration add github --token-stdin" />
        </Step>
        <Step done={hasKeys} title="Give your agent a key">
          <p>
            Each agent gets its own, so that you see who asks. <a href="/keys">Make a key</a>
          </p>
        </Step>
        <Step done={false} title="Point the agent here">
          <p>The page that shows the key has the lines to paste. The address is:</p>
          <Code id="step-origin" text={`${origin}/mcp`} />
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
