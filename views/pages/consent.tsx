import { Layout } from '../layout.tsx'
import { ExactLine, Name } from '../parts/exact-text.tsx'
import { FormError } from '../parts/field.tsx'
import { Icon } from '../parts/icon.tsx'
import { LifetimeField } from '../parts/lifetime-field.tsx'
import { MarksFound } from '../parts/marks-found.tsx'
import { PostForm } from '../parts/post-form.tsx'
import { ReachFields } from '../parts/reach-fields.tsx'
import type { ChosenReach, ConnectionChoice, PageFrame, ProgramClaim } from '../types.ts'

/** Where an answer goes: a port of this machine, a site, or a program that has a scheme of its own. */
export interface AnswerPlace {
  kind: 'this_machine' | 'site' | 'program'
  name: string
}

export interface ConsentPageProps {
  frame: PageFrame
  program: ProgramClaim
  place: AnswerPlace
  connections: ConnectionChoice[]
  /** The request itself, to come back with the answer. */
  fields: { name: string; value: string }[]
  /** What the person has chosen already, where it has to be mended. */
  chosen: ChosenReach
  error: string | null
}

export function ConsentPage({ frame, program, place, connections, fields, chosen, error }: ConsentPageProps) {
  return (
    <Layout frame={frame} title="Let a program in?" shape="focus">
      <section class="card consent">
        <p class="hint">A program asks to sign in</p>
        <h1 class="consent-name">
          <ExactLine text={program.name} />
        </h1>
        <p class="notice notice-warn">
          The name is its own claim. <Vouching publisher={program.publisher} place={place} />
        </p>
        <MarksFound texts={[program.name, place.name]} />
        <dl class="facts">
          <div>
            <dt>Account</dt>
            <dd>
              <bdi>{frame.user?.email}</bdi>
            </dd>
          </div>
          <div>
            <dt>Leads on to</dt>
            <dd>
              <PlaceWords place={place} />
            </dd>
          </div>
        </dl>
        <ul class="may">
          <li class="may-do">
            <Icon name="done" />
            <span>
              It can find your tools and call them. What you have allowed runs, what you have denied does not, and
              everything else asks you first.
            </span>
          </li>
          <li class="may-not">
            <Icon name="denied" />
            <span>It can never approve, change a policy, or see a password or token of yours.</span>
          </li>
        </ul>
        <FormError error={error} />
        <PostForm
          action="/oauth/authorize"
          proof={frame.proof}
          class="stack"
          submit={
            <div class="answers">
              {/* Deny comes first: where a browser picks a button by itself, it picks the first. */}
              <button type="submit" name="decision" value="deny" class="button button-deny">
                Deny
              </button>
              <button type="submit" name="decision" value="allow" class="button button-primary">
                Allow
              </button>
            </div>
          }
        >
          {fields.map((field) => (
            <input type="hidden" name={field.name} value={field.value} />
          ))}
          <ReachFields connections={connections} chosen={chosen.connections} />
          <LifetimeField chosen={chosen.lifetime} />
        </PostForm>
      </section>
    </Layout>
  )
}

/** A publisher says where answers may go. On this computer any program can be there to take them. */
function Vouching({ publisher, place }: { publisher: string | null; place: AnswerPlace }) {
  if (publisher === null) return <>Nobody vouches for it: go on only if you have just started this yourself.</>
  return (
    <>
      It is described at <Name text={publisher} />
      {place.kind === 'site'
        ? '.'
        : ', but any program on this computer can say that it is this one: go on only if you have just started this yourself.'}
    </>
  )
}

function PlaceWords({ place }: { place: AnswerPlace }) {
  switch (place.kind) {
    case 'this_machine':
      return (
        <>
          a program on the computer you sit at (<Name text={place.name} />)
        </>
      )
    case 'site':
      return (
        <>
          the site <Name text={place.name} />
        </>
      )
    case 'program':
      return (
        <>
          the program that opens <Name text={`${place.name}:`} /> links here
        </>
      )
  }
}
