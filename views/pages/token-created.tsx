import { Layout } from '../layout.tsx'
import { Code } from '../parts/code.tsx'
import { Name } from '../parts/exact-text.tsx'
import { ShownOnce } from '../parts/shown-once.tsx'
import type { PageFrame } from '../types.ts'

export interface TokenCreatedPageProps {
  frame: PageFrame
  name: string
  token: string
  origin: string
}

export function TokenCreatedPage({ frame, name, token, origin }: TokenCreatedPageProps) {
  return (
    <Layout frame={frame} title="Your new token" section="settings">
      <section class="section">
        <h1>
          Token for <Name text={name} />
        </h1>
        <ShownOnce id="new-token" text={token} label="Copy token" />
      </section>
      <section class="section">
        <h2>Try it</h2>
        <div class="stack">
          <Code id="try-token" text={`curl ${origin}/api/human/me -H 'Authorization: Bearer ${token}'`} />
          <p>
            <a href="/api/docs">What there is to ask for</a>
          </p>
          <p>
            <a class="button" href="/settings">
              I have copied it
            </a>
          </p>
        </div>
      </section>
    </Layout>
  )
}
