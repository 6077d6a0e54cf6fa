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

export function MessagePage({ frame, status, title, text, link }: MessagePageProps) {
  const href = link && (localPath(link.href) ?? httpsUrl(link.href))
  return (
    <Layout frame={frame} title={title} shape="narrow">
      <section class="card">
        <p class="overline">{status}</p>
        <h1>{title}</h1>
        <p class="lead">{text}</p>
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
