import type { ChosenToken, PageFrame, PersonalTokenSummary } from '../types.ts'
import { LastUse } from './agent-facts.tsx'
import { Name } from './exact-text.tsx'
import { Field, FormError, WhosePassword } from './field.tsx'
import { PostForm } from './post-form.tsx'
import { Time } from './time.tsx'

export interface PersonalTokensProps {
  frame: PageFrame
  tokens: PersonalTokenSummary[]
  /** A form that has to be mended, and why. */
  sent: { chosen: ChosenToken; error: string } | null
}

const LIFETIMES = ['7', '30', '90', '365']

export function PersonalTokens({ frame, tokens, sent }: PersonalTokensProps) {
  return (
    <section class="section" id="tokens" aria-labelledby="tokens-title">
      <h2 id="tokens-title">Personal tokens</h2>
      <p class="lead">
        For your own scripts, with the <a href="/api/docs">API</a>. A token reads what these pages show or, if you say
        so, takes away what agents may do. It never approves or allows anything. A new password ends all of them.
      </p>
      {tokens.length > 0 && (
        <ul class="rows">
          {tokens.map((token) => (
            <TokenRow token={token} frame={frame} />
          ))}
        </ul>
      )}
      <details class="more" open={sent !== null}>
        <summary>Make a token</summary>
        <FormError error={sent?.error ?? null} />
        <NewToken frame={frame} chosen={sent?.chosen ?? { name: '', scope: 'read', lifetime: '30' }} />
      </details>
    </section>
  )
}

function TokenRow({ token, frame }: { token: PersonalTokenSummary; frame: PageFrame }) {
  const { id, name, scope, prefix, createdAt, expiresAt, lastUsedAt, expired } = token
  return (
    <li>
      <div class="row">
        <span class="row-main">
          <span class="row-title">
            <Name text={name} />
          </span>
          <span class="row-note">
            <span>
              <Name text={`${prefix}…`} />
            </span>
            <span>{scope === 'tighten' ? 'reads and tightens' : 'reads'}</span>
            <span>
              made <Time at={createdAt} />
            </span>
            <span>
              {expired ? 'expired' : 'ends'} <Time at={expiresAt} />
            </span>
            <span>
              {lastUsedAt === null ? (
                'never used'
              ) : (
                <>
                  used <LastUse of={token} />
                </>
              )}
            </span>
          </span>
        </span>
        <PostForm
          action={`/settings/tokens/${encodeURIComponent(id)}/revoke`}
          proof={frame.proof}
          askPassword="after"
          submit={
            <button type="submit" class="button button-danger button-small">
              Revoke
            </button>
          }
        />
      </div>
    </li>
  )
}

/** The password is asked whatever else has been shown: a token outlives the session that made it. */
function NewToken({ frame, chosen }: { frame: PageFrame; chosen: ChosenToken }) {
  return (
    <PostForm
      action="/settings/tokens"
      proof={frame.proof}
      askPassword="after"
      class="stack card"
      submit={
        <div class="actions">
          <button type="submit" class="button button-primary">
            Make the token
          </button>
        </div>
      }
    >
      <Field
        label="Name"
        name="name"
        hint="What will use it, to know it by later."
        input={{ required: true, maxLength: 80, autocomplete: 'off', value: chosen.name }}
      />
      <fieldset class="choices">
        <legend>What it may do</legend>
        <label class="choice" for="scope-read">
          <input type="radio" id="scope-read" name="scope" value="read" checked={chosen.scope === 'read'} />
          <span>Read</span>
        </label>
        <label class="choice" for="scope-tighten">
          <input type="radio" id="scope-tighten" name="scope" value="tighten" checked={chosen.scope === 'tighten'} />
          <span>Read and tighten: make a tool ask or be denied, revoke an agent</span>
        </label>
      </fieldset>
      <div class="field">
        <label for="field-token-lifetime">For how long</label>
        <select id="field-token-lifetime" name="lifetime">
          {LIFETIMES.map((days) => (
            <option value={days} selected={chosen.lifetime === days}>
              {days} days
            </option>
          ))}
        </select>
      </div>
      <WhosePassword user={frame.user} />
      <Field
        label="Your password"
        name="password"
        hint="Asked again, because the token stays when you have signed out."
        input={{ type: 'password', autocomplete: 'current-password', required: true }}
      />
    </PostForm>
  )
}
