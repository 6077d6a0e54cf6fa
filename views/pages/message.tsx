import { Layout } from '../layout.tsx'
import { httpsUrl, localPath } from '../parts/safe-href.ts'
import type { PageFrame } from '../types.ts'

export interface MessagePageProps {
  frame: PageFrame
  status: number
  title: string
  text: string
  link: { href: string; label: string } | null
}

/** What to do about it, where what happened does not say so itself. */
const NEXT: Record<number, string> = {
  404: 'The address may be mistyped, or what it led to is gone.',
  413: 'Send less at once.',
  429: 'Wait a moment, and try again.',
  500: 'Try it again. If it stays so, whoever runs AgentPort finds that number in what the server writes.',
  502: 'Try it again in a moment.',
  503: 'Try it again in a moment.',
}

export function MessagePage({ frame, status, title, text, link }: MessagePageProps) {
  const href = link && (localPath(link.href) ?? httpsUrl(link.href))
  const next = NEXT[status]
  return (
    <Layout frame={frame} title={title} shape="narrow">
      <section class="card">
        <p class="overline">{status}</p>
        <h1>{title}</h1>
        <p class="lead">{text}</p>
        {next !== undefined && <p class="hint">{next}</p>}
        {link && href && (
          <p>
            <a class="button" href={href}>
              {link.label}
            </a>
          </p>
        )}
      </section>
    </Layout>
  )
}
