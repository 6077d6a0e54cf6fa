import type { PageFrame, SignedInBrowser } from '../types.ts'
import { browserName } from './browser-name.ts'
import { Name } from './exact-text.tsx'
import { PostForm } from './post-form.tsx'
import { Time } from './time.tsx'

/** Where the owner is signed in, each to be ended. */
export function SignedInBrowsers({ frame, browsers }: { frame: PageFrame; browsers: SignedInBrowser[] }) {
  const others = browsers.filter(({ isThis }) => !isThis).length
  return (
    <section class="section" id="browsers" aria-labelledby="browsers-title">
      <h2 id="browsers-title">Signed-in browsers</h2>
      <p class="lead">One that you do not know is somebody else: end it, and choose another password.</p>
      <ul class="rows">
        {browsers.map((browser) => (
          <Browser browser={browser} frame={frame} />
        ))}
      </ul>
      {others > 1 && (
        <PostForm
          action="/settings/browsers/end-others"
          proof={frame.proof}
          askPassword="after"
          class="after-rows"
          submit={
            <button type="submit" class="button button-danger">
              Sign out all others
            </button>
          }
        />
      )}
    </section>
  )
}

function Browser({ browser, frame }: { browser: SignedInBrowser; frame: PageFrame }) {
  const { id, isThis, since, lastSeenAt, endsAt, address, program } = browser
  const known = program === null ? 'A browser' : browserName(program)
  return (
    <li>
      <div class="row">
        <span class="row-main">
          <span class="row-title">
            {known ?? <Name text={program ?? ''} />}
            {isThis && <span class="quiet"> – this one</span>}
          </span>
          <span class="row-note">
            {!isThis && (
              <span>
                seen <Time at={lastSeenAt} />
              </span>
            )}
            <span>
              signed in <Time at={since} />
            </span>
            {address !== null && (
              <span>
                from <Name text={address} />
              </span>
            )}
            <span>
              ends <Time at={endsAt} />
            </span>
          </span>
        </span>
        {!isThis && (
          <PostForm
            action={`/settings/browsers/${encodeURIComponent(id)}/end`}
            proof={frame.proof}
            askPassword="after"
            submit={
              <button type="submit" class="button button-danger button-small">
                Sign out
              </button>
            }
          />
        )}
      </div>
    </li>
  )
}
