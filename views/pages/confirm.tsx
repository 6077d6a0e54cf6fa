import { Layout } from '../layout.tsx'
import { ExactText } from '../parts/exact-text.tsx'
import { Field, FormError, WhosePassword } from '../parts/field.tsx'
import { PostForm } from '../parts/post-form.tsx'
import type { PageFrame } from '../types.ts'

export interface ConfirmPageProps {
  frame: PageFrame
  action: string
  fields: { name: string; value: string }[]
  error: string | null
  /** What is about to happen, e.g. "Approve once: create_refund on Stripe". It may hold an agent's words. */
  what: string
}

export function ConfirmPage({ frame, action, fields, error, what }: ConfirmPageProps) {
  return (
    <Layout frame={frame} title="Confirm" shape="narrow">
      <section class="card">
        <h1>Confirm with your password</h1>
        <p class="lead">
          This browser could not show that the click came from AgentPort’s own page, so it asks once more before this
          happens:
        </p>
        <ExactText text={what} />
        <FormError error={error} />
        <PostForm
          action={action}
          proof={{ required: false }}
          class="stack"
          submit={
            <button type="submit" class="button button-primary button-wide">
              Confirm
            </button>
          }
        >
          {fields.map((field) => (
            <input type="hidden" name={field.name} value={field.value} />
          ))}
          <WhosePassword user={frame.user} />
          <Field
            label="Password"
            name="password"
            input={{ type: 'password', autocomplete: 'current-password', required: true }}
          />
        </PostForm>
        <p class="hint">Did not click anything? Then close this page: nothing happens.</p>
      </section>
    </Layout>
  )
}
