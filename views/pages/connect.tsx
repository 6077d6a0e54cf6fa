import { Layout } from '../layout.tsx'
import { ConnectForm } from '../parts/connect-form.tsx'
import { Name } from '../parts/exact-text.tsx'
import { Field, FormError } from '../parts/field.tsx'
import { httpsUrl } from '../parts/safe-href.ts'
import type { PageFrame } from '../types.ts'

interface ExtraField {
  name: string
  label: string
  required: boolean
  options: string[] | null
  /** The option that is taken when the person chooses none. */
  chosen: string | null
}

export interface ConnectPageProps {
  frame: PageFrame
  connection: { slug: string; name: string; target: string }
  token: { label: string; acquireUrl: string | null; extra: ExtraField[] }
  error: string | null
}

export function ConnectPage({ frame, connection, token, error }: ConnectPageProps) {
  const acquireUrl = token.acquireUrl === null ? null : httpsUrl(token.acquireUrl)
  return (
    <Layout frame={frame} title="Connect" section="connections" shape="narrow">
      <section class="card">
        <h1>
          Connect <Name text={connection.name} />
        </h1>
        <p class="lead">
          The token is sealed here and sent only to <Name text={connection.target} />. No agent ever sees it.
        </p>
        <FormError error={error} />
        <ConnectForm frame={frame} slug={connection.slug}>
          <Field
            label={token.label}
            name="token"
            hint={
              acquireUrl && (
                <a href={acquireUrl} target="_blank" rel="noopener noreferrer">
                  Where to get it: {new URL(acquireUrl).host}
                </a>
              )
            }
            input={{ type: 'password', autocomplete: 'off', required: true, spellcheck: false }}
          />
          {token.extra.map((extra) => (
            <Extra extra={extra} />
          ))}
        </ConnectForm>
      </section>
    </Layout>
  )
}

function Extra({ extra }: { extra: ExtraField }) {
  if (extra.options === null) {
    // It may be a second secret, such as Datadog's application key; nobody needs to read over a shoulder what it is.
    const input = { type: 'password', autocomplete: 'off', required: extra.required, spellcheck: false } as const
    return <Field label={extra.label} name={extra.name} input={input} />
  }
  const id = `field-${extra.name}`
  return (
    <div class="field">
      <label for={id}>{extra.label}</label>
      <select id={id} name={extra.name} required={extra.required}>
        {!extra.required && <option value="" />}
        {extra.options.map((option) => (
          <option value={option} selected={option === extra.chosen}>
            {option}
          </option>
        ))}
      </select>
    </div>
  )
}
