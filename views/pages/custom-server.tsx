import { Layout } from '../layout.tsx'
import { AccountFields } from '../parts/account-fields.tsx'
import { Field, FormError } from '../parts/field.tsx'
import { MethodFields } from '../parts/method-fields.tsx'
import { PostForm } from '../parts/post-form.tsx'
import type { PageFrame, SignInMethod } from '../types.ts'

export interface CustomServerForm {
  url: string
  slug: string
  name: string
  method: SignInMethod | null
  header: string
  format: string
  privateNetwork: boolean
}

export interface CustomServerPageProps {
  frame: PageFrame
  methods: SignInMethod[]
  /** As it was sent, after a refusal. */
  form: CustomServerForm
  error: string | null
}

export function CustomServerPage({ frame, methods, form, error }: CustomServerPageProps) {
  return (
    <Layout frame={frame} title="Add a server" section="connections">
      <section class="section">
        <p class="overline">
          <a href="/catalogue">Add a connection</a>
        </p>
        <h1>Add a server by its URL</h1>
        <p class="lead">An MCP server over streamable HTTP. Whoever runs it sees what your agents send there.</p>
        <FormError error={error} />
        <PostForm
          action="/catalogue/custom"
          proof={frame.proof}
          class="stack card"
          submit={
            <button type="submit" class="button button-primary">
              Continue
            </button>
          }
        >
          <Field
            label="Address"
            name="url"
            input={{
              required: true,
              autocomplete: 'off',
              spellcheck: false,
              placeholder: 'https://mcp.example.com/mcp',
              value: form.url,
            }}
          />
          <AccountFields name={form.name} slug={form.slug} />
          <MethodFields methods={methods} chosen={form.method} />
          <details class="more" open={form.privateNetwork || form.header !== ''}>
            <summary>More</summary>
            <div class="stack">
              <div class="pair">
                <Field
                  label="Header of the token"
                  name="header"
                  hint="Authorization, when empty."
                  input={{ autocomplete: 'off', spellcheck: false, value: form.header }}
                />
                <Field
                  label="Format of the token"
                  name="format"
                  hint="Bearer {token}, when both are empty."
                  input={{ autocomplete: 'off', spellcheck: false, value: form.format }}
                />
              </div>
              <label class="choice" for="private-network">
                <input
                  type="checkbox"
                  id="private-network"
                  name="private_network"
                  value="yes"
                  checked={form.privateNetwork}
                />
                <span>
                  It is on this machine or a private network. This opens that one host and port, and no other.
                </span>
              </label>
            </div>
          </details>
        </PostForm>
      </section>
    </Layout>
  )
}
