import type { ComponentChildren } from 'preact'
import { Field } from './field.tsx'
import { Icon } from './icon.tsx'
import type { LogFilter } from './log-path.ts'
import { spelledOut } from './mark-text.ts'
import { ENDING_WORDS } from './state-badge.tsx'
import { inUtc } from './time.tsx'

export interface LogAgent {
  id: string
  name: string
  is: 'key' | 'program' | 'person'
  since: number
  /** Revoked or expired; its calls stay. */
  ended: boolean
}

export const DECIDED_WORDS = { policy: 'By policy alone', approved: 'You approved', denied: 'You denied' }

interface LogFilterProps {
  filter: LogFilter
  agents: LogAgent[]
  connections: string[]
}

/** A text to look for, and folded away what else a call may be chosen by. */
export function LogFilterForm({ filter, agents, connections }: LogFilterProps) {
  return (
    <form method="get" action="/log" class="log-filter" data-log-filter>
      <div class="log-search">
        <label class="unseen" for="field-q">
          Search
        </label>
        <input
          id="field-q"
          name="q"
          type="search"
          value={filter.q}
          maxLength={256}
          autocomplete="off"
          spellcheck={false}
          placeholder="A tool, an agent, a word in arguments or notes"
        />
        <button type="submit" class="button">
          <Icon name="search" />
          Search
        </button>
      </div>
      <details class="more">
        <summary>Filter</summary>
        <div class="filters card">
          <Choice label="Agent" name="agent" chosen={filter.agent}>
            <YouOption agents={agents} chosen={filter.agent} />
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
                {spelledOut(slug)}
              </option>
            ))}
            <GoneOption known={connections} chosen={filter.connection} />
          </Choice>
          <Field label="Tool" name="tool" input={{ value: filter.tool, autocomplete: 'off', spellcheck: false }} />
          <Choice label="State" name="ending" chosen={filter.ending}>
            <Words words={ENDING_WORDS} chosen={filter.ending} />
          </Choice>
          <Choice label="Decided" name="decided" chosen={filter.decided}>
            <Words words={DECIDED_WORDS} chosen={filter.decided} />
          </Choice>
          <TimeField label="From" name="from" value={filter.from} />
          <TimeField label="Until" name="until" value={filter.until} />
          <div class="actions">
            <button type="submit" class="button button-primary">
              Show
            </button>
          </div>
        </div>
      </details>
    </form>
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

function Words({ words, chosen }: { words: Record<string, string>; chosen: string }) {
  return Object.entries(words).map(([value, word]) => (
    <option value={value} selected={value === chosen}>
      {word}
    </option>
  ))
}

/** The address has it in UTC; log.js shows it, and takes it, in the reader's own time. */
function TimeField({ label, name, value }: { label: string; name: string; value: string }) {
  const id = `field-${name}`
  return (
    <div class="field">
      <label for={id}>
        {label}
        <span data-utc> (UTC)</span>
      </label>
      <input id={id} name={name} type="datetime-local" value={value} autocomplete="off" data-utc-input />
    </div>
  )
}

/** What the owner tried by hand. */
function YouOption({ agents, chosen }: { agents: LogAgent[]; chosen: string }) {
  const you = agents.find(({ is }) => is === 'person')
  if (!you) return null
  return (
    <option value={you.id} selected={you.id === chosen}>
      You, in the playground
    </option>
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
      {spelledOut(chosen)}
    </option>
  )
}
