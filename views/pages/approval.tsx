import { Layout } from '../layout.tsx'
import { CallArguments, ExactArguments } from '../parts/call-arguments.tsx'
import { CallDescription } from '../parts/call-description.tsx'
import { CallEnding } from '../parts/call-ending.tsx'
import { CallFacts } from '../parts/call-facts.tsx'
import { CallNotes } from '../parts/call-notes.tsx'
import { CallResult } from '../parts/call-result.tsx'
import { CallSentence } from '../parts/call-sentence.tsx'
import { CallStory } from '../parts/call-story.tsx'
import { DecisionForm } from '../parts/decision-form.tsx'
import { EarlierCalls, EarlierDifference } from '../parts/earlier-calls.tsx'
import { eventStream, refetchOnChange } from '../parts/live-region.ts'
import { MarksFound } from '../parts/marks-found.tsx'
import { PostForm } from '../parts/post-form.tsx'
import { StateBadge } from '../parts/state-badge.tsx'
import { Time } from '../parts/time.tsx'
import { ToolWarnings } from '../parts/tool-warnings.tsx'
import { untrustedTexts } from '../parts/untrusted-texts.ts'
import type { CallDetail, Earlier, PageFrame } from '../types.ts'

export interface ApprovalPageProps {
  frame: PageFrame
  call: CallDetail
  earlier: Earlier
  /** Other requests that wait: of its agent, and of all. */
  others: { ofAgent: number; all: number }
}

export function ApprovalPage({ frame, call, earlier, others }: ApprovalPageProps) {
  const state = (
    <div id="call-state" aria-live="polite" {...refetchOnChange(`/approve/${encodeURIComponent(call.id)}/state`)}>
      <CallState frame={frame} call={call} />
    </div>
  )
  return (
    <Layout frame={frame} title="Request" shape="focus">
      <div class="approval" {...eventStream({ inBackground: false })}>
        <div class="approval-head">
          <CallStatus call={call} />
          <Others agentId={call.agent.id} others={others} />
        </div>
        {!call.canDecide && state}
        <div class="approval-what">
          <CallSentence call={call} over={!call.canDecide} />
          <CallFacts call={call} />
          <MarksFound texts={untrustedTexts(call)} />
          <ToolWarnings call={call} />
          <CallArguments call={call} />
          <CallNotes call={call} />
          <EarlierDifference call={call} alike={earlier.alike} />
          <CallDescription call={call} />
          <EarlierCalls call={call} earlier={earlier} />
          <FinePrint call={call} />
        </div>
        {call.canDecide && state}
      </div>
    </Layout>
  )
}

/** Those of the same agent can be decided together. */
function Others({ agentId, others: { ofAgent, all } }: { agentId: string; others: ApprovalPageProps['others'] }) {
  if (all === 0) return null
  const href = ofAgent > 0 ? `/waiting?agent=${encodeURIComponent(agentId)}` : '/'
  const count = ofAgent > 0 ? ofAgent : all
  return (
    <a class="others" href={href}>
      {count} more {count === 1 ? 'waits' : 'wait'}
    </a>
  )
}

function FinePrint({ call }: { call: CallDetail }) {
  return (
    <div class="fine-print">
      <ExactArguments call={call} />
      <p class="hint">
        Asked <Time at={call.askedAt} />, request <code>{call.id}</code>
        {call.tool.hasDefinition && (
          <>
            {', '}
            <a href={`/approve/${encodeURIComponent(call.id)}/tool`}>the tool’s definition as it was</a>
          </>
        )}
        {call.tool.hasDefinition && !call.tool.isOurs && (
          <>
            {', '}
            <a href={`/playground?call=${encodeURIComponent(call.id)}`}>try it in the playground</a>
          </>
        )}
      </p>
    </div>
  )
}

/** What htmx puts into #call-state, and with it the badge at the top of the page. */
export function CallStateFragment({ frame, call }: { frame: PageFrame; call: CallDetail }) {
  return (
    <>
      <CallState frame={frame} call={call} />
      <CallStatus call={call} swap />
    </>
  )
}

function CallState({ frame, call }: { frame: PageFrame; call: CallDetail }) {
  return (
    <div data-waiting-count={frame.waitingCount} class={call.canDecide ? 'open' : 'over'}>
      {call.canDecide ? (
        <DecisionForm frame={frame} call={call} />
      ) : (
        <>
          <CallEnding call={call} />
          {call.agent.isYou && call.state === 'approved' && <RunApproved frame={frame} id={call.id} />}
          {call.result && <CallResult result={call.result} />}
          <CallStory call={call} />
        </>
      )}
    </div>
  )
}

/** Your own call runs by itself once you approve it, unless its server could not be reached at that moment. */
function RunApproved({ frame, id }: { frame: PageFrame; id: string }) {
  return (
    <PostForm
      action={`/approve/${encodeURIComponent(id)}/run`}
      proof={frame.proof}
      askPassword="after"
      submit={
        <button type="submit" class="button button-primary">
          Run it now
        </button>
      }
    />
  )
}

function CallStatus({ call, swap = false }: { call: CallDetail; swap?: boolean }) {
  return (
    <div id="call-status" class="call-status" {...(swap ? { 'hx-swap-oob': 'true' } : {})}>
      <h1>{call.canDecide ? 'May this run?' : 'Request'}</h1>
      {!call.canDecide && <StateBadge call={call} />}
      {call.state === 'pending' && call.expiresAt !== null && (
        <span class="hint">
          expires <Time at={call.expiresAt} />
        </span>
      )}
    </div>
  )
}
