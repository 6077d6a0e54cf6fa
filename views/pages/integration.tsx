import { Layout } from '../layout.tsx'
import { AccountFields } from '../parts/account-fields.tsx'
import { Name } from '../parts/exact-text.tsx'
import { FormError } from '../parts/field.tsx'
import { ACCESS_WORDS, signsInWith } from '../parts/integration-words.ts'
import { MethodFields } from '../parts/method-fields.tsx'
import { Monogram } from '../parts/monogram.tsx'
import { PostForm } from '../parts/post-form.tsx'
import { httpsUrl } from '../parts/safe-href.ts'
import type { IntegrationDetail, PageFrame, SignInMethod } from '../types.ts'

export interface IntegrationPageProps {
  frame: PageFrame
  integration: IntegrationDetail
  /** Its accounts that there are already. */
  accounts: { slug: string; name: string }[]
  /** What the form says again after a refusal. */
  form: { slug: string; name: string; method: SignInMethod | null }
  error: string | null
}

export function IntegrationPage({ frame, integration, accounts, form, error }: IntegrationPageProps) {
  return (
    <Layout frame={frame} title="Add a connection" section="connections">
      <section class="section">
        <p class="overline">
          <a href="/catalogue">Add a connection</a>
        </p>
        <h1 class="with-state">
          <Monogram id={integration.id} name={integration.name} />
          {integration.name}
        </h1>
        <p class="lead">{integration.description}.</p>
        <Facts integration={integration} />
        {ACCESS_WORDS[integration.access] !== null && (
          <p class="notice notice-warn">{ACCESS_WORDS[integration.access]}</p>
        )}
        {integration.note !== null && <p class="hint">{integration.note}</p>}
        {!integration.verified && (
          <p class="hint">No page of the vendor confirms this entry yet: look twice before you sign in.</p>
        )}
      </section>
      {accounts.length > 0 && (
        <section class="section" aria-labelledby="accounts-title">
          <h2 id="accounts-title">Added already</h2>
          <ul class="rows">
            {accounts.map(({ slug, name }) => (
              <li>
                <a class="row" href={`/connections/${encodeURIComponent(slug)}`}>
                  <span class="row-main">
                    <Name text={name} />
                    {name !== slug && <span class="quiet"> {slug}</span>}
                  </span>
                </a>
              </li>
            ))}
          </ul>
        </section>
      )}
      <section class="section" aria-labelledby="add-title">
        <h2 id="add-title">{accounts.length > 0 ? 'Add another account' : 'Add it'}</h2>
        {integration.ways.length === 0 ? (
          <p class="notice notice-warn">
            This version cannot connect {integration.name} yet: it signs in with {signsInWith(integration)}, in a way
            that needs more than an MCP server.
          </p>
        ) : (
          <AddForm frame={frame} integration={integration} form={form} error={error} />
        )}
      </section>
    </Layout>
  )
}

function Facts({ integration }: { integration: IntegrationDetail }) {
  const docs = httpsUrl(integration.docsUrl)
  return (
    <dl class="facts">
      <div>
        <dt>Address</dt>
        <dd>
          <Name text={integration.url} />
        </dd>
      </div>
      <div>
        <dt>Signs in with</dt>
        <dd>{signsInWith(integration)}</dd>
      </div>
      {docs !== null && (
        <div>
          <dt>Read more</dt>
          <dd>
            <a href={docs} target="_blank" rel="noopener noreferrer">
              {new URL(docs).host}
            </a>
          </dd>
        </div>
      )}
    </dl>
  )
}

function AddForm({ frame, integration, form, error }: Omit<IntegrationPageProps, 'accounts'>) {
  return (
    <>
      <FormError error={error} />
      <PostForm
        action={`/catalogue/${encodeURIComponent(integration.id)}`}
        proof={frame.proof}
        class="stack card"
        submit={
          <button type="submit" class="button button-primary">
            Continue
          </button>
        }
      >
        <MethodFields methods={integration.ways} chosen={form.method} />
        <AccountFields name={form.name} slug={form.slug} />
      </PostForm>
    </>
  )
}
