import type { CallDetail } from '../types.ts'
import { ExactText } from './exact-text.tsx'

/** What the tool does by the words of its server, as they were when it was asked for. */
export function CallDescription({ call: { id, tool } }: { call: Pick<CallDetail, 'id' | 'tool'> }) {
  if (tool.description === null) return null
  return (
    <section class="part" aria-labelledby={`description-${id}`}>
      <div class="part-head">
        <h2 id={`description-${id}`}>Its server describes it</h2>
        <span class="hint">as it was when asked</span>
      </div>
      <ExactText text={tool.description} quiet />
    </section>
  )
}
