import { Layout } from '../layout.tsx'
import { Name } from '../parts/exact-text.tsx'
import { elsewhere } from '../parts/safe-href.ts'
import type { PageFrame } from '../types.ts'

export interface LeadOnPageProps {
  frame: PageFrame
  title: string
  text: string
  /** Checked by whoever hands it in: an address that the program has registered. */
  href: string
  place: string
  /** At once, or only when the person follows the link. */
  byItself: boolean
}

/** An answer that leaves this site. A form may not be answered by a redirect to elsewhere, so a page of ours leads on. */
export function LeadOnPage({ frame, title, text, href, place, byItself }: LeadOnPageProps) {
  const target = elsewhere(href)
  return (
    <Layout frame={frame} title={title} shape="focus" leadTo={byItself ? target : null}>
      <section class="card lead-on">
        <h1>{title}</h1>
        <p class="lead">
          <bdi>{text}</bdi>
        </p>
        {target !== null && (
          <p>
            <a class="button button-primary" href={target} rel="noreferrer">
              Continue to <Name text={place} />
            </a>
          </p>
        )}
        {byItself && (
          <p class="hint">
            This page leads on by itself; if nothing happens, press Continue. Afterwards you can close it.
          </p>
        )}
      </section>
    </Layout>
  )
}
