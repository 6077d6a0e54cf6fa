import type { ToolRow as Tool } from '../types.ts'
import { ExactLine, ExactText, Name } from './exact-text.tsx'
import { Hints } from './hints.tsx'
import { Icon } from './icon.tsx'
import { PolicyChoice } from './policy-choice.tsx'
import { ToolUsage } from './tool-usage.tsx'

/** A list says how a description begins; the tool's own page has all of it. */
const MOST_DESCRIPTION = 200

export interface ToolRowProps {
  tool: Tool
  slug: string
  proof: { required: boolean }
  /** The page it stands on. */
  back: string
  /** On a page about other things than what the server says, where a level of headings is missing. */
  brief?: boolean
  /** Of which connection it is, where that is not said around it. */
  of?: string
}

/** One tool and what happens when an agent calls it. */
export function ToolRow({ tool, slug, proof, back, brief = false, of }: ToolRowProps) {
  const id = `tool-${slug}-${tool.position}`
  const Heading = brief ? 'h3' : 'h4'
  const page = `/connections/${encodeURIComponent(slug)}/tool?name=${encodeURIComponent(tool.name)}`
  return (
    <li class="tool">
      <div class="tool-about">
        <Heading id={id}>
          <a href={page}>
            <ExactLine text={tool.name} />
          </a>
        </Heading>
        {of !== undefined && (
          <p class="tool-title">
            of <Name text={of} />
          </p>
        )}
        {tool.title !== null && tool.title !== tool.name && (
          <p class="tool-title">
            <ExactLine text={tool.title} />
          </p>
        )}
        <News tool={tool} page={page} />
        <Hints hints={tool.hints} lead="Claims:" />
        {!brief && tool.description !== null && <Description text={tool.description} page={page} />}
        <ToolUsage tool={tool} />
        <a
          class="try"
          aria-describedby={id}
          href={`/playground?${new URLSearchParams({ connection: slug, tool: tool.name })}`}
        >
          Try it
        </a>
      </div>
      <PolicyChoice tool={tool} slug={slug} proof={proof} labelledBy={id} back={back} />
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

function Description({ text, page }: { text: string; page: string }) {
  const characters = [...text.slice(0, 2 * MOST_DESCRIPTION + 1)]
  if (characters.length <= MOST_DESCRIPTION) return <ExactText text={text} quiet />
  return (
    <>
      <ExactText text={characters.slice(0, MOST_DESCRIPTION).join('')} quiet />
      <p class="hint">
        That is how it begins. <a href={page}>Read all of it</a>
      </p>
    </>
  )
}
