import type { PageFrame } from '../types.ts'
import { Field, FormError, WhosePassword } from './field.tsx'
import { PostForm } from './post-form.tsx'

/** Another password, by whoever knows the one there is. */
export function PasswordForm({ frame, error }: { frame: PageFrame; error: string | null }) {
  return (
    <section class="section" id="password" aria-labelledby="password-title">
      <h2 id="password-title">Password</h2>
      <p class="lead">
        A new one signs out all other browsers and ends your personal tokens. Your agents keep their keys: revoke those
        one by one.
      </p>
      <FormError error={error} />
      {/* Its own field asks for the password already. */}
      <PostForm
        action="/settings/password"
        proof={frame.proof}
        askPassword="after"
        class="stack card password-form"
        submit={
          <div class="actions">
            <button type="submit" class="button button-primary">
              Change the password
            </button>
          </div>
        }
      >
        <WhosePassword user={frame.user} />
        <Field
          id="current-password"
          label="The password you have"
          name="password"
          input={{ type: 'password', autocomplete: 'current-password', required: true }}
        />
        <Field
          label="The new one"
          name="new_password"
          hint="8 characters at least. Longer is better than odder."
          input={{ type: 'password', autocomplete: 'new-password', required: true, minLength: 8, maxLength: 256 }}
        />
        <Field
          label="The new one again"
          name="new_password_again"
          input={{ type: 'password', autocomplete: 'new-password', required: true, minLength: 8, maxLength: 256 }}
        />
      </PostForm>
    </section>
  )
}
