import type { ComponentChildren } from 'preact'
import { Name } from './exact-text.tsx'
import { Icon } from './icon.tsx'
import { DECIDED_WORDS, type LogAgent } from './log-filter.tsx'
import { type LogFilter, logPath, minuteOf } from './log-path.ts'
import { ENDING_WORDS } from './state-badge.tsx'
import { Time } from './time.tsx'

const DAY_MS = 24 * 60 * 60_000

/** Spans of days up to tonight, or last night, in UTC; log.js sets them to the reader's own midnights. */
const RANGES = [
  { words: 'Today', from: 0, until: null },
  { words: 'Yesterday', from: 1, until: 0 },
  { words: '7 days', from: 6, until: null },
]

export function TimeRanges({ filter, now }: { filter: LogFilter; now: number }) {
  const midnight = (daysAgo: number) => minuteOf(Math.floor(now / DAY_MS - daysAgo) * DAY_MS)
  const isAll = filter.from === '' && filter.until === ''
  return (
    <nav class="ranges" aria-label="Time">
      <a href={logPath({ ...filter, from: '', until: '' })} aria-current={isAll ? 'true' : undefined}>
        All
      </a>
      {RANGES.map(({ words, from, until }) => {
        const span = { from: midnight(from), until: until === null ? '' : midnight(until) }
        const isThis = filter.from === span.from && filter.until === span.until
        return (
          <a
            href={logPath({ ...filter, ...span })}
            aria-current={isThis ? 'true' : undefined}
            data-from-days={from}
            data-until-days={until ?? ''}
          >
            {words}
          </a>
        )
      })}
      <span class="hint" data-utc>
        days of UTC
      </span>
    </nav>
  )
}

/** What was chosen, each to be taken away again. */
export function Chips({ filter, agents }: { filter: LogFilter; agents: LogAgent[] }) {
  const chosen = CHIPS.filter(({ name }) => filter[name] !== '')
  if (chosen.length === 0) return null
  return (
    <ul class="chips" aria-label="Chosen">
      {chosen.map(({ name, label, value }) => (
        <li>
          <a class="chip" href={logPath({ ...filter, [name]: '' })}>
            <span class="unseen">Without </span>
            {label !== '' && `${label} `}
            {value(filter[name], agents)}
            <Icon name="failed" />
          </a>
        </li>
      ))}
      <li>
        <a class="chips-none" href="/log">
          Show all
        </a>
      </li>
    </ul>
  )
}

interface Chip {
  name: keyof LogFilter
  label: string
  value(text: string, agents: LogAgent[]): ComponentChildren
}

const name = (text: string) => <Name text={text} />
const time = (text: string) => {
  const at = Date.parse(`${text}Z`)
  return Number.isNaN(at) ? <Name text={text} /> : <Time at={at} exact />
}

const CHIPS: Chip[] = [
  { name: 'q', label: 'With', value: name },
  {
    name: 'agent',
    label: 'By',
    value: (id, agents) => {
      const agent = agents.find((each) => each.id === id)
      return agent?.is === 'person' ? <strong>you</strong> : <Name text={agent?.name ?? id} />
    },
  },
  { name: 'connection', label: 'On', value: name },
  { name: 'tool', label: 'Tool', value: name },
  { name: 'ending', label: '', value: (ending) => wordOf(ENDING_WORDS, ending) },
  { name: 'decided', label: '', value: (decided) => wordOf(DECIDED_WORDS, decided) },
  { name: 'from', label: 'From', value: time },
  { name: 'until', label: 'Until', value: time },
]

const wordOf = (words: Record<string, string>, key: string) =>
  Object.hasOwn(words, key) ? <strong>{words[key]}</strong> : <Name text={key} />
