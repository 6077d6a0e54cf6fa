import { Layout } from '../layout.tsx'
import { Field, FormError } from '../parts/field.tsx'
import { PersonalTokens, type PersonalTokensProps } from '../parts/personal-tokens.tsx'
import { PostForm } from '../parts/post-form.tsx'

export interface SettingsPageProps extends PersonalTokensProps {
  pendingMinutes: number
  approvedMinutes: number
  keptDays: number
  error: string | null
}

const WHOLE = { type: 'number', inputMode: 'numeric', min: 1, step: 1, required: true } as const
const MINUTES = { ...WHOLE, max: 10_080 }
const DAYS = { ...WHOLE, max: 3_650 }

export function SettingsPage(props: SettingsPageProps) {
  const { frame, pendingMinutes, approvedMinutes, keptDays, error, tokens, sent } = props
  return (
    <Layout frame={frame} title="Settings" section="settings">
      <section class="section">
        <h1>Settings</h1>
        <FormError error={error} />
        <PostForm
          action="/settings"
          proof={frame.proof}
          class="stack card"
          submit={
            <div class="actions">
              <button type="submit" class="button button-primary">
                Save
              </button>
            </div>
          }
        >
          <Field
            label="Minutes a request waits for you"
            name="pending_minutes"
            hint="Then it expires and nothing runs. 1 minute to 7 days (10080)."
            input={{ ...MINUTES, value: pendingMinutes }}
          />
          <Field
            label="Minutes an approval waits for its agent"
            name="approved_minutes"
            hint="An agent that comes back later has to ask again. 1 minute to 7 days (10080)."
            input={{ ...MINUTES, value: approvedMinutes }}
          />
          <Field
            label="Days that arguments and results are kept"
            name="kept_days"
            hint="Then they are deleted, within an hour. Who called what, when, and how it ended stays in the log. 1 to 3650 days."
            input={{ ...DAYS, value: keptDays }}
          />
        </PostForm>
      </section>
      <PersonalTokens frame={frame} tokens={tokens} sent={sent} />
    </Layout>
  )
}
