import { Layout } from '../layout.tsx'
import { RecentCalls } from '../parts/call-list.tsx'
import { ConnectionState } from '../parts/connection-state.tsx'
import { type DayNumbers, Numbers } from '../parts/day-numbers.tsx'
import { Name } from '../parts/exact-text.tsx'
import { FirstSteps, type FirstStepsDone } from '../parts/first-steps.tsx'
import { eventStream, refetchOnChange } from '../parts/live-region.ts'
import { SoundToggle } from '../parts/sound-toggle.tsx'
import { WaitingList } from '../parts/waiting-list.tsx'
import type { CallSummary, ConnectionSummary, PageFrame } from '../types.ts'

export interface HomePageProps {
  frame: PageFrame
  waiting: CallSummary[]
  recent: CallSummary[]
  connections: ConnectionSummary[]
  steps: FirstStepsDone
  numbers: DayNumbers
}

/** What waits is fetched at once; the rest may be a moment old while calls come by the hundred. */
const NEWS_EVERY_MS = 2_000
const COUNTED_EVERY_MS = 5_000

export function HomePage({ frame, waiting, recent, connections, steps, numbers }: HomePageProps) {
  return (
    <Layout frame={frame} title="Home" section="home" scripts={['sound.js']}>
      <div {...eventStream({ inBackground: true })}>
        <section class="section" aria-labelledby="waiting-title">
          <div class="section-head">
            <h1 id="waiting-title">Waiting for you</h1>
            <SoundToggle />
          </div>
          <div id="waiting" aria-live="polite" {...refetchOnChange('/home/waiting')}>
            <WaitingList waiting={waiting} />
          </div>
        </section>
        <div id="to-do" {...refetchOnChange('/home/to-do', 'calls', COUNTED_EVERY_MS)}>
          <ToDo connections={connections} steps={steps} />
        </div>
        <section class="section" aria-labelledby="numbers-title">
          <h2 id="numbers-title">Last 24 hours</h2>
          <div id="numbers" {...refetchOnChange('/home/numbers', 'calls', COUNTED_EVERY_MS)}>
            <Numbers numbers={numbers} />
          </div>
        </section>
        <section class="section" aria-labelledby="recent-title">
          <div class="section-head">
            <h2 id="recent-title">Lately</h2>
            <a href="/log">All calls</a>
          </div>
          <div id="recent" {...refetchOnChange('/home/recent', 'calls', NEWS_EVERY_MS)}>
            <RecentList recent={recent} />
          </div>
        </section>
      </div>
    </Layout>
  )
}

export function ToDo({ connections, steps }: Pick<HomePageProps, 'connections' | 'steps'>) {
  return (
    <>
      <NeedsCare connections={connections} />
      <FirstSteps done={steps} />
    </>
  )
}

export function RecentList({ recent }: { recent: CallSummary[] }) {
  if (recent.length > 0) return <RecentCalls calls={recent} />
  return (
    <p class="hint">
      Nothing was decided or run yet. Each call of an agent, and how it ended, will stand here and in the log.
    </p>
  )
}

/** Connections that do not work as they should; the link leads to where that is mended. */
function NeedsCare({ connections }: { connections: ConnectionSummary[] }) {
  const ailing = connections.filter(({ connected, health }) => !connected || health.state !== 'ok')
  if (ailing.length === 0) return null
  return (
    <section class="section" aria-labelledby="care-title">
      <h2 id="care-title">Needs your care</h2>
      <ul class="rows">
        {ailing.map((connection) => (
          <li>
            <a class="row" href={whereMended(connection)}>
              <span class="row-main">
                <span class="row-title">
                  <Name text={connection.name} />
                </span>
                {connection.health.why !== null && (
                  <span class="row-note">
                    <Name text={connection.health.why} />
                  </span>
                )}
              </span>
              <ConnectionState connection={connection} />
            </a>
          </li>
        ))}
      </ul>
    </section>
  )
}

function whereMended({ slug, authMethod, connected, oauthStatus, health }: ConnectionSummary): string {
  const page = `/connections/${encodeURIComponent(slug)}`
  const wantsOwner = !connected || health.state === 'needs_sign_in' || oauthStatus === 'wider_access_needed'
  return wantsOwner && authMethod !== 'none' ? `${page}/connect` : page
}
