import type { ComponentChildren } from 'preact'
import type { PageFrame } from '../types.ts'
import { PostForm } from './post-form.tsx'

interface ConnectFormProps {
  frame: PageFrame
  slug: string
  children?: ComponentChildren
}

/** What a connection needs before it works, sent to where it is connected. */
export function ConnectForm({ frame, slug, children }: ConnectFormProps) {
  return (
    <PostForm
      action={`/connections/${encodeURIComponent(slug)}/connect`}
      proof={frame.proof}
      class="stack"
      submit={
        <button type="submit" class="button button-primary button-wide">
          Continue
        </button>
      }
    >
      {children}
    </PostForm>
  )
}
