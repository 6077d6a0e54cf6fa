import { Layout } from '../layout.tsx'
import { Name } from '../parts/exact-text.tsx'
import { Icon } from '../parts/icon.tsx'
import { PolicyBar, PolicyCounts } from '../parts/policy-counts.tsx'
import { type PolicyPlace, type PolicyView, policiesPath } from '../parts/policy-links.ts'
import { type PolicyRow, PolicyRows } from '../parts/policy-rows.tsx'
import { totalOf } from '../parts/tool-group.ts'
import type { PolicyCounts as Counts, PageFrame } from '../types.ts'

/** One connection, summed up. */
export interface ConnectionPolicies {
  slug: string
  name: string
  counts: Counts
}

export interface PoliciesPageProps {
  frame: PageFrame
  /** Over everything. */
  counts: Counts
  views: Record<PolicyView, number>
  place: PolicyPlace
  shown:
    | { are: 'connections'; connections: ConnectionPolicies[]; next: number | null }
    | { are: 'tools'; of: string | null; rows: PolicyRow[]; next: number | null }
}

const VIEWS: { view: PolicyView; label: string; lead: string; none: string }[] = [
  {
    view: 'alone',
    label: 'May run alone',
    lead: 'These run without asking whenever an agent of yours calls them.',
    none: 'Nothing runs without asking you.',
  },
  {
    view: 'unused',
    label: 'Allowed, never called',
    lead: 'No agent has ever asked for these. What nobody needs can as well ask.',
    none: 'Everything that may run alone has been called.',
  },
  {
    view: 'changed',
    label: 'Changed since allowed',
    lead: 'You allowed these as they were. They ask each time until you allow what they have become.',
    none: 'Everything that you allowed is as you allowed it.',
  },
  { view: 'denied', label: 'Denied', lead: 'No agent of yours can run these.', none: 'Nothing is denied.' },
]

/** What agents may do, over all connections: summed up, and opened where one likes. */
export function PoliciesPage({ frame, counts, views, place, shown }: PoliciesPageProps) {
  const total = totalOf(counts)
  return (
    <Layout frame={frame} title="Policies" section="policies">
      <section class="section">
        <h1>Policies</h1>
        <p class="lead">What happens when an agent of yours calls a tool, over all connections.</p>
        {total === 0 ? (
          <div class="empty">
            <Icon name="policies" />
            <p>
              There are no tools yet. Once something is <a href="/connections">connected</a>, each of its tools asks
              until you say otherwise.
            </p>
          </div>
        ) : (
          <div class="card policy-sum">
            <PolicyBar counts={counts} />
            <PolicyCounts counts={counts} id="counts-of-all" />
          </div>
        )}
        {total > 0 && (
          <nav class="choose" aria-label="Show">
            <Choice place={{ view: null, connection: null }} current={place} label="By connection" />
            {VIEWS.map(({ view, label }) => (
              <Choice place={{ view, connection: null }} current={place} label={label} count={views[view]} />
            ))}
          </nav>
        )}
      </section>
      {total > 0 &&
        (shown.are === 'connections' ? (
          <Connections {...shown} />
        ) : (
          <Tools frame={frame} place={place} shown={shown} />
        ))}
    </Layout>
  )
}

interface ChoiceProps {
  place: PolicyPlace
  current: PolicyPlace
  label: string
  count?: number
}

function Choice({ place, current, label, count }: ChoiceProps) {
  const isCurrent = place.view === current.view && place.connection === current.connection
  return (
    <a class="button button-small" href={policiesPath('', place)} aria-current={isCurrent ? 'page' : undefined}>
      {label}
      {count !== undefined && <span class="quiet">{count}</span>}
    </a>
  )
}

function Connections({ connections, next }: { connections: ConnectionPolicies[]; next: number | null }) {
  return (
    <section class="section" aria-labelledby="connections-title">
      <h2 id="connections-title">By connection</h2>
      <ul class="rows">
        {connections.map(({ slug, name, counts }) => {
          const place = { view: null, connection: slug }
          return (
            <li>
              <details class="fold">
                <summary class="row">
                  <Name text={name} />
                  <PolicyCounts counts={counts} id={`counts-of-${slug}`} />
                </summary>
                <ul class="tools">
                  <li
                    hx-get={policiesPath('/tools', place)}
                    hx-trigger="toggle from:'closest details' once"
                    hx-swap="outerHTML"
                  >
                    <a href={policiesPath('', place)}>Show its tools</a>
                  </li>
                </ul>
              </details>
            </li>
          )
        })}
      </ul>
      {next !== null && (
        <p class="actions">
          <a class="button" href={policiesPath('', { view: null, connection: null }, next)}>
            More connections
          </a>
        </p>
      )}
    </section>
  )
}

interface ToolsProps {
  frame: PageFrame
  place: PolicyPlace
  shown: Extract<PoliciesPageProps['shown'], { are: 'tools' }>
}

function Tools({ frame, place, shown: { of, rows, next } }: ToolsProps) {
  const words = VIEWS.find(({ view }) => view === place.view)
  return (
    <section class="section" aria-labelledby="policies-title">
      <h2 id="policies-title">{words ? words.label : <Name text={of ?? ''} />}</h2>
      {words && <p class="hint">{rows.length > 0 ? words.lead : words.none}</p>}
      {rows.length > 0 && (
        <ul class="tools tools-card">
          <PolicyRows proof={frame.proof} place={place} rows={rows} next={next} />
        </ul>
      )}
    </section>
  )
}
