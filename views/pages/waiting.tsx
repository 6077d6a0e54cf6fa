import { Layout } from '../layout.tsx'
import { CallArguments, ExactArguments } from '../parts/call-arguments.tsx'
import { CallDescription } from '../parts/call-description.tsx'
import { CallEnding } from '../parts/call-ending.tsx'
import { CallFacts } from '../parts/call-facts.tsx'
import { CallNotes } from '../parts/call-notes.tsx'
import { CallClaims, CallInShort, titleOf } from '../parts/call-sentence.tsx'
import { DenialReason } from '../parts/denial-reason.tsx'
import { Name } from '../parts/exact-text.tsx'
import { eventStream, refetchOnChange } from '../parts/live-region.ts'
import { MarksFound } from '../parts/marks-found.tsx'
import { PostForm } from '../parts/post-form.tsx'
import { StateBadge } from '../parts/state-badge.tsx'
import { Time } from '../parts/time.tsx'
import { untrustedTexts } from '../parts/untrusted-texts.ts'
import type { CallDetail, CallSummary, PageFrame } from '../types.ts'

/** A request that waits. */
export interface Ask {
  call: CallDetail
  /** Why it is decided on its own page; null where it can be ticked here. */
  apart: 'long' | 'warned' | null
}

/** What became of one that was ticked. */
export interface Settled {
  call: CallDetail
  /** late: somebody or something was first. unmatched: it was not what the page had shown, so it was left alone. */
  how: 'decided' | 'late' | 'unmatched'
}

export interface WaitingPageProps {
  frame: PageFrame
  agent: CallSummary['agent']
  /** Oldest first. */
  asks: Ask[]
  /** Waiting beyond those that are listed. */
  more: number
  /** Ids, as a form had them that was refused. */
  ticked: string[]
  reason: string
  settled: Settled[]
  newsPath: string
}

/** What one agent waits for, each request whole, decided by ticks. */
export function WaitingPage({ frame, agent, asks, more, ticked, reason, settled, newsPath }: WaitingPageProps) {
  const tickable = asks.some(({ apart }) => apart === null)
  return (
    <Layout frame={frame} title="Waiting requests" shape="focus">
      <div class="waiting" {...eventStream({ inBackground: false })}>
        <h1>May these run?</h1>
        <p class="hint">
          {asks.length === 0 ? 'Nothing waits of ' : `${asks.length + more} of `}
          {agent.isYou ? 'yours' : <Name text={agent.name} />}
          {tickable && '. Tick what you decide about; what is not ticked goes on waiting.'}
        </p>
        <div id="waiting-news" aria-live="polite" {...refetchOnChange(newsPath)}>
          <News agentId={agent.id} waitingCount={frame.waitingCount} settled={settled} arrived={0} />
        </div>
        {asks.length > 0 && (
          <PostForm
            action="/waiting/decisions"
            proof={frame.proof}
            class="asks-form"
            submit={
              tickable && (
                <div class="decide-bar">
                  {/* Deny comes first: where a browser picks a button by itself, it picks the first. */}
                  <button type="submit" name="decision" value="deny" class="button button-deny">
                    Deny
                  </button>
                  <button type="submit" name="decision" value="once" class="button button-primary decide-once">
                    Approve once
                  </button>
                </div>
              )
            }
          >
            <input type="hidden" name="agent" value={agent.id} />
            <ol class="asks">
              {asks.map((ask) => (
                <AskItem ask={ask} ticked={ticked.includes(ask.call.id)} />
              ))}
            </ol>
            {more > 0 && <p class="hint">{more} more wait; they follow once these are decided.</p>}
            {tickable && <DenialReason text={reason} />}
          </PostForm>
        )}
      </div>
    </Layout>
  )
}

function AskItem({ ask: { call, apart }, ticked }: { ask: Ask; ticked: boolean }) {
  return (
    <li class="ask">
      <Tick call={call} apart={apart} ticked={ticked} />
      {apart === null && (
        <div class="ask-what">
          <CallClaims call={call} />
          <CallFacts call={call} />
          <MarksFound texts={untrustedTexts(call)} />
          <CallArguments call={call} />
          <CallNotes call={call} />
          <CallDescription call={call} />
          <ExactArguments call={call} />
        </div>
      )}
      <p class="hint">
        Asked <Time at={call.askedAt} />
        {call.expiresAt !== null && (
          <>
            , expires <Time at={call.expiresAt} />
          </>
        )}
        {', '}
        <a href={linkTo(call)}>on its own page</a>
      </p>
    </li>
  )
}

const linkTo = ({ id }: CallDetail) => `/approve/${encodeURIComponent(id)}`

const APART = {
  long: 'It is too long to be decided among others.',
  warned: 'Its tool is not what you knew, or hides something: that has to be seen first.',
}

function Tick({ call, apart, ticked }: { call: CallDetail; apart: Ask['apart']; ticked: boolean }) {
  const name = `tick-${call.id}`
  if (apart !== null) {
    return (
      <div id={`ask-${call.id}`} class="ask-apart">
        <p class="sentence">
          <CallInShort call={call} />
        </p>
        <p>
          {APART[apart]} <a href={linkTo(call)}>Open it</a>
        </p>
      </div>
    )
  }
  return (
    <div id={`ask-${call.id}`} class="ask-tick">
      <input
        type="checkbox"
        id={name}
        name="ticked"
        value={`${call.id}.${call.argumentsHash}`}
        checked={ticked}
        autocomplete="off"
      />
      <label for={name}>
        <CallInShort call={call} />
      </label>
    </div>
  )
}

export interface WaitingNewsProps {
  agentId: string
  waitingCount: number
  settled: Settled[]
  /** Shown as waiting, and not waiting any more. */
  over: CallDetail[]
  /** Waiting, and not shown. */
  arrived: number
}

/** What htmx puts above the list. What is ticked stays as it is: only requests that are over lose their tick, and nothing moves in between. */
export function WaitingNews({ over, ...news }: WaitingNewsProps) {
  return (
    <>
      <News {...news} />
      {over.map((call) => (
        <div id={`ask-${call.id}`} class="ask-over" hx-swap-oob="true">
          <p class="sentence">
            <CallInShort call={call} over />
          </p>
          <StateBadge call={call} />
          <CallEnding call={call} />
        </div>
      ))}
    </>
  )
}

function News({ agentId, waitingCount, settled, arrived }: Omit<WaitingNewsProps, 'over'>) {
  return (
    <div data-waiting-count={waitingCount}>
      {settled.length > 0 && (
        <ul class="rows settled" aria-label="What you ticked">
          {settled.map((each) => (
            <SettledRow settled={each} />
          ))}
        </ul>
      )}
      {arrived > 0 && (
        <p class="notice notice-ok">
          {arrived} more {arrived === 1 ? 'has' : 'have'} come meanwhile.{' '}
          <a href={`/waiting?agent=${encodeURIComponent(agentId)}`}>Show {arrived === 1 ? 'it' : 'them'}</a>
        </p>
      )}
    </div>
  )
}

const LEADS: Record<Settled['how'], string | null> = {
  decided: null,
  late: 'Your click came too late for this one:',
  unmatched: 'Not decided: what was ticked is not what this request asks for.',
}

function SettledRow({ settled: { call, how } }: { settled: Settled }) {
  return (
    <li class="row">
      <span class="row-main">
        <span class="row-title">
          <a href={linkTo(call)}>
            <Name text={titleOf(call.tool)} /> on <Name text={call.connection.name} />
          </a>
        </span>
        {LEADS[how] !== null && <p>{LEADS[how]}</p>}
        {how !== 'unmatched' && <CallEnding call={call} />}
      </span>
      <StateBadge call={call} />
    </li>
  )
}
