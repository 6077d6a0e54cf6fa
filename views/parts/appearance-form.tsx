import type { Appearance, PageFrame } from '../types.ts'
import { PostForm } from './post-form.tsx'

const CHOICES: { value: Appearance; words: string }[] = [
  { value: 'system', words: 'As the system' },
  { value: 'light', words: 'Light' },
  { value: 'dark', words: 'Dark' },
]

/** One click each, and the page shows at once what it does. */
export function AppearanceForm({ frame }: { frame: PageFrame }) {
  return (
    <section class="section" id="appearance" aria-labelledby="appearance-title">
      <h2 id="appearance-title">Appearance</h2>
      <PostForm
        action="/settings/appearance"
        proof={frame.proof}
        askPassword="after"
        submit={
          <>
            {/* biome-ignore lint/a11y/useSemanticElements: a fieldset would say again what the heading says. */}
            <div class="segments" role="group" aria-labelledby="appearance-title">
              {CHOICES.map(({ value, words }) => (
                <button
                  type="submit"
                  name="appearance"
                  value={value}
                  class="segment"
                  aria-pressed={frame.appearance === value ? 'true' : 'false'}
                >
                  {words}
                </button>
              ))}
            </div>
          </>
        }
      />
    </section>
  )
}
