import type { CallDetail } from '../types.ts'
import { ExactText } from './exact-text.tsx'
import { ResultContent } from './result-content.tsx'
import { StateBadge } from './state-badge.tsx'
import { formatDuration, formatSize } from './time.tsx'

export interface ToldAgent {
  /** The word of the contract. */
  outcome: string
  isError: boolean
  /** What it reads where the tool did not answer. */
  text: string | null
}

/** What an agent gets of a call as it stands. */
export function AgentAnswer({ call, told }: { call: CallDetail; told: ToldAgent }) {
  const { id, state, durationMs, result } = call
  const path = `/approve/${encodeURIComponent(id)}`
  return (
    <>
      <div class="part-head">
        <h2 id="answer-title">What an agent gets</h2>
        <StateBadge call={call} />
        <span class="hint">
          {durationMs !== null && formatDuration(durationMs)}
          {durationMs !== null && result && ', '}
          {result && formatSize(result.sizeBytes)}
        </span>
      </div>
      <p class="answer-word">
        Outcome <code>{told.outcome}</code>, isError <code>{String(told.isError)}</code>
      </p>
      {told.text !== null ? <ExactText text={told.text} quiet /> : result && <ResultContent result={result} />}
      <p class="actions">
        {state === 'pending' ? (
          <a class="button button-primary" href={path}>
            Review and decide
          </a>
        ) : (
          <a class="button" href={path}>
            The whole story of this call
          </a>
        )}
      </p>
    </>
  )
}
