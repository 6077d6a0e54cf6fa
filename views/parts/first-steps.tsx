import type { ComponentChildren } from 'preact'
import { Icon } from './icon.tsx'

/** What is still to be done before an agent can ask for anything. */
export interface FirstStepsDone {
  connection: boolean
  agent: boolean
  call: boolean
}

export function FirstSteps({ done }: { done: FirstStepsDone }) {
  if (done.connection && done.agent && done.call) return null
  return (
    <section class="section" aria-labelledby="steps-title">
      <h2 id="steps-title">First steps</h2>
      <ol class="steps card">
        <Step done={done.connection} title="Connect an account">
          <p>
            From the catalogue, or any MCP server by its URL. <a href="/catalogue">Add a connection</a>
          </p>
        </Step>
        <Step done={done.agent} title="Connect your agent">
          <p>
            One command or one click for the usual programs. <a href="/connect">Connect an agent</a>
          </p>
        </Step>
        <Step done={done.call} title="Let it ask for something">
          <p>
            Tell your agent: “Which tools do you have through AgentPort? Try one that only reads.” Every tool asks you
            first, until you allow it; the request then appears on this page.
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
