import { PostForm } from './post-form.tsx'

export interface ToolNewsProps {
  news: {
    /** Of all tools there are: how many the owner has not seen yet, not seen as they are, or has allowed as they were. */
    added: number
    changed: number
    asking: number
    /** What names this very list of them; null when all of it was seen. */
    list: string | null
  }
  slug: string
  proof: { required: boolean }
}

/** What a server did to its tools since the owner last looked, and the one button that says it was seen. */
export function ToolNews({ news: { added, changed, asking, list }, slug, proof }: ToolNewsProps) {
  if (added + changed + asking === 0) return null
  return (
    <section class="notice notice-warn" aria-label="New and changed tools">
      {added > 0 && <p>{tools(added)} new since you last looked.</p>}
      {changed > 0 && (
        <p>
          {tools(changed)} not as you last saw {changed === 1 ? 'it' : 'them'}.
        </p>
      )}
      {asking > 0 && (
        <p>
          {tools(asking)} not as you allowed {asking === 1 ? 'it' : 'them'}, and will ask each time until you accept the
          change.
        </p>
      )}
      {list !== null && (
        <PostForm
          action={`/connections/${encodeURIComponent(slug)}/seen`}
          proof={proof}
          askPassword="after"
          submit={
            <button type="submit" class="button">
              Mark all as seen
            </button>
          }
        >
          <input type="hidden" name="list" value={list} />
        </PostForm>
      )}
    </section>
  )
}

const tools = (count: number) => (count === 1 ? '1 tool is' : `${count} tools are`)
