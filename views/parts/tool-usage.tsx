import type { ToolRow } from '../types.ts'
import { Time } from './time.tsx'

const SET = { allow: 'Allowed', require_approval: 'Set to ask', deny: 'Denied' } as const
const BY = {
  you: 'by you',
  token: 'by a token of yours',
  operator: 'at the command line',
  other: 'by AgentPort',
} as const

/** Since when a tool stands as it does and by whom, and when it was last called. */
export function ToolUsage({ tool: { set, lastCalledAt } }: { tool: Pick<ToolRow, 'set' | 'lastCalledAt'> }) {
  return (
    <p class="usage">
      {set !== null && (
        <span>
          {SET[set.mode]} <Time at={set.at} /> {BY[set.by]}
        </span>
      )}
      <span>
        {lastCalledAt === null ? (
          'Never called'
        ) : (
          <>
            Last called <Time at={lastCalledAt} />
          </>
        )}
      </span>
    </p>
  )
}
