import { Layout } from '../layout.tsx'
import { ExactLine, Name } from '../parts/exact-text.tsx'
import { Hints } from '../parts/hints.tsx'
import { Icon } from '../parts/icon.tsx'
import { PostForm } from '../parts/post-form.tsx'
import { toolsInWords } from '../parts/tool-group.ts'
import { connectionPath } from '../parts/tool-links.ts'
import type { ApprovalMode, PageFrame, ToolFilter, ToolRow } from '../types.ts'

export interface BulkPolicyPageProps {
  frame: PageFrame
  connection: { slug: string; name: string }
  mode: ApprovalMode
  filter: ToolFilter
  /** Those that are not set so yet. */
  tools: ToolRow[]
  /** How many more there are, beyond what one page sets. */
  more: number
}

const HEADINGS: Record<ApprovalMode, { one: string; many: string; button: string }> = {
  allow: { one: 'This tool will run without asking', many: 'tools will run without asking', button: 'Allow' },
  require_approval: { one: 'This tool will ask each time', many: 'tools will ask each time', button: 'Ask each time' },
  deny: { one: 'This tool will be denied', many: 'tools will be denied', button: 'Deny' },
}

/** Which tools are about to be set, each with a tick to take away. Nothing has happened yet. */
export function BulkPolicyPage({ frame, connection, mode, filter, tools, more }: BulkPolicyPageProps) {
  const { slug } = connection
  const { one, many, button } = HEADINGS[mode]
  const back = connectionPath(slug, '', filter)
  return (
    <Layout frame={frame} title="Set many tools" section="connections">
      <section class="section">
        <p class="overline">
          <a href={back}>
            All tools of <Name text={connection.name} />
          </a>
        </p>
        <h1>{tools.length === 0 ? 'Nothing to set' : tools.length === 1 ? one : `These ${tools.length} ${many}`}</h1>
        {tools.length === 0 ? (
          <p class="lead">Each of these tools is set so already.</p>
        ) : (
          <>
            <p class="lead">{LEADS[mode]}</p>
            {mode === 'allow' && (
              <p class="hint">
                What a tool claims is its server’s own word, and nothing checks it. What you allow is the tool as it is
                now: if its server changes it, it asks again.
              </p>
            )}
            {more > 0 && <p class="hint">{`${toolsInWords(more)} more would follow after these.`}</p>}
            <PostForm
              action={connectionPath(slug, '/bulk')}
              proof={frame.proof}
              class="stack card"
              submit={
                <div class="actions">
                  <button type="submit" class={mode === 'deny' ? 'button button-deny' : 'button button-primary'}>
                    {button}: those with a tick
                  </button>
                  <a class="button" href={back}>
                    Change nothing
                  </a>
                </div>
              }
            >
              <ul class="picks">
                {tools.map((tool) => (
                  <Pick tool={tool} slug={slug} mode={mode} filter={filter} />
                ))}
              </ul>
            </PostForm>
          </>
        )}
      </section>
    </Layout>
  )
}

const LEADS: Record<ApprovalMode, string> = {
  allow: 'Whichever agent of yours calls one of them, it runs at once, and you only read of it in the log.',
  require_approval: 'Whenever an agent of yours calls one of them, it waits for you.',
  deny: 'No agent of yours can run them, and what waits for you of them now is void.',
}

/** What needs a look first has no tick before it has had one. */
function whyLook({ source, news, hidesText, mode }: ToolRow, filter: ToolFilter): string | null {
  if (hidesText) return 'Its definition hides text from people.'
  if (source === 'definition_changed' || news === 'changed') return 'Its server changed it.'
  return mode === 'deny' && filter.policy !== 'deny' ? 'You denied it.' : null
}

function Pick({ tool, slug, mode, filter }: { tool: ToolRow; slug: string; mode: ApprovalMode; filter: ToolFilter }) {
  const id = `pick-${tool.position}`
  const why = mode === 'allow' ? whyLook(tool, filter) : null
  return (
    <li>
      <label class="choice" for={id}>
        <input type="checkbox" id={id} name={mode} value={tool.definitionHash} checked={why === null} />
        <span>
          <ExactLine text={tool.name} />
          {tool.title !== null && tool.title !== tool.name && (
            <span class="tool-title">
              <ExactLine text={tool.title} />
            </span>
          )}
          <Hints hints={tool.hints} lead="Claims:" />
        </span>
      </label>
      {why !== null && (
        <p class="changed">
          <Icon name="warn" />
          {why}
          <a href={`/connections/${encodeURIComponent(slug)}/tool?name=${encodeURIComponent(tool.name)}`}>
            Look at it first
          </a>
        </p>
      )}
    </li>
  )
}
