import { Layout } from '../layout.tsx'
import { Field, FormError } from '../parts/field.tsx'
import { NewOriginProof, PostForm } from '../parts/post-form.tsx'
import type { PageFrame } from '../types.ts'

export interface SignInPageProps {
  frame: PageFrame
  returnTo: string
  email: string
  error: string | null
}

export function SignInPage({ frame, returnTo, email, error }: SignInPageProps) {
  return (
    <Layout frame={frame} title="Sign in" shape="narrow">
      <section class="card">
        <h1>Sign in</h1>
        {returnTo.startsWith('/approve/') && <p class="lead">Then you will see what the agent asks for.</p>}
        {returnTo.startsWith('/oauth/authorize') && (
          <p class="lead">Then you decide whether the program may come in.</p>
        )}
        <FormError error={error} />
        {/* The secret is only made here; there is no session yet whose secret could be asked for. */}
        <PostForm
          action="/sign-in"
          proof={{ required: false }}
          class="stack"
          submit={
            <button type="submit" class="button button-primary button-wide">
              Sign in
            </button>
          }
        >
          <input type="hidden" name="return_to" value={returnTo} />
          <NewOriginProof />
          <Field
            label="Email"
            name="email"
            input={{ type: 'email', autocomplete: 'username', required: true, value: email }}
          />
          <Field
            label="Password"
            name="password"
            input={{ type: 'password', autocomplete: 'current-password', required: true }}
          />
        </PostForm>
      </section>
    </Layout>
  )
}
