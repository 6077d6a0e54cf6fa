import type { ComponentChildren } from 'preact'
import type { CallSummary } from '../types.ts'
import { Asker } from './asker.tsx'
import { Name } from './exact-text.tsx'
import { Icon } from './icon.tsx'
import { StateBadge } from './state-badge.tsx'
import { ClockTime, Day, dayOf, formatDuration, Time } from './time.tsx'

const pathOf = (call: CallSummary) => `/approve/${encodeURIComponent(call.id)}`

/** Requests that wait for a click, the most pressing piece of the home page. */
export function WaitingCalls({ calls, ofOneAgent = false }: { calls: CallSummary[]; ofOneAgent?: boolean }) {
  return (
    <ul class="rows rows-waiting">
      {calls.map((call) => (
        <li>
          {/* With an id, so that a list that changes under the keyboard leaves it on the call that it is on. */}
          <a class="row" id={`waits-${call.id}`} href={pathOf(call)}>
            <span class="row-main">
              <span class="row-title">
                <Name text={call.tool.name} /> on <Name text={call.connection.name} />
                {call.tool.destructive && (
                  <>
                    {' '}
                    <Destructive />
                  </>
                )}
              </span>
              <span class="row-note">
                {!ofOneAgent && (
                  <span>
                    asked by <Asker agent={call.agent} />{' '}
                  </span>
                )}
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
  return (
    <ul class="rows calls calls-recent">
      {calls.map((call) => (
        <CallRow call={call} time={<Time at={call.settledAt ?? call.askedAt} />} />
      ))}
    </ul>
  )
}

/** Day by day, by the time they were asked, as the log has them. */
export function CallsByDay({ calls }: { calls: CallSummary[] }) {
  let day = ''
  return (
    <ul class="rows calls" data-days>
      {calls.flatMap((call) => {
        const row = <CallRow call={call} time={<ClockTime at={call.askedAt} />} />
        if (dayOf(call.askedAt) === day) return [row]
        day = dayOf(call.askedAt)
        return [
          <li class="day">
            <h2>
              <Day at={call.askedAt} />
            </h2>
          </li>,
          row,
        ]
      })}
    </ul>
  )
}

/** The words between are for those who hear the row, or read it where it has no columns. */
function CallRow({ call, time }: { call: CallSummary; time: ComponentChildren }) {
  return (
    <li>
      <a class="row" id={`call-${call.id}`} href={pathOf(call)}>
        <span class="call-tool">
          <Name text={call.tool.name} />
          {call.tool.destructive && <Destructive />}
          {wasApproved(call) && (
            <span class="claim">
              <Icon name="person" />
              you approved
            </span>
          )}
        </span>{' '}
        <StateBadge call={call} />
        <span class="call-about">
          <span class="call-time">{time}</span>
          <span class="call-place">
            <span class="between"> on </span>
            <Name text={call.connection.name} />
          </span>
          <span class="call-agent">
            <span class="between"> by </span>
            <Asker agent={call.agent} />
          </span>
          <span class="call-took">{call.durationMs !== null && formatDuration(call.durationMs)}</span>
        </span>
      </a>
    </li>
  )
}

/** Its server says so; that policy let it run makes it no less worth a look. */
const Destructive = () => (
  <span class="claim claim-bad">
    <Icon name="destructive" />
    destructive
  </span>
)

const wasApproved = ({ decision }: CallSummary) => decision?.mode === 'once' || decision?.mode === 'always'
