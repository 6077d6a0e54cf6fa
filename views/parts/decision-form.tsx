import type { CallDetail, PageFrame } from '../types.ts'
import { DenialReason } from './denial-reason.tsx'
import { Name } from './exact-text.tsx'
import { PostForm } from './post-form.tsx'

/** The three buttons, one click each. */
export function DecisionForm({ frame, call }: { frame: PageFrame; call: CallDetail }) {
  return (
    <PostForm
      action={`/approve/${encodeURIComponent(call.id)}/decision`}
      proof={frame.proof}
      class="decide"
      submit={
        <div class="decide-bar">
          {/* Deny comes first: where a browser picks a button by itself, it picks the first. */}
          <button type="submit" name="decision" value="deny" class="button button-deny">
            Deny
          </button>
          <button type="submit" name="decision" value="once" class="button button-primary decide-once">
            Approve once
          </button>
          {call.canAlways ? (
            <div class="decide-always">
              <button type="submit" name="decision" value="always" class="button" aria-describedby="always-means">
                Always approve
              </button>
              <p id="always-means" class="hint">
                also sets <Name text={call.tool.name} /> on <Name text={call.connection.name} /> to allow, for every
                agent of yours from now on.
              </p>
            </div>
          ) : (
            <p class="hint decide-only">This is asked every time; there is no always.</p>
          )}
        </div>
      }
    >
      <DenialReason />
    </PostForm>
  )
}
