import { Layout } from '../layout.tsx'
import { Field, FormError } from '../parts/field.tsx'
import { NewOriginProof, PostForm } from '../parts/post-form.tsx'
import type { PageFrame } from '../types.ts'

export interface SetupPageProps {
  frame: PageFrame
  token: string
  /** Fixed when the account exists already. */
  email: string | null
  error: string | null
}

export function SetupPage({ frame, token, email, error }: SetupPageProps) {
  const known = email !== null
  return (
    <Layout frame={frame} title={known ? 'Set a password' : 'Create your account'} shape="narrow">
      <section class="card">
        <h1>{known ? 'Set your password' : 'Create your account'}</h1>
        <p class="lead">
          {known
            ? 'This link lets you choose a new password, once.'
            : 'You will be the owner: the one who says what agents may do with your accounts.'}
        </p>
        <FormError error={error} />
        {/* The secret is only made here; there is no session yet whose secret could be asked for. */}
        <PostForm
          action="/setup"
          proof={{ required: false }}
          class="stack"
          submit={
            <button type="submit" class="button button-primary button-wide">
              {known ? 'Set password' : 'Create account'}
            </button>
          }
        >
          <input type="hidden" name="token" value={token} />
          <NewOriginProof />
          <Field
            label="Email"
            name="email"
            input={{ type: 'email', autocomplete: 'username', required: true, value: email ?? '', readOnly: known }}
          />
          <Field
            label="Password"
            name="password"
            hint="Long beats complicated: several words are good."
            input={{ type: 'password', autocomplete: 'new-password', required: true }}
          />
          <Field
            label="Password again"
            name="password_again"
            input={{ type: 'password', autocomplete: 'new-password', required: true }}
          />
        </PostForm>
      </section>
    </Layout>
  )
}
