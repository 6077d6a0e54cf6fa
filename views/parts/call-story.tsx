import type { ComponentChildren } from 'preact'
import type { CallDetail, Decision } from '../types.ts'
import { Asker } from './asker.tsx'
import { AgentWords } from './call-facts.tsx'
import { ExactText, Name } from './exact-text.tsx'
import { Icon, type IconName } from './icon.tsx'
import { formatDuration, Time } from './time.tsx'

/** A call from asked to ended, step by step, each with its time. */
export function CallStory({ call }: { call: CallDetail }) {
  const steps = [asked(call), ...noted(call), ruled(call), decided(call), sent(call), ended(call)].filter(
    (step) => step !== null,
  )
  return (
    <section class="part" aria-labelledby="story-title">
      <h2 id="story-title">What happened</h2>
      <ol class="story">
        {steps.map(({ icon, at, words, quote = null, quoted = null }) => (
          <li>
            <Icon name={icon} />
            <div>
              <p>
                {words}
                {at !== null && (
                  <span class="hint">
                    {' · '}
                    <Time at={at} />
                  </span>
                )}
              </p>
              {quote !== null && quote !== '' && (
                <>
                  {quoted !== null && <p class="hint">{quoted}</p>}
                  <ExactText text={quote} quiet />
                </>
              )}
            </div>
          </li>
        ))}
      </ol>
    </section>
  )
}

interface StoryStep {
  icon: IconName
  at: number | null
  words: ComponentChildren
  /** Somebody's own words. */
  quote?: string | null
  /** What they are. */
  quoted?: string | null
}

function asked(call: CallDetail): StoryStep {
  return {
    icon: 'agent',
    at: call.askedAt,
    words: (
      <>
        <Asker agent={call.agent} first /> asked{' '}
        <span class="hint">
          (<AgentWords call={call} />)
        </span>
      </>
    ),
  }
}

/** The first came with the question; the others when the agent asked the same again. */
const noted = ({ notes, askedAt }: CallDetail): StoryStep[] =>
  notes.map(({ text, at }) => ({
    icon: 'note',
    at: at === askedAt ? null : at,
    words: (
      <>
        {at === askedAt ? 'It said why' : 'It asked again and said'} <span class="hint">(not checked)</span>
      </>
    ),
    quote: text,
  }))

function ruled({ rule, state, outcome, decision }: CallDetail): StoryStep | null {
  const words = (text: string): StoryStep => ({ icon: 'policies', at: null, words: text })
  if (rule === null) return null
  if (state === 'refused') return outcome === 'blocked' ? words('Your rule for this tool says deny.') : null
  // Allowed while it waited: the rule that it was asked by is told all the same.
  const ranByRule = decision?.mode === 'policy' && rule === 'policy'
  if (ranByRule) return words('Your rule for this tool says allow, so nobody was asked.')
  if (rule === 'default') return words('You had set no rule for this tool, and without one it asks.')
  if (rule === 'policy') return words('Your rule for this tool says ask.')
  return words('You had allowed this tool, but its server changed it since, so it asked.')
}

const DECISIONS: Record<Exclude<Decision['mode'], 'policy'>, { icon: IconName; words: string }> = {
  once: { icon: 'approved', words: 'Approved once' },
  always: { icon: 'approved', words: 'Approved, and allowed from then on,' },
  deny: { icon: 'denied', words: 'Denied' },
}

function decided({ decision, askedAt, rule }: CallDetail): StoryStep | null {
  if (!decision) return null
  if (decision.mode === 'policy') {
    if (rule === 'policy') return null
    return { icon: 'approved', at: decision.at, words: 'Allowed by your policy' }
  }
  const { icon, words } = DECISIONS[decision.mode]
  return {
    icon,
    at: decision.at,
    words: (
      <>
        {words} by <Name text={decision.by} />{' '}
        <span class="hint">{formatDuration(decision.at - askedAt)} after it was asked</span>
      </>
    ),
    quote: decision.reason,
    quoted: 'The agent was told:',
  }
}

function sent({ sentAt }: CallDetail): StoryStep | null {
  return sentAt === null ? null : { icon: 'sent', at: sentAt, words: 'Sent to its server' }
}

function ended({ state, isError, settledAt, durationMs, message }: CallDetail): StoryStep | null {
  const took = durationMs === null ? '' : ` after ${formatDuration(durationMs)}`
  const step = (icon: IconName, words: string, quote: string | null = null): StoryStep => ({
    icon,
    at: settledAt,
    words: `${words}${took}`,
    quote,
  })
  switch (state) {
    case 'executed':
      return isError ? step('warn', 'It answered with an error') : step('done', 'It answered')
    case 'failed':
      return step('failed', 'It did not run', message)
    case 'unknown':
      return step('unknown', 'How it ended is not known; given up', message)
    case 'expired':
      return step('expired', message ?? 'It expired')
    case 'refused':
      return step('refused', 'Refused', message)
    case 'pending':
    case 'approved':
    case 'executing':
    case 'denied':
      return null
  }
}
