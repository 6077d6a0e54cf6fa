import type { ComponentChildren } from 'preact'
import { Layout } from '../layout.tsx'
import { PastCalls } from '../parts/call-list.tsx'
import { Field } from '../parts/field.tsx'
import { spelledOut } from '../parts/mark-text.ts'
import { ENDING_WORDS } from '../parts/state-badge.tsx'
import { inUtc } from '../parts/time.tsx'
import type { CallSummary, PageFrame } from '../types.ts'

/** As it stands in the address and in the form; empty where it does not matter. Times are UTC, as an input of a browser writes them. */
export interface LogFilter {
  agent: string
  connection: string
  tool: string
  ending: string
  from: string
  until: string
}

export interface LogAgent {
  id: string
  name: string
  is: 'key' | 'program'
  since: number
  /** Revoked or expired; its calls stay. */
  ended: boolean
}

export interface LogPageProps {
  frame: PageFrame
  calls: CallSummary[]
  filter: LogFilter
  agents: LogAgent[]
  connections: string[]
  /** Where this page begins, and where the next one would; null for the newest calls and on the last page. */
  before: string | null
  older: string | null
}

export function LogPage({ frame, calls, filter, agents, connections, before, older }: LogPageProps) {
  const filtered = Object.values(filter).some((value) => value !== '')
  return (
    <Layout frame={frame} title="Log" section="log">
      <section class="section">
        <h1>Log</h1>
        <details class="more" open={filtered}>
          <summary>Filter</summary>
          <form method="get" action="/log" class="filters card">
            <Choice label="Agent" name="agent" chosen={filter.agent}>
              <AgentOptions label="API keys" agents={agents.filter(({ is }) => is === 'key')} chosen={filter.agent} />
              <AgentOptions
                label="Signed-in programs"
                agents={agents.filter(({ is }) => is === 'program')}
                chosen={filter.agent}
              />
              <GoneOption known={agents.map(({ id }) => id)} chosen={filter.agent} />
            </Choice>
            <Choice label="Connection" name="connection" chosen={filter.connection}>
              {connections.map((slug) => (
                <option value={slug} selected={slug === filter.connection}>
                  {slug}
                </option>
              ))}
              <GoneOption known={connections} chosen={filter.connection} />
            </Choice>
            <Field label="Tool" name="tool" input={{ value: filter.tool, autocomplete: 'off', spellcheck: false }} />
            <Choice label="State" name="ending" chosen={filter.ending}>
              {Object.entries(ENDING_WORDS).map(([ending, word]) => (
                <option value={ending} selected={ending === filter.ending}>
                  {word}
                </option>
              ))}
            </Choice>
            <Field label="From (UTC)" name="from" input={{ type: 'datetime-local', value: filter.from }} />
            <Field label="Until (UTC)" name="until" input={{ type: 'datetime-local', value: filter.until }} />
            <div class="actions">
              <button type="submit" class="button button-primary">
                Show
              </button>
              {filtered && (
                <a class="button" href="/log">
                  Show all
                </a>
              )}
            </div>
          </form>
        </details>
        {calls.length > 0 ? <PastCalls calls={calls} /> : <Nothing filtered={filtered || before !== null} />}
        {calls.length > 0 && (
          <p class="hint">
            All that this finds, as a file: <a href={exportPath(filter, 'csv')}>CSV</a> or{' '}
            <a href={exportPath(filter, 'jsonl')}>JSON Lines</a>
          </p>
        )}
        {(before !== null || older !== null) && (
          <nav class="actions" aria-label="Pages">
            {before !== null && (
              <a class="button" href={pathOf(filter, null)}>
                Newest
              </a>
            )}
            {older !== null && (
              <a class="button" href={pathOf(filter, older)}>
                Older
              </a>
            )}
          </nav>
        )}
      </section>
    </Layout>
  )
}

function Choice(props: { label: string; name: string; chosen: string; children: ComponentChildren }) {
  const { label, name, chosen, children } = props
  const id = `field-${name}`
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select id={id} name={name}>
        <option value="" selected={chosen === ''}>
          Any
        </option>
        {children}
      </select>
    </div>
  )
}

/** Programs sign in again and again under one name, so the time of it tells them apart. */
function AgentOptions({ label, agents, chosen }: { label: string; agents: LogAgent[]; chosen: string }) {
  if (agents.length === 0) return null
  return (
    <optgroup label={label}>
      {agents.map(({ id, name, is, since, ended }) => (
        <option value={id} selected={id === chosen}>
          {spelledOut(name)}
          {is === 'program' && `, since ${inUtc(since)}`}
          {ended && ', ended'}
        </option>
      ))}
    </optgroup>
  )
}

/** What is filtered by stands in its list, also when nobody knows it any more. */
function GoneOption({ known, chosen }: { known: string[]; chosen: string }) {
  if (chosen === '' || known.includes(chosen)) return null
  return (
    <option value={chosen} selected>
      {chosen}
    </option>
  )
}

function Nothing({ filtered }: { filtered: boolean }) {
  return <p class="empty">{filtered ? 'No call is like that.' : 'No agent has called anything yet.'}</p>
}

function pathOf(filter: LogFilter, before: string | null): string {
  const query = queryOf(filter)
  if (before !== null) query.set('before', before)
  return query.size === 0 ? '/log' : `/log?${query}`
}

function exportPath(filter: LogFilter, format: 'csv' | 'jsonl'): string {
  const query = queryOf(filter)
  query.set('format', format)
  return `/log/export?${query}`
}

const queryOf = (filter: LogFilter): URLSearchParams =>
  new URLSearchParams(Object.entries(filter).filter(([, value]) => value !== ''))
