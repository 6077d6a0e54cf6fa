import { Icon, type IconName } from './icon.tsx'
import { type LogFilter, logPath, minuteOf } from './log-path.ts'

/** Calls since a time. */
export interface DayNumbers {
  since: number
  all: number
  byPolicy: number
  approved: number
  denied: number
  failed: number
  unknown: number
  toolErrors: number
  refused: number
}

type Count = Exclude<keyof DayNumbers, 'since'>

const ALWAYS: { count: Count; words: string; one?: string; filter: Partial<LogFilter> }[] = [
  { count: 'all', words: 'calls', one: 'call', filter: {} },
  { count: 'byPolicy', words: 'by policy alone', filter: { decided: 'policy' } },
  { count: 'approved', words: 'you approved', filter: { decided: 'approved' } },
  { count: 'denied', words: 'you denied', filter: { decided: 'denied' } },
]

/** Worth a look, and shown only when there are any. */
const ODD: {
  count: Count
  words: string
  one?: string
  icon: IconName
  tone: 'bad' | 'odd' | 'still'
  filter: Partial<LogFilter>
}[] = [
  { count: 'failed', words: 'did not run', icon: 'failed', tone: 'bad', filter: { ending: 'failed' } },
  { count: 'unknown', words: 'end not known', icon: 'unknown', tone: 'odd', filter: { ending: 'unknown' } },
  {
    count: 'toolErrors',
    words: 'tool errors',
    one: 'tool error',
    icon: 'warn',
    tone: 'odd',
    filter: { ending: 'tool_error' },
  },
  { count: 'refused', words: 'refused', icon: 'refused', tone: 'still', filter: { ending: 'refused' } },
]

const written = new Intl.NumberFormat('en')

/** Each number leads to the calls that it counts. */
export function Numbers({ numbers }: { numbers: DayNumbers }) {
  if (numbers.all === 0) return <p class="hint">No agent called anything.</p>
  const path = (filter: Partial<LogFilter>) => logPath({ ...filter, from: minuteOf(numbers.since) })
  const odd = ODD.filter(({ count }) => numbers[count] > 0)
  return (
    <>
      <ul class="numbers">
        {ALWAYS.map(({ count, words, one, filter }) => (
          <li>
            <a class="number" href={path(filter)}>
              <span class="number-count">{written.format(numbers[count])}</span>{' '}
              <span class="number-words">{one && numbers[count] === 1 ? one : words}</span>
            </a>
          </li>
        ))}
      </ul>
      {odd.length > 0 && (
        <ul class="odd-numbers">
          {odd.map(({ count, words, one, icon, tone, filter }) => (
            <li>
              <a class={`state state-${tone}`} href={path(filter)}>
                <Icon name={icon} />
                {written.format(numbers[count])} {one && numbers[count] === 1 ? one : words}
              </a>
            </li>
          ))}
        </ul>
      )}
    </>
  )
}
