import type { ApprovalMode, ToolRow as Tool } from '../types.ts'
import { ExactLine, ExactText } from './exact-text.tsx'
import { Hints } from './hints.tsx'
import { Icon, type IconName } from './icon.tsx'
import { PostForm } from './post-form.tsx'

const MODES: { mode: ApprovalMode; label: string; icon: IconName }[] = [
  { mode: 'allow', label: 'Allow', icon: 'done' },
  { mode: 'require_approval', label: 'Ask', icon: 'ask' },
  { mode: 'deny', label: 'Deny', icon: 'denied' },
]
const LONG = 220

export interface ToolRowProps {
  tool: Tool
  slug: string
  proof: { required: boolean }
  index: number
  /** What the list is narrowed down to, to come back to after a change. */
  filter: string
}

/** One tool and what happens when an agent calls it: three buttons, the current one pressed. */
export function ToolRow({ tool, slug, proof, index, filter }: ToolRowProps) {
  const nameId = `tool-${index}`
  const path = `/connections/${encodeURIComponent(slug)}`
  const page = `${path}/tool?name=${encodeURIComponent(tool.name)}`
  return (
    <li class="tool">
      <div class="tool-about">
        <h3 id={nameId}>
          <a href={page}>
            <ExactLine text={tool.name} />
          </a>
        </h3>
        {tool.title !== null && tool.title !== tool.name && (
          <p class="tool-title">
            <ExactLine text={tool.title} />
          </p>
        )}
        <News tool={tool} page={page} />
        <Hints hints={tool.hints} lead="Claims:" />
        {tool.description !== null && <Description text={tool.description} />}
      </div>
      <PostForm
        action={`${path}/policies`}
        proof={proof}
        askPassword="after"
        boost
        submit={
          <>
            {/* biome-ignore lint/a11y/useSemanticElements: a fieldset with a legend per row would say the tool's name twice. */}
            <div class="segments" role="group" aria-labelledby={nameId}>
              {MODES.map(({ mode, label, icon }) => (
                <button
                  type="submit"
                  name="mode"
                  value={mode}
                  class={`segment segment-${mode}`}
                  aria-pressed={tool.mode === mode ? 'true' : 'false'}
                >
                  <Icon name={icon} />
                  {label}
                </button>
              ))}
            </div>
          </>
        }
      >
        <input type="hidden" name="tool" value={tool.name} />
        <input type="hidden" name="definition" value={tool.definitionHash} />
        {filter !== '' && <input type="hidden" name="filter" value={filter} />}
      </PostForm>
    </li>
  )
}

function News({ tool: { source, news, hidesText }, page }: { tool: Tool; page: string }) {
  const allowed = source === 'definition_changed'
  return (
    <>
      {(allowed || news === 'changed') && (
        <p class="changed">
          <Icon name="warn" />
          {allowed ? 'Changed since you allowed it – asks again.' : 'Changed since you last saw it.'}
          <a href={page}>See what changed</a>
        </p>
      )}
      {news === 'new' && !allowed && (
        <p class="changed">
          <Icon name="warn" />
          New
        </p>
      )}
      {hidesText && (
        <p class="changed">
          <Icon name="warn" />
          Its definition hides text from people.
          <a href={page}>See what it says</a>
        </p>
      )}
    </>
  )
}

function Description({ text }: { text: string }) {
  if (text.length <= LONG) return <ExactText text={text} quiet />
  return (
    <details class="more">
      <summary>What the server says it does</summary>
      <ExactText text={text} quiet />
    </details>
  )
}
