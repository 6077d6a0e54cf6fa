import type { CallState, CallSummary } from '../types.ts'
import { Icon, type IconName } from './icon.tsx'

const BADGES: Record<CallState, { icon: IconName; word: string; tone: 'wait' | 'good' | 'bad' | 'odd' | 'still' }> = {
  pending: { icon: 'waiting', word: 'Waiting for you', tone: 'wait' },
  approved: { icon: 'approved', word: 'Approved', tone: 'good' },
  executing: { icon: 'running', word: 'Running', tone: 'good' },
  executed: { icon: 'done', word: 'Done', tone: 'good' },
  failed: { icon: 'failed', word: 'Did not run', tone: 'bad' },
  unknown: { icon: 'unknown', word: 'End not known', tone: 'odd' },
  denied: { icon: 'denied', word: 'Denied', tone: 'bad' },
  expired: { icon: 'expired', word: 'Expired', tone: 'still' },
  refused: { icon: 'refused', word: 'Refused', tone: 'still' },
}

/** Each state by its word, and apart from them what ran but reported an error. */
export const ENDING_WORDS = {
  ...(Object.fromEntries(Object.entries(BADGES).map(([state, { word }]) => [state, word])) as Record<
    CallState,
    string
  >),
  tool_error: 'Tool error',
}

/** A call's state by shape, word and colour, so that no one of them is needed. */
export function StateBadge({ call }: { call: Pick<CallSummary, 'state' | 'isError'> }) {
  const erred = call.state === 'executed' && call.isError
  const { icon, word, tone } = BADGES[call.state]
  return (
    <span class={`state state-${erred ? 'odd' : tone}`}>
      <Icon name={erred ? 'warn' : icon} />
      {erred ? ENDING_WORDS.tool_error : word}
    </span>
  )
}
