import { Layout } from '../layout.tsx'
import { ArgumentsTree, prettyJson } from '../parts/arguments-tree.tsx'
import { DefinitionDiff } from '../parts/definition-diff.tsx'
import { ExactLine, ExactText, Name } from '../parts/exact-text.tsx'
import { goneSentence } from '../parts/gone-tools.tsx'
import { Hints } from '../parts/hints.tsx'
import { Icon } from '../parts/icon.tsx'
import { MarksFound } from '../parts/marks-found.tsx'
import { PostForm } from '../parts/post-form.tsx'
import { stringsIn } from '../parts/strings-in.ts'
import { Time } from '../parts/time.tsx'
import type { ApprovalMode, PageFrame, ToolChange, ToolDetail } from '../types.ts'

/** Which definition of the tool this is, and what there is to say about it. */
export type ToolStanding =
  | { kind: 'asked'; at: number }
  | { kind: 'gone'; mode: ApprovalMode }
  | { kind: 'current'; definitionHash: string; isNew: boolean; change: ToolChange | null }

export interface ToolPageProps {
  frame: PageFrame
  connection: { slug: string; name: string }
  tool: ToolDetail
  standing: ToolStanding
  /** Where the person came from. */
  back: { href: string; label: string }
}

/** One tool as its server defines it, whole, and what changed in that. */
export function ToolPage({ frame, connection, tool, standing, back }: ToolPageProps) {
  return (
    <Layout frame={frame} title="Tool" section="connections">
      <section class="section">
        <p class="overline">
          <a href={back.href}>{back.label}</a>
        </p>
        <h1 class="with-state">
          <ExactLine text={tool.name} />
          <Standing standing={standing} />
        </h1>
        <p class="lead">
          A tool of <Name text={connection.name} />
          {standing.kind === 'asked' && (
            <>
              , as it was defined when it was asked for <Time at={standing.at} />
            </>
          )}
          {standing.kind === 'gone' && ', as it was'}
          {standing.kind === 'current' && ', as its server defines it'}.
        </p>
        {standing.kind === 'gone' && <p class="hint">{goneSentence(standing.mode)}</p>}
        {standing.kind === 'current' && (
          <p>
            <a href={`/playground?${new URLSearchParams({ connection: connection.slug, tool: tool.name })}`}>
              Try it in the playground
            </a>
          </p>
        )}
        <MarksFound texts={stringsIn(tool.whole)} />
      </section>
      {standing.kind === 'current' && (
        <News frame={frame} slug={connection.slug} name={tool.name} standing={standing} />
      )}
      <Definition tool={tool} />
    </Layout>
  )
}

function Standing({ standing }: { standing: ToolStanding }) {
  if (standing.kind === 'gone') return <State tone="still" icon="expired" word="Gone" />
  if (standing.kind !== 'current') return null
  if (standing.change) return <State tone="wait" icon="warn" word="Changed" />
  return standing.isNew ? <State tone="wait" icon="ask" word="New" /> : null
}

function State({ tone, icon, word }: { tone: string; icon: 'expired' | 'warn' | 'ask'; word: string }) {
  return (
    <span class={`state state-${tone}`}>
      <Icon name={icon} />
      {word}
    </span>
  )
}

interface NewsProps {
  frame: PageFrame
  slug: string
  name: string
  standing: Extract<ToolStanding, { kind: 'current' }>
}

/** What the owner has not answered yet, and the one button that does. */
function News({ frame, slug, name, standing: { change, isNew, definitionHash } }: NewsProps) {
  const path = `/connections/${encodeURIComponent(slug)}`
  if (!change && !isNew) return null
  const accepts = change?.since === 'allowed'
  return (
    <section class="section" aria-labelledby="news-title">
      <h2 id="news-title">{change ? `What changed since you ${accepts ? 'allowed it' : 'last saw it'}` : 'New'}</h2>
      {change && <DefinitionDiff change={change} />}
      {accepts ? (
        <p class="hint">You allowed this tool as it was before. Until you accept the change it asks each time.</p>
      ) : (
        <p class="hint">
          {isNew && 'Its server added it since you last looked. '}What happens when an agent calls it stays as it is.
        </p>
      )}
      <PostForm
        action={accepts ? `${path}/policies` : `${path}/seen`}
        proof={frame.proof}
        class="stack"
        submit={
          <button type="submit" class="button button-primary">
            {accepts ? 'Accept the change' : 'Mark as seen'}
          </button>
        }
      >
        {accepts && <input type="hidden" name="mode" value="allow" />}
        <input type="hidden" name="tool" value={name} />
        <input type="hidden" name="definition" value={definitionHash} />
      </PostForm>
    </section>
  )
}

function Definition({ tool }: { tool: ToolDetail }) {
  return (
    <section class="section" aria-labelledby="definition-title">
      <h2 id="definition-title">Its definition</h2>
      {tool.title !== null && (
        <p>
          Titled <Name text={tool.title} />
        </p>
      )}
      <Hints hints={tool.hints} lead="Server claims:" />
      {tool.description === null ? (
        <p class="hint">Its server does not say what it does.</p>
      ) : (
        <ExactText text={tool.description} />
      )}
      <div class="part">
        <h3>What it takes</h3>
        <ArgumentsTree json={tool.input} />
      </div>
      {tool.output !== null && (
        <div class="part">
          <h3>What it gives back</h3>
          <ArgumentsTree json={tool.output} />
        </div>
      )}
      <details class="more">
        <summary>Exact JSON</summary>
        <ExactText text={prettyJson(tool.whole)} />
      </details>
    </section>
  )
}
