import { AboutInstance } from '../parts/about-instance.tsx'
import { AccountFields } from '../parts/account-fields.tsx'
import { AppearanceForm } from '../parts/appearance-form.tsx'
import { type ArgumentField, ArgumentFields } from '../parts/argument-fields.tsx'
import { BegunWith } from '../parts/begun-with.tsx'
import { Code } from '../parts/code.tsx'
import { ConnectForm } from '../parts/connect-form.tsx'
import { DecisionForm } from '../parts/decision-form.tsx'
import { DenialReason } from '../parts/denial-reason.tsx'
import { Field, FormError } from '../parts/field.tsx'
import { LifetimeField } from '../parts/lifetime-field.tsx'
import { MethodFields } from '../parts/method-fields.tsx'
import { PasswordForm } from '../parts/password-form.tsx'
import { PersonalTokens } from '../parts/personal-tokens.tsx'
import { PostForm } from '../parts/post-form.tsx'
import { ReachFields } from '../parts/reach-fields.tsx'
import { ShownOnce } from '../parts/shown-once.tsx'
import { SignedInBrowsers } from '../parts/signed-in-browsers.tsx'
import { Steps } from '../parts/steps.tsx'
import { callIn, FRAME, NOW, TOKEN } from './samples.ts'
import type { Specimen } from './specimen.tsx'

const CHOICES = [
  { id: 'c1', slug: 'stripe', name: 'stripe' },
  { id: 'c2', slug: 'github-work', name: 'GitHub at work' },
]
const THIS_BROWSER = {
  id: 'a',
  isThis: true,
  since: NOW - 86_400_000,
  lastSeenAt: NOW,
  endsAt: NOW + 29 * 86_400_000,
  address: '192.0.2.7',
  program:
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 14.5) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15',
}
const SAVE = (
  <button type="submit" class="button button-primary">
    Save
  </button>
)

function argumentFields(id: string, error: string | null): ArgumentField[] {
  const field = { description: null, required: false, fallback: null, error: null }
  return [
    {
      ...field,
      key: '/charge',
      id: `${id}-charge`,
      name: 'charge',
      required: true,
      description: 'The charge to refund.',
      input: { is: 'text', value: 'ch_3PqX7aLkdIwHu7ix' },
    },
    {
      ...field,
      key: '/currency',
      id: `${id}-currency`,
      name: 'currency',
      fallback: '"eur"',
      input: { is: 'choice', options: [{ value: '"eur"', label: 'eur' }], value: '' },
      error,
    },
    {
      ...field,
      key: '/metadata',
      id: `${id}-metadata`,
      name: 'metadata',
      input: {
        is: 'group',
        fields: [
          {
            ...field,
            key: '/metadata/order',
            id: `${id}-order`,
            name: 'order',
            input: { is: 'number', whole: true, value: '1043' },
          },
        ],
      },
    },
  ]
}

export const FORM_SPECIMENS: Specimen[] = [
  {
    part: 'field',
    about: 'One labelled input, and why a form was refused.',
    states: [
      { name: 'empty', shown: <Field label="Name" name="design-name" /> },
      {
        name: 'with a hint',
        shown: (
          <Field
            label="Minutes a request waits for you"
            name="design-minutes"
            hint="1 minute to 7 days"
            input={{ type: 'number', value: 60 }}
          />
        ),
      },
      { name: 'refused', shown: <FormError error="That was not the password." /> },
    ],
  },
  {
    part: 'post-form',
    about: 'Every form that changes something; without scripts on plain http it asks for the password.',
    states: [
      {
        name: 'with the secret of this origin',
        shown: <PostForm action="/design" proof={{ required: true }} class="stack" submit={SAVE} />,
      },
    ],
  },
  {
    part: 'decision-form',
    about: 'The three answers to a request.',
    states: [
      { name: 'may be allowed for ever', shown: <DecisionForm frame={FRAME} call={callIn('pending')} /> },
      {
        name: 'once at a time',
        shown: <DecisionForm frame={FRAME} call={callIn('pending', { canAlways: false })} />,
      },
    ],
  },
  {
    part: 'denial-reason',
    about: 'What the agent is told about a no.',
    states: [{ name: 'folded', shown: <DenialReason /> }],
  },
  {
    part: 'account-fields',
    about: 'What an account is called.',
    states: [{ name: 'filled in', shown: <AccountFields name="GitHub at work" slug="github-work" /> }],
  },
  {
    part: 'method-fields',
    about: 'How to sign in to a service.',
    states: [{ name: 'two ways', shown: <MethodFields methods={['oauth', 'token']} chosen="oauth" /> }],
  },
  {
    part: 'connect-form',
    about: 'Begins a sign-in, or takes what one needs.',
    states: [{ name: 'as it stands', shown: <ConnectForm frame={FRAME} slug="stripe" /> }],
  },
  {
    part: 'reach-fields',
    about: 'Which connections an agent may use.',
    states: [
      { name: 'all', shown: <ReachFields connections={CHOICES} chosen={null} /> },
      { name: 'some', shown: <ReachFields connections={CHOICES} chosen={['c2']} /> },
    ],
  },
  {
    part: 'lifetime-field',
    about: 'When an agent ends by itself.',
    states: [
      { name: 'new', shown: <LifetimeField chosen="forever" /> },
      { name: 'of one that has an end', shown: <LifetimeField chosen="as_it_is" current={NOW} /> },
    ],
  },
  {
    part: 'shown-once',
    about: 'A secret that is never shown again.',
    states: [{ name: 'a key', shown: <ShownOnce id="design-key" text="ap_3Fq…" label="Copy the key" /> }],
  },
  {
    part: 'code',
    about: 'Something to copy.',
    states: [{ name: 'a command', shown: <Code id="design-code" text="agentport connect cursor" /> }],
  },
  {
    part: 'steps',
    about: 'What to do in another program.',
    states: [
      {
        name: 'two steps',
        shown: (
          <Steps
            id="design-steps"
            steps={[
              { where: 'In a terminal', code: 'agentport connect cursor' },
              { where: 'Then, in Cursor', note: 'Restart it once.' },
            ]}
          />
        ),
      },
      { name: 'none', shown: <Steps id="design-none" steps="It cannot be connected from here." /> },
    ],
  },
  {
    part: 'argument-fields',
    about: 'A tool’s arguments, a field each, in the words of its server.',
    states: [
      { name: 'to be filled in', shown: <ArgumentFields fields={argumentFields('design', null)} /> },
      { name: 'to be mended', shown: <ArgumentFields fields={argumentFields('design-wrong', 'Choose one.')} /> },
    ],
  },
  {
    part: 'begun-with',
    about: 'Whose the arguments are that stand in a form.',
    states: [{ name: 'an agent’s', shown: <BegunWith begun={callIn('pending')} /> }],
  },
  {
    part: 'signed-in-browsers',
    about: 'Where a person is signed in.',
    states: [
      { name: 'this one alone', shown: <SignedInBrowsers frame={FRAME} browsers={[THIS_BROWSER]} /> },
      {
        name: 'others',
        shown: (
          <SignedInBrowsers
            frame={FRAME}
            browsers={['b', 'c'].map((id) => ({ ...THIS_BROWSER, id, isThis: false, program: 'curl/8.9' }))}
          />
        ),
      },
    ],
  },
  {
    part: 'password-form',
    about: 'Another password.',
    states: [{ name: 'to be mended', shown: <PasswordForm frame={FRAME} error="The two new passwords differ." /> }],
  },
  {
    part: 'appearance-form',
    about: 'Light or dark.',
    states: [{ name: 'as the system', shown: <AppearanceForm frame={FRAME} /> }],
  },
  {
    part: 'about-instance',
    about: 'What runs here.',
    states: [
      {
        name: 'a busy one',
        shown: (
          <AboutInstance
            version="0.1.0"
            runtime="Bun 1.4.5"
            databaseBytes={12_300_000}
            connections={12}
            agents={1}
            calls={{ count: 10_000, isExact: false }}
          />
        ),
      },
    ],
  },
  {
    part: 'personal-tokens',
    about: 'A person’s own tokens, for scripts.',
    states: [
      { name: 'none', shown: <PersonalTokens frame={FRAME} tokens={[]} sent={null} /> },
      {
        name: 'one, and one that has expired',
        shown: (
          <PersonalTokens
            frame={FRAME}
            tokens={[TOKEN, { ...TOKEN, id: 't2', name: 'last year', expired: true, scope: 'tighten' }]}
            sent={null}
          />
        ),
      },
    ],
  },
]
