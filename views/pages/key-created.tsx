import { Layout } from '../layout.tsx'
import { ArrivalsHere } from '../parts/arrivals.tsx'
import { Name } from '../parts/exact-text.tsx'
import { ShownOnce } from '../parts/shown-once.tsx'
import { Steps } from '../parts/steps.tsx'
import { CLIENTS } from '../parts/ways-in.ts'
import type { AgentSummary, PageFrame } from '../types.ts'

export interface KeyCreatedPageProps {
  frame: PageFrame
  name: string
  /** Not called "key": JSX keeps that name for itself and would never hand it over. */
  keyText: string
  /** The program that it was made for, whose way in stands first. */
  clientId: string
  /** The address of /mcp. */
  url: string
  arrivals: { path: string; arrived: AgentSummary[] }
}

export function KeyCreatedPage({ frame, name, keyText, clientId, url, arrivals }: KeyCreatedPageProps) {
  const ways = CLIENTS.map((client) => ({ ...client, steps: client.withKey(url, keyText) }))
  const chosen = ways.find(({ id }) => id === clientId)
  const others = ways.filter((way) => way !== chosen && typeof way.steps !== 'string')
  return (
    <Layout frame={frame} title="Your new key" section="agents">
      <section class="section">
        <h1>
          Key for <Name text={name} />
        </h1>
        <ShownOnce id="new-key" text={keyText} label="Copy key" />
      </section>
      {chosen && (
        <section class="section">
          <h2>{chosen.name}</h2>
          <Steps id={`for-${chosen.id}`} steps={chosen.steps} />
        </section>
      )}
      <ArrivalsHere {...arrivals} />
      <section class="section">
        <h2>{chosen ? 'Other programs' : 'Point an agent here'}</h2>
        <p class="hint">Each of these holds the key, so treat the file as you would the key.</p>
        {others.map(({ id, name: program, steps }) => (
          <details class="more">
            <summary>{program}</summary>
            <Steps id={`for-${id}`} steps={steps} />
          </details>
        ))}
        <p>
          <a class="button" href="/agents">
            I have copied it
          </a>
        </p>
      </section>
    </Layout>
  )
}
