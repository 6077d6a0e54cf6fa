import type { AgentSummary } from '../types.ts'
import { Name } from './exact-text.tsx'
import { Icon } from './icon.tsx'
import { eventStream, refetchOnChange } from './live-region.ts'

/** Keeps looking for the first call. Without JavaScript it says how things stood when the page was made. */
export function ArrivalsHere({ path, arrived }: { path: string; arrived: AgentSummary[] }) {
  return (
    <section class="section" {...eventStream({ inBackground: true })}>
      <div id="arrivals" aria-live="polite" {...refetchOnChange(path, 'agents')}>
        <Arrivals arrived={arrived} />
      </div>
    </section>
  )
}

/** Who has called for the first time since the page was opened. */
export function Arrivals({ arrived }: { arrived: AgentSummary[] }) {
  if (arrived.length === 0) {
    return (
      <div class="empty arrivals">
        <Icon name="waiting" />
        <p>Nobody has called yet. This page says so when it happens.</p>
      </div>
    )
  }
  return (
    <ul class="rows">
      {arrived.map((agent) => (
        <li>
          <a class="row" href={`/agents/${encodeURIComponent(agent.id)}`}>
            <span class="row-main">
              <span class="row-title">
                <Name text={agent.name} />
              </span>
              {agent.program !== null && (
                <span class="row-note">
                  <span>
                    says it is <Name text={agent.program} />
                  </span>
                </span>
              )}
            </span>
            <span class="state state-good">
              <Icon name="done" />
              Connected
            </span>
          </a>
        </li>
      ))}
    </ul>
  )
}
