import { Layout } from '../layout.tsx'
import { ArgumentsTree, prettyJson } from '../parts/arguments-tree.tsx'
import { CallEnding } from '../parts/call-ending.tsx'
import { CallFacts, describesShortly } from '../parts/call-facts.tsx'
import { CallResult } from '../parts/call-result.tsx'
import { DecisionForm } from '../parts/decision-form.tsx'
import { changedParts, DefinitionDiff } from '../parts/definition-diff.tsx'
import { ExactText } from '../parts/exact-text.tsx'
import { eventStream, refetchOnChange } from '../parts/live-region.ts'
import { MarksFound } from '../parts/marks-found.tsx'
import { StateBadge } from '../parts/state-badge.tsx'
import { stringsIn } from '../parts/strings-in.ts'
import { formatSize, Time } from '../parts/time.tsx'
import type { CallDetail, PageFrame } from '../types.ts'

export interface ApprovalPageProps {
  frame: PageFrame
  call: CallDetail
  /** Other requests that wait. */
  others: number
}

export function ApprovalPage({ frame, call, others }: ApprovalPageProps) {
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
          {others > 0 && (
            <a class="others" href="/">
              {others} more {others === 1 ? 'waits' : 'wait'}
            </a>
          )}
        </div>
        {!call.canDecide && state}
        <div class="approval-what">
          <CallFacts call={call} />
          <MarksFound texts={untrustedTexts(call)} />
          <Changed call={call} />
          <Arguments call={call} />
          <Notes call={call} />
          {call.tool.description !== null && !describesShortly(call) && <Description text={call.tool.description} />}
          <p class="hint asked">
            Asked <Time at={call.askedAt} />, request <code>{call.id}</code>
            {call.tool.hasDefinition && (
              <>
                {', '}
                <a href={`/approve/${encodeURIComponent(call.id)}/tool`}>the tool’s definition as it was</a>
              </>
            )}
          </p>
        </div>
        {call.canDecide && state}
      </div>
    </Layout>
  )
}

/** What the owner does not know yet about the tool: in one sentence, and then whole. */
function Changed({ call: { id, tool } }: { call: CallDetail }) {
  const { change, hidesText } = tool
  if (!change && !hidesText) return null
  return (
    <div class="notice notice-warn" role="note">
      {change && (
        <>
          <p>
            <strong>Its server changed this tool</strong> since you{' '}
            {change.since === 'allowed' ? 'allowed it' : 'last saw it'}: {changedParts(change)}.
          </p>
          <details class="more">
            <summary>What changed</summary>
            <DefinitionDiff change={change} />
          </details>
        </>
      )}
      {hidesText && (
        <p>
          <strong>Its definition hides text from people.</strong>{' '}
          <a href={`/approve/${encodeURIComponent(id)}/tool`}>See what it says</a>
        </p>
      )}
    </div>
  )
}

function Description({ text }: { text: string }) {
  return (
    <section class="part" aria-labelledby="description-title">
      <div class="part-head">
        <h2 id="description-title">What the server says the tool does</h2>
        <span class="hint">as it was when asked</span>
      </div>
      <ExactText text={text} quiet />
    </section>
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
      {call.canDecide ? <DecisionForm frame={frame} call={call} /> : <CallEnding call={call} />}
      {call.result && <CallResult result={call.result} />}
    </div>
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

function Arguments({ call }: { call: CallDetail }) {
  return (
    <section class="part" aria-labelledby="arguments-title">
      <div class="part-head">
        <h2 id="arguments-title">Arguments</h2>
        <span class="hint">all of them, {formatSize(new TextEncoder().encode(call.argumentsJson).length)}</span>
      </div>
      <ArgumentsTree json={call.argumentsJson} />
      <details class="more">
        <summary>Exact JSON</summary>
        <ExactText text={prettyJson(call.argumentsJson)} />
        <p class="hint hash">
          SHA-256 of the canonical form <code>{call.argumentsHash}</code>
        </p>
      </details>
    </section>
  )
}

function Notes({ call }: { call: CallDetail }) {
  if (call.notes.length === 0) return null
  return (
    <section class="part" aria-labelledby="notes-title">
      <div class="part-head">
        <h2 id="notes-title">The agent says</h2>
        <span class="hint">not checked</span>
      </div>
      {call.notes.map((note) => (
        <div class="note">
          <ExactText text={note.text} quiet />
          {call.notes.length > 1 && (
            <p class="hint">
              <Time at={note.at} />
            </p>
          )}
        </div>
      ))}
    </section>
  )
}

/** Every text here that the owner did not write. Escapes are undone, so that what JSON hides is counted too. */
function untrustedTexts(call: CallDetail): string[] {
  const { agent, connection, tool } = call
  const claim = agent.kind.is === 'program' ? agent.kind.claim : null
  const named = [agent.name, agent.program, claim && claim.name !== agent.name ? claim.name : null]
  const given = [...named, connection.name, connection.target, tool.name, tool.title, tool.description]
  return [
    ...given.filter((text) => text !== null),
    ...call.notes.map((note) => note.text),
    ...stringsIn(call.argumentsJson),
  ]
}
