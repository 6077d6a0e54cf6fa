import type { CallDetail, Decision } from '../types.ts'
import { Name } from './exact-text.tsx'
import { formatDuration, Time } from './time.tsx'

/** What became of a call that needs no click any more, and what its agent can do now, in plain sentences. */
export function CallEnding({ call }: { call: CallDetail }) {
  return <p class="ending">{sentenceFor(call)}</p>
}

function sentenceFor(call: CallDetail) {
  const you = call.agent.isYou
  const decided = call.decision && <Decided decision={call.decision} />
  switch (call.state) {
    case 'pending':
      return 'It waits for a decision that cannot be made on this page.'
    case 'approved':
      return (
        <>
          {decided} {you ? 'It has not run yet' : 'The agent has yet to pick it up'}
          {call.expiresAt !== null && (
            <>
              ; the approval lapses <Time at={call.expiresAt} />
            </>
          )}
          .
        </>
      )
    case 'executing':
      return <>{decided} It is running now; its answer will appear here.</>
    case 'executed':
      return (
        <>
          {decided}{' '}
          {call.isError ? (
            <>
              It ran, and <Name text={call.connection.name} /> answered with an error.
            </>
          ) : (
            'It ran.'
          )}
          <Took call={call} />
        </>
      )
    case 'failed':
      return (
        <>
          {decided} It certainly did not run, so nothing was changed. {you ? 'You' : 'The agent'} may ask again.
        </>
      )
    case 'unknown':
      return (
        <>
          {decided} It was sent, but how it ended is not known. <strong>It may have taken effect:</strong> look at{' '}
          <Name text={call.connection.name} /> before it is repeated. AgentPort never sends it again by itself.
        </>
      )
    case 'denied':
      return (
        <>
          {decided} Nothing ran.{!you && ' The agent is told not to try another way.'}
        </>
      )
    case 'expired':
      return (
        <>
          {decided} {/* In words of ours. */}
          {call.message ?? 'Nobody decided in time, or the request was voided.'} Nothing ran.{' '}
          {!you && 'If it is still wanted, the agent has to ask again.'}
        </>
      )
    case 'refused':
      return <>{refusalFor(call.outcome, you)} Nothing ran, and nobody was asked.</>
  }
}

function refusalFor(outcome: string, you: boolean): string {
  if (outcome === 'blocked') return 'Your policy denies this tool.'
  if (outcome === 'limited') return `${you ? 'You have' : 'The agent has'} too many requests waiting already.`
  if (outcome === 'invalid') return 'The call was not valid.'
  if (outcome === 'failed') return 'Its server could not be called at that moment.'
  return 'The call was refused.'
}

function Took({ call }: { call: CallDetail }) {
  if (call.durationMs === null) return null
  return <> It took {formatDuration(call.durationMs)}.</>
}

const DECISIONS: Record<Decision['mode'], string> = {
  once: 'Approved once',
  always: 'Approved, and allowed from now on,',
  deny: 'Denied',
  policy: 'Allowed by your policy',
}

function Decided({ decision }: { decision: Decision }) {
  return (
    <>
      {DECISIONS[decision.mode]}
      {decision.mode !== 'policy' && (
        <>
          {' '}
          by <Name text={decision.by} />
        </>
      )}{' '}
      <Time at={decision.at} />.
    </>
  )
}
