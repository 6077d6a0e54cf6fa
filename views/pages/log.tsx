import { Layout } from '../layout.tsx'
import { CallsByDay } from '../parts/call-list.tsx'
import { Icon } from '../parts/icon.tsx'
import { eventStream, refetchOnChange } from '../parts/live-region.ts'
import { Chips, TimeRanges } from '../parts/log-chips.tsx'
import { type LogAgent, LogFilterForm } from '../parts/log-filter.tsx'
import { exportPath, type LogFilter, logPath, newsPath } from '../parts/log-path.ts'
import { Time } from '../parts/time.tsx'
import type { CallSummary, PageFrame } from '../types.ts'

export interface LogPageProps {
  frame: PageFrame
  calls: CallSummary[]
  filter: LogFilter
  agents: LogAgent[]
  connections: string[]
  now: number
  /** Whether the newest that the filter finds are on this page. */
  isNewest: boolean
  /** Where the pages before and after this one would begin; null where there is none. */
  newer: string | null
  older: string | null
  /** What is newer than this page's newest is counted from here; null where nobody counts. */
  newsAfter: string | null
  /** Of a search for a text: how many calls it looked through, and when the oldest of them was asked. */
  searched: { looked: number; backTo: number | null } | null
}

export function LogPage(props: LogPageProps) {
  const { frame, calls, filter, agents, connections, now, isNewest, newsAfter, searched, older } = props
  const filtered = Object.values(filter).some((value) => value !== '')
  return (
    <Layout frame={frame} title="Log" section="log" scripts={['log.js']}>
      <section class="section">
        <div class="section-head">
          <h1>Log</h1>
          {(calls.length > 0 || older !== null) && <Files filter={filter} filtered={filtered} />}
        </div>
        <LogFilterForm filter={filter} agents={agents} connections={connections} />
        <TimeRanges filter={filter} now={now} />
        <Chips filter={filter} agents={agents} />
        {newsAfter !== null && (
          <div {...eventStream({ inBackground: false })}>
            <div id="log-news" aria-live="polite" {...refetchOnChange(newsPath(filter, newsAfter), 'calls', 2_000)} />
          </div>
        )}
        {calls.length > 0 && <CallsByDay calls={calls} />}
        {calls.length === 0 && searched === null && <Nothing filtered={filtered || !isNewest} />}
        {searched && <Searched {...searched} found={calls.length} filter={filter} older={older} />}
        <Pages {...props} />
      </section>
    </Layout>
  )
}

function Files({ filter, filtered }: { filter: LogFilter; filtered: boolean }) {
  return (
    <p class="files">
      <Icon name="download" />
      {filtered ? 'All that is found' : 'All'} as <a href={exportPath(filter, 'csv')}>CSV</a> or{' '}
      <a href={exportPath(filter, 'jsonl')}>JSON Lines</a>
    </p>
  )
}

function Nothing({ filtered }: { filtered: boolean }) {
  if (filtered) return <p class="empty">No call is like that.</p>
  return (
    <p class="empty">
      <span>
        No agent has called anything yet. Each call will stand here, with who asked, who decided, what was sent and how
        it ended. <a href="/connect">Connect an agent</a>
      </span>
    </p>
  )
}

const written = new Intl.NumberFormat('en')

/** A search takes no longer than a page may: it says how far it got, and goes on from there. */
function Searched({
  looked,
  backTo,
  found,
  filter,
  older,
}: NonNullable<LogPageProps['searched']> & { found: number; filter: LogFilter; older: string | null }) {
  const nothing = older === null ? 'No call has that in it.' : 'Nothing yet.'
  return (
    <div class="searched">
      <p>
        {found === 0 && <strong>{nothing} </strong>}
        Looked through {written.format(looked)} {looked === 1 ? 'call' : 'calls'},{' '}
        {older !== null && backTo !== null ? (
          <>
            back to <Time at={backTo} exact />
          </>
        ) : (
          'to the oldest'
        )}
        . In each: tool, connection, agent, arguments as long as they are kept, notes, reasons and messages; not
        results.
      </p>
      {older !== null && (
        <a class="button" href={logPath(filter, { before: older })}>
          Search on
        </a>
      )}
    </div>
  )
}

function Pages({ filter, isNewest, newer, older, searched }: LogPageProps) {
  const onward = searched ? null : older
  if (isNewest && newer === null && onward === null) return null
  return (
    <nav class="actions pages" aria-label="Pages">
      {!isNewest && (
        <a class="button" href={logPath(filter)}>
          Newest
        </a>
      )}
      {newer !== null && (
        <a class="button" href={logPath(filter, { after: newer })}>
          Newer
        </a>
      )}
      {onward !== null && (
        <a class="button" href={logPath(filter, { before: onward })}>
          Older
        </a>
      )}
    </nav>
  )
}

/** How many calls came since the page was made. Nothing at first, so that nothing is announced. */
export function LogNews({ filter, count, most }: { filter: LogFilter; count: number; most: number }) {
  const many = count >= most ? `${most - 1}+` : String(count)
  return (
    <p class="news">
      {count > 0 && (
        <a href={logPath(filter)}>
          {many} new {count === 1 ? 'call' : 'calls'}
        </a>
      )}
    </p>
  )
}
