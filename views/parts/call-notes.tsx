import type { CallDetail } from '../types.ts'
import { ExactText } from './exact-text.tsx'
import { Time } from './time.tsx'

/** The agent's own words, marked as such: nobody checked them. */
export function CallNotes({ call: { id, notes } }: { call: Pick<CallDetail, 'id' | 'notes'> }) {
  if (notes.length === 0) return null
  return (
    <section class="part notes" aria-labelledby={`notes-${id}`}>
      <div class="part-head">
        <h2 id={`notes-${id}`}>The agent says</h2>
        <span class="hint">its own words, not checked</span>
      </div>
      {notes.map((note) => (
        <div class="note">
          <ExactText text={note.text} quiet />
          {notes.length > 1 && (
            <p class="hint">
              <Time at={note.at} />
            </p>
          )}
        </div>
      ))}
    </section>
  )
}
