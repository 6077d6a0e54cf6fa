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

/** What becomes of a tool that its server never offered here, once it does. */
function beforehandSentence(mode: ApprovalMode): string {
  switch (mode) {
    case 'allow':
      return 'It will be allowed if it is exactly the tool that was allowed; with any difference it asks.'
    case 'deny':
      return 'It will be denied.'
    case 'require_approval':
      return 'It will ask each time.'
  }
}

interface ListProps {
  tools: GoneTool[]
  slug: string
  proof: { required: boolean }
}

/** Tools that are not there while something that the owner said about them is remembered. */
export function GoneTools({ tools, ...rest }: ListProps) {
  const gone = tools.filter(({ neverSeen }) => !neverSeen)
  const beforehand = tools.filter(({ neverSeen }) => neverSeen)
  return (
    <>
      {gone.length > 0 && (
        <List {...rest} tools={gone} id="gone-title" title="Gone">
          What you said about these is remembered. What agents did with them stays in the log.
        </List>
      )}
      {beforehand.length > 0 && (
        <List {...rest} tools={beforehand} id="beforehand-title" title="Said beforehand">
          The server has not offered these here yet. What was said about them holds once it does.
        </List>
      )}
    </>
  )
}

function List({
  tools,
  slug,
  proof,
  id,
  title,
  children,
}: ListProps & { id: string; title: string; children: string }) {
  const path = `/connections/${encodeURIComponent(slug)}`
  return (
    <section class="section" aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      <p class="hint">{children}</p>
      <ul class="tools">
        {tools.map(({ name, mode, neverSeen }) => (
          <li class="tool">
            <div class="tool-about">
              <h3>
                {neverSeen ? (
                  <ExactLine text={name} />
                ) : (
                  <a href={`${path}/tool?name=${encodeURIComponent(name)}`}>
                    <ExactLine text={name} />
                  </a>
                )}
              </h3>
              <p class="hint">{neverSeen ? beforehandSentence(mode) : goneSentence(mode)}</p>
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
