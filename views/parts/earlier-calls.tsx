import type { AnsweredCalls, CallDetail, CallSummary, Decision, Earlier } from '../types.ts'
import { type ArgumentsDiff, diffArguments } from './arguments-diff.ts'
import { Asker } from './asker.tsx'
import { ExactText, Name } from './exact-text.tsx'
import { StateBadge } from './state-badge.tsx'
import { Time } from './time.tsx'
import { ValueChangeEntry } from './value-change.tsx'

const linkTo = (id: string) => `/approve/${encodeURIComponent(id)}`

/** How the owner answered the same question, and questions like it, before. */
export function EarlierCalls({ call: { id, agent }, earlier }: { call: CallDetail; earlier: Earlier }) {
  const { same, others, outOf } = earlier
  if (countOf(same) + countOf(others) === 0)
    return <p class="hint earlier-none">You were not asked about this tool before.</p>
  return (
    <section class="part earlier" aria-labelledby={`earlier-${id}`}>
      <h2 id={`earlier-${id}`}>Asked before</h2>
      <details class="more">
        <summary>
          <span>
            {countOf(same) > 0 && <Tally lead="Exactly this" calls={same} />}
            {countOf(same) > 0 && countOf(others) > 0 && <br />}
            {countOf(others) > 0 && (
              <Tally
                lead={countOf(same) > 0 ? 'With other arguments' : 'This tool, with other arguments'}
                calls={others}
              />
            )}
          </span>
        </summary>
        <Latest title="Exactly this" calls={same} agentId={agent.id} />
        <Latest title="With other arguments" calls={others} agentId={agent.id} />
        {outOf !== null && <p class="hint">Counted are the last {outOf}; there were more.</p>}
      </details>
    </section>
  )
}

const countOf = ({ approved, denied, expired }: AnsweredCalls) => approved + denied + expired

function Tally({ lead, calls }: { lead: string; calls: AnsweredCalls }) {
  const { approved, denied, expired, latest } = calls
  const reason = latest.find(({ decision }) => decision?.mode === 'deny')?.decision?.reason
  const parts = [
    approved > 0 && `approved ${approved}`,
    denied > 0 && (
      <>
        denied {denied}
        {reason && reason.length <= LONGEST_REASON && (
          <>
            {' '}
            <Name text={reason} />
          </>
        )}
      </>
    ),
    expired > 0 && `not decided ${expired}`,
  ].filter(Boolean)
  const count = countOf(calls)
  return (
    <>
      {lead} {count === 1 ? 'once' : `${count} times`}:{' '}
      {parts.map((part, index) => (
        <>
          {index > 0 && ', '}
          {part}
        </>
      ))}
    </>
  )
}

const LONGEST_REASON = 60

function Latest({ title, calls: { latest }, agentId }: { title: string; calls: AnsweredCalls; agentId: string }) {
  if (latest.length === 0) return null
  return (
    <>
      <h3>{title}</h3>
      <ul class="earlier-list">
        {latest.map((call) => (
          <li>
            <a href={linkTo(call.id)}>
              <Time at={call.askedAt} />
            </a>
            <StateBadge call={call} />
            <AskedBy call={call} agentId={agentId} />
            {call.decision?.reason && <ExactText text={call.decision.reason} quiet />}
          </li>
        ))}
      </ul>
    </>
  )
}

function AskedBy({ call: { agent }, agentId }: { call: CallSummary; agentId: string }) {
  if (agent.id === agentId) return null
  return (
    <span class="hint">
      by <Asker agent={agent} />
    </span>
  )
}

const ANSWERS: Record<Decision['mode'], string> = {
  once: 'approved',
  always: 'approved',
  deny: 'denied',
  policy: 'allowed',
}

/** Where earlier arguments were about the same thing: what is another now, field by field. */
export function EarlierDifference({
  call: { id, argumentsJson },
  alike,
}: {
  call: CallDetail
  alike: Earlier['alike']
}) {
  const diff = alike && diffArguments(alike.argumentsJson, argumentsJson)
  if (!alike || !diff || diff.changes.length === 0) return null
  return (
    <section class="part" aria-labelledby={`differs-${id}`}>
      <div class="part-head">
        <h2 id={`differs-${id}`}>What is different</h2>
        <span class="hint">
          from{' '}
          <a href={linkTo(alike.id)}>
            the one {alike.decision ? `you ${ANSWERS[alike.decision.mode]}` : 'that nobody decided'}
          </a>{' '}
          <Time at={alike.decision?.at ?? alike.askedAt} />
        </span>
      </div>
      <Differences diff={diff} />
    </section>
  )
}

function Differences({ diff: { changes, more } }: { diff: ArgumentsDiff }) {
  return (
    <div class="diff">
      <dl>
        {changes.map((change) => (
          <ValueChangeEntry change={change} inOneLine inExcerpt />
        ))}
      </dl>
      {more > 0 && (
        <p class="hint">
          And {more} more {more === 1 ? 'difference' : 'differences'}. All arguments stand above.
        </p>
      )}
    </div>
  )
}
