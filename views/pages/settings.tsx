import { Layout } from '../layout.tsx'
import { AboutInstance, type AboutInstanceProps } from '../parts/about-instance.tsx'
import { AppearanceForm } from '../parts/appearance-form.tsx'
import { Field, FormError } from '../parts/field.tsx'
import { PasswordForm } from '../parts/password-form.tsx'
import { PersonalTokens, type PersonalTokensProps } from '../parts/personal-tokens.tsx'
import { PostForm } from '../parts/post-form.tsx'
import { SignedInBrowsers } from '../parts/signed-in-browsers.tsx'
import type { PageFrame, SignedInBrowser } from '../types.ts'

export interface SettingsPageProps extends PersonalTokensProps {
  pendingMinutes: number
  approvedMinutes: number
  keptDays: number
  error: string | null
  browsers: SignedInBrowser[]
  passwordError: string | null
  about: AboutInstanceProps
}

const WHOLE = { type: 'number', inputMode: 'numeric', min: 1, step: 1, required: true } as const
const MINUTES = { ...WHOLE, max: 10_080 }
const DAYS = { ...WHOLE, max: 3_650 }

const SECTIONS = [
  ['times', 'Times'],
  ['appearance', 'Appearance'],
  ['browsers', 'Browsers'],
  ['password', 'Password'],
  ['tokens', 'Tokens'],
  ['about', 'About'],
] as const

export function SettingsPage(props: SettingsPageProps) {
  const { frame, tokens, sent, browsers, passwordError, about } = props
  return (
    <Layout frame={frame} title="Settings" section="settings">
      <div class="section-head">
        <h1>Settings</h1>
        {frame.user && (
          <p class="hint">
            Signed in as <bdi>{frame.user.email}</bdi>
          </p>
        )}
      </div>
      <div class="settings">
        <nav class="settings-nav" aria-label="Settings">
          {SECTIONS.map(([id, words]) => (
            <a href={`#${id}`}>{words}</a>
          ))}
        </nav>
        <div>
          <Times {...props} />
          <AppearanceForm frame={frame} />
          <SignedInBrowsers frame={frame} browsers={browsers} />
          <PasswordForm frame={frame} error={passwordError} />
          <PersonalTokens frame={frame} tokens={tokens} sent={sent} />
          <AboutInstance {...about} />
        </div>
      </div>
    </Layout>
  )
}

type TimesProps = Pick<SettingsPageProps, 'pendingMinutes' | 'approvedMinutes' | 'keptDays' | 'error'>

function Times({ frame, pendingMinutes, approvedMinutes, keptDays, error }: TimesProps & { frame: PageFrame }) {
  return (
    <section class="section" id="times" aria-labelledby="times-title">
      <h2 id="times-title">Times</h2>
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
  )
}
