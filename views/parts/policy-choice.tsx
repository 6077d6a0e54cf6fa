import type { ApprovalMode } from '../types.ts'
import { Icon, type IconName } from './icon.tsx'
import { PostForm } from './post-form.tsx'

/** What an owner says about a tool: the button, and how it then stands. */
export const MODES: { mode: ApprovalMode; label: string; icon: IconName }[] = [
  { mode: 'allow', label: 'Allow', icon: 'done' },
  { mode: 'require_approval', label: 'Ask', icon: 'ask' },
  { mode: 'deny', label: 'Deny', icon: 'denied' },
]

export interface PolicyChoiceProps {
  tool: { name: string; definitionHash: string; mode: ApprovalMode }
  slug: string
  proof: { required: boolean }
  labelledBy: string
  /** A page of ours to come back to where nothing can be swapped in. */
  back: string
}

/** Three buttons, the current one pressed. A click changes the row and nothing else on the page. */
export function PolicyChoice({ tool, slug, proof, labelledBy, back }: PolicyChoiceProps) {
  return (
    <PostForm
      action={`/connections/${encodeURIComponent(slug)}/policies`}
      proof={proof}
      askPassword="after"
      swap="row"
      submit={
        <>
          {/* biome-ignore lint/a11y/useSemanticElements: a fieldset with a legend per row would say the tool's name twice. */}
          <div class="segments" role="group" aria-labelledby={labelledBy}>
            {MODES.map(({ mode, label, icon }) => {
              const pressed = tool.mode === mode
              return (
                <button
                  type="submit"
                  name="mode"
                  value={mode}
                  class={`segment segment-${mode}`}
                  aria-pressed={pressed ? 'true' : 'false'}
                >
                  {pressed && <Icon name={icon} />}
                  {label}
                </button>
              )
            })}
          </div>
        </>
      }
    >
      <input type="hidden" name="tool" value={tool.name} />
      <input type="hidden" name="definition" value={tool.definitionHash} />
      <input type="hidden" name="back" value={back} />
    </PostForm>
  )
}
