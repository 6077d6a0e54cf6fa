import { Layout } from '../layout.tsx'
import { ExactLine, Name } from '../parts/exact-text.tsx'
import { PostForm } from '../parts/post-form.tsx'
import { toolsInWords } from '../parts/tool-group.ts'
import { connectionPath } from '../parts/tool-links.ts'
import type { ApprovalMode, PageFrame } from '../types.ts'

export interface BulkPolicyDonePageProps {
  frame: PageFrame
  connection: { slug: string; name: string }
  /** What each was set to, and how it stood before. */
  set: { name: string; definitionHash: string; mode: ApprovalMode; before: ApprovalMode }[]
  /** Those that the server changed or took away since the person saw them. */
  missed: string[]
}

const NOW: Record<ApprovalMode, string> = {
  allow: 'may run without asking now',
  require_approval: 'ask each time now',
  deny: 'are denied now',
}
const ONE_NOW: Record<ApprovalMode, string> = {
  allow: 'may run without asking now',
  require_approval: 'asks each time now',
  deny: 'is denied now',
}
const MODES = ['allow', 'require_approval', 'deny'] as const

/** What has been set, what has not and why, and the one button that takes it back. */
export function BulkPolicyDonePage({ frame, connection, set, missed }: BulkPolicyDonePageProps) {
  const { slug } = connection
  return (
    <Layout frame={frame} title="Set many tools" section="connections">
      <section class="section">
        <p class="overline">
          <a href={connectionPath(slug)}>
            All tools of <Name text={connection.name} />
          </a>
        </p>
        <h1>{set.length === 0 ? 'Nothing was set' : `Set: ${toolsInWords(set.length)}`}</h1>
        {missed.length > 0 && (
          <div class="notice notice-warn" role="alert">
            <p>Left as it was, since the server has changed it or taken it away since you saw it:</p>
            <Names names={missed} />
          </div>
        )}
        {MODES.map((mode) => {
          const names = set.filter((each) => each.mode === mode).map(({ name }) => name)
          return (
            names.length > 0 && (
              <div class="part">
                <p>{`${toolsInWords(names.length)} ${(names.length === 1 ? ONE_NOW : NOW)[mode]}:`}</p>
                <Names names={names} />
              </div>
            )
          )
        })}
        <div class="actions">
          <a class="button button-primary" href={connectionPath(slug)}>
            To all its tools
          </a>
          {set.length > 0 && (
            <PostForm
              action={connectionPath(slug, '/bulk')}
              proof={frame.proof}
              askPassword="after"
              submit={
                <button type="submit" class="button">
                  Undo
                </button>
              }
            >
              {set.map(({ before, definitionHash }) => (
                <input type="hidden" name={before} value={definitionHash} />
              ))}
            </PostForm>
          )}
        </div>
      </section>
    </Layout>
  )
}

const Names = ({ names }: { names: string[] }) => (
  <ul class="names">
    {names.map((name) => (
      <li>
        <ExactLine text={name} />
      </li>
    ))}
  </ul>
)
