import type { ApprovalMode } from '../types.ts'
import { Icon, type IconName } from './icon.tsx'

const MODES: Record<ApprovalMode, { icon: IconName; word: string; tone: 'good' | 'wait' | 'bad' }> = {
  allow: { icon: 'done', word: 'Runs at once', tone: 'good' },
  require_approval: { icon: 'ask', word: 'Asks first', tone: 'wait' },
  deny: { icon: 'denied', word: 'Denied', tone: 'bad' },
}

/** What policy does with calls of a tool, by shape, word and colour. */
export function ModeWord({ mode }: { mode: ApprovalMode }) {
  const { icon, word, tone } = MODES[mode]
  return (
    <span class={`state state-${tone}`}>
      <Icon name={icon} />
      {word}
    </span>
  )
}
