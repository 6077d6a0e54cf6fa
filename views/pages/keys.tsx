import { Layout } from '../layout.tsx'
import { Name } from '../parts/exact-text.tsx'
import { Field, FormError } from '../parts/field.tsx'
import { Icon } from '../parts/icon.tsx'
import { PostForm } from '../parts/post-form.tsx'
import { Time } from '../parts/time.tsx'
import type { KeyRow, PageFrame } from '../types.ts'

export interface KeysPageProps {
  frame: PageFrame
  keys: KeyRow[]
  error: string | null
}

export function KeysPage({ frame, keys, error }: KeysPageProps) {
  const live = keys.filter((key) => key.revokedAt === null)
  const revoked = keys.filter((key) => key.revokedAt !== null)
  return (
    <Layout frame={frame} title="Keys" section="keys">
      <section class="section">
        <h1>Keys</h1>
        <p class="lead">One for each agent, so that you see who asks and can stop one alone.</p>
        <FormError error={error} />
        <PostForm
          action="/keys"
          proof={frame.proof}
          class="inline-form card"
          submit={
            <button type="submit" class="button button-primary">
              Create key
            </button>
          }
        >
          <Field
            label="Name"
            name="name"
            input={{ required: true, maxLength: 100, autocomplete: 'off', placeholder: 'claude-code on my laptop' }}
          />
        </PostForm>
      </section>
      {live.length > 0 && (
        <section class="section" aria-labelledby="live-title">
          <h2 id="live-title">In use</h2>
          <ul class="rows">
            {live.map((row) => (
              <li class="row row-plain">
                <KeyFacts row={row} />
                <Revoke row={row} frame={frame} />
              </li>
            ))}
          </ul>
        </section>
      )}
      {revoked.length > 0 && (
        <section class="section" aria-labelledby="revoked-title">
          <h2 id="revoked-title">Revoked</h2>
          <ul class="rows rows-faded">
            {revoked.map((row) => (
              <li class="row row-plain">
                <KeyFacts row={row} />
                <span class="state state-still">
                  <Icon name="denied" />
                  Revoked
                </span>
              </li>
            ))}
          </ul>
        </section>
      )}
    </Layout>
  )
}

function KeyFacts({ row }: { row: KeyRow }) {
  return (
    <div class="row-main">
      <span class="row-title">
        <Name text={row.name} />
      </span>
      <span class="row-note">
        <span>
          <Name text={row.prefix} />…
        </span>
        <span>
          made <Time at={row.createdAt} />
        </span>
        {row.lastUsedAt === null ? (
          <span>never used</span>
        ) : (
          <span>
            used <Time at={row.lastUsedAt} />
            {row.lastUsedFrom !== null && (
              <>
                {' '}
                from <Name text={row.lastUsedFrom} />
              </>
            )}
          </span>
        )}
        {row.revokedAt !== null && (
          <span>
            revoked <Time at={row.revokedAt} />
          </span>
        )}
      </span>
    </div>
  )
}

function Revoke({ row, frame }: { row: KeyRow; frame: PageFrame }) {
  return (
    <details class="more row-more">
      <summary>Revoke…</summary>
      <p>The agent that holds it is shut out at once, and what it asked is void. This cannot be undone.</p>
      <PostForm
        action={`/keys/${encodeURIComponent(row.id)}/revoke`}
        proof={frame.proof}
        class="stack"
        submit={
          <button type="submit" class="button button-danger">
            Revoke
          </button>
        }
      />
    </details>
  )
}
