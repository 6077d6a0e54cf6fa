import { Layout } from '../layout.tsx'
import { ConnectionState } from '../parts/connection-state.tsx'
import { Name } from '../parts/exact-text.tsx'
import { GoneTools } from '../parts/gone-tools.tsx'
import { HealthNotice } from '../parts/health-notice.tsx'
import { PostForm } from '../parts/post-form.tsx'
import { Time } from '../parts/time.tsx'
import { ToolFilterForm } from '../parts/tool-filter-form.tsx'
import { type GroupOfTools, ToolGroups } from '../parts/tool-groups.tsx'
import { ToolNews, type ToolNewsProps } from '../parts/tool-news.tsx'
import type { ConnectionSummary, GoneTool, PageFrame, ToolFilter } from '../types.ts'

export interface ConnectionPageProps {
  frame: PageFrame
  connection: ConnectionSummary
  filter: ToolFilter
  groups: GroupOfTools[]
  news: ToolNewsProps['news']
  gone: GoneTool[]
}

const SIGN_INS = { none: 'nothing', token: 'a token', oauth: 'your account there' } as const

export function ConnectionPage({ frame, connection, filter, groups, news, gone }: ConnectionPageProps) {
  const path = `/connections/${encodeURIComponent(connection.slug)}`
  return (
    <Layout frame={frame} title="Connection" section="connections">
      <section class="section">
        <p class="overline">
          <a href="/connections">Connections</a>
        </p>
        <h1 class="with-state">
          <Name text={connection.name} />
          <ConnectionState connection={connection} />
        </h1>
        <dl class="facts">
          <div>
            <dt>Address</dt>
            <dd>
              <Name text={connection.target} />
            </dd>
          </div>
          <div>
            <dt>Id</dt>
            <dd>
              <Name text={connection.slug} />
            </dd>
          </div>
          <div>
            <dt>Signs in with</dt>
            <dd>{SIGN_INS[connection.authMethod]}</dd>
          </div>
          <div>
            <dt>Added</dt>
            <dd>
              <Time at={connection.addedAt} />
            </dd>
          </div>
        </dl>
        <HealthNotice connection={connection} />
        <div class="actions">
          {connection.authMethod !== 'none' && (
            <a class={needsOwner(connection) ? 'button button-primary' : 'button'} href={`${path}/connect`}>
              {connectWords(connection)}
            </a>
          )}
          <PostForm
            action={`${path}/refresh`}
            proof={frame.proof}
            askPassword="after"
            submit={
              <button type="submit" class="button">
                Refresh tools
              </button>
            }
          />
        </div>
      </section>
      <ToolNews news={news} slug={connection.slug} proof={frame.proof} />
      <Tools frame={frame} connection={connection} filter={filter} groups={groups} />
      <GoneTools tools={gone} slug={connection.slug} proof={frame.proof} />
      <section class="section">
        <details class="more danger">
          <summary>Remove connection</summary>
          <p>
            AgentPort forgets its credentials and everything you allowed or denied for its tools. Requests that wait are
            void. Nothing changes at the service itself.
          </p>
          <PostForm
            action={`${path}/remove`}
            proof={frame.proof}
            class="stack"
            submit={
              <button type="submit" class="button button-danger">
                Remove connection
              </button>
            }
          />
        </details>
      </section>
    </Layout>
  )
}

const needsOwner = ({ connected, oauthStatus }: ConnectionSummary): boolean =>
  !connected || oauthStatus === 'wider_access_needed'

function connectWords({ connected, authMethod, oauthStatus }: ConnectionSummary): string {
  if (authMethod === 'token') return connected ? 'Replace the token' : 'Connect'
  return oauthStatus === 'not_signed_in' ? 'Connect' : 'Sign in again'
}

function Tools({
  frame,
  connection,
  filter,
  groups,
}: Pick<ConnectionPageProps, 'frame' | 'connection' | 'filter' | 'groups'>) {
  return (
    <section class="section" aria-labelledby="tools-title">
      <h2 id="tools-title">Tools</h2>
      <p class="hint">
        For every agent of yours. <strong>Allow</strong> runs without asking, <strong>Ask</strong> waits for you each
        time, <strong>Deny</strong> never runs.
      </p>
      <ToolFilterForm slug={connection.slug} filter={filter} />
      <ToolGroups slug={connection.slug} proof={frame.proof} filter={filter} groups={groups} />
    </section>
  )
}
