import type { CallSummary } from '../types.ts'
import { Name } from './exact-text.tsx'
import { Icon } from './icon.tsx'
import { StateBadge } from './state-badge.tsx'
import { formatDuration, Time } from './time.tsx'

const pathOf = (call: CallSummary) => `/approve/${encodeURIComponent(call.id)}`

function RowTitle({ call }: { call: CallSummary }) {
  return (
    <span class="row-title">
      <Name text={call.tool.name} /> on <Name text={call.connection.name} />
    </span>
  )
}

/** Requests that wait for a click, the most pressing piece of the home page. */
export function WaitingCalls({ calls }: { calls: CallSummary[] }) {
  return (
    <ul class="rows rows-waiting">
      {calls.map((call) => (
        <li>
          <a class="row" href={pathOf(call)}>
            <span class="row-main">
              <RowTitle call={call} />
              <span class="row-note">
                <span>
                  asked by <Name text={call.agent.name} />
                </span>{' '}
                <Time at={call.askedAt} />
                {call.expiresAt !== null && (
                  <span>
                    expires <Time at={call.expiresAt} />
                  </span>
                )}
              </span>
            </span>
            <span class="button button-primary row-act">Review</span>
          </a>
        </li>
      ))}
    </ul>
  )
}

/** By the time they ended, as news. */
export function RecentCalls({ calls }: { calls: CallSummary[] }) {
  return <CallRows calls={calls} timeOf={(call) => call.settledAt ?? call.askedAt} />
}

/** By the time they were asked, as the log has them. */
export function PastCalls({ calls }: { calls: CallSummary[] }) {
  return <CallRows calls={calls} timeOf={(call) => call.askedAt} />
}

function CallRows({ calls, timeOf }: { calls: CallSummary[]; timeOf: (call: CallSummary) => number }) {
  return (
    <ul class="rows">
      {calls.map((call) => (
        <li>
          <a class="row" href={pathOf(call)}>
            <span class="row-main">
              <RowTitle call={call} />
              <span class="row-note">
                <span>
                  by <Name text={call.agent.name} />
                </span>{' '}
                <Time at={timeOf(call)} />
                {call.durationMs !== null && <span>{formatDuration(call.durationMs)}</span>}
              </span>
            </span>
            <StateBadge call={call} />
            <Icon name="next" />
          </a>
        </li>
      ))}
    </ul>
  )
}
