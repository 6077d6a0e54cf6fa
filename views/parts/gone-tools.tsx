import type { ApprovalMode, GoneTool } from '../types.ts'
import { ExactLine } from './exact-text.tsx'
import { PostForm } from './post-form.tsx'

/** What becomes of a tool that is gone, once its server offers it again. */
export function goneSentence(mode: ApprovalMode): string {
  switch (mode) {
    case 'allow':
      return 'Its server does not offer it any more. If it comes back exactly as you allowed it, it is allowed again; with any change it asks.'
    case 'deny':
      return 'Its server does not offer it any more. If it comes back, it is denied as before.'
    case 'require_approval':
      return 'Its server does not offer it any more. If it comes back, it asks each time.'
  }
}

/** Tools that are gone while something that the owner said about them is remembered. */
export function GoneTools({ tools, slug, proof }: { tools: GoneTool[]; slug: string; proof: { required: boolean } }) {
  if (tools.length === 0) return null
  const path = `/connections/${encodeURIComponent(slug)}`
  return (
    <section class="section" aria-labelledby="gone-title">
      <h2 id="gone-title">Gone</h2>
      <p class="hint">What you said about these is remembered. What agents did with them stays in the log.</p>
      <ul class="tools">
        {tools.map(({ name, mode }) => (
          <li class="tool">
            <div class="tool-about">
              <h3>
                <a href={`${path}/tool?name=${encodeURIComponent(name)}`}>
                  <ExactLine text={name} />
                </a>
              </h3>
              <p class="hint">{goneSentence(mode)}</p>
            </div>
            <PostForm
              action={`${path}/forget`}
              proof={proof}
              askPassword="after"
              submit={
                <button type="submit" class="button">
                  Forget
                </button>
              }
            >
              <input type="hidden" name="tool" value={name} />
            </PostForm>
          </li>
        ))}
      </ul>
    </section>
  )
}
