import { Layout } from '../layout.tsx'
import { Code } from '../parts/code.tsx'
import { ConnectForm } from '../parts/connect-form.tsx'
import { Name } from '../parts/exact-text.tsx'
import { Field, FormError } from '../parts/field.tsx'
import type { OAuthStatus, PageFrame } from '../types.ts'

export interface ServiceSignInPageProps {
  frame: PageFrame
  connection: { slug: string; name: string; target: string }
  state: OAuthStatus
  /** Where the service sends people back to, for an application that is registered there by hand. */
  redirectUri: string
  error: string | null
}

const STATES: Record<OAuthStatus, string> = {
  not_signed_in: 'You sign in at the service itself, and come back here.',
  signed_in: 'You are signed in. Signing in again, also as somebody else, takes the place of that once it is finished.',
  sign_in_needed:
    'The service does not accept the last sign-in any more. Until you sign in again nothing can be called.',
  wider_access_needed:
    'A call needed more than you granted. Sign in again to grant it; until then everything else goes on working.',
}

export function ServiceSignInPage({ frame, connection, state, redirectUri, error }: ServiceSignInPageProps) {
  return (
    <Layout frame={frame} title="Sign in to a service" section="connections" shape="narrow">
      <section class="card">
        <h1>
          Connect <Name text={connection.name} />
        </h1>
        <p class="lead">{STATES[state]}</p>
        <p class="hint">
          What it gives is sealed here and sent only to <Name text={connection.target} />. No agent ever sees it.
        </p>
        <FormError error={error} />
        <ConnectForm frame={frame} slug={connection.slug}>
          <details class="more">
            <summary>I have registered an application there</summary>
            <p>
              Most services let AgentPort make itself known. Where one asks for an application of yours, register it
              with this redirect address, and enter what you get:
            </p>
            <div class="stack">
              <Code id="redirect-uri" text={redirectUri} />
              <Field label="Client ID" name="client_id" input={{ autocomplete: 'off', spellcheck: false }} />
              <Field
                label="Client secret"
                name="client_secret"
                hint="Only if there is one."
                input={{ type: 'password', autocomplete: 'off', spellcheck: false }}
              />
            </div>
          </details>
        </ConnectForm>
      </section>
    </Layout>
  )
}
