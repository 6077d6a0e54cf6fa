import { Layout } from '../layout.tsx'
import type { PageFrame } from '../types.ts'

export interface ConnectPageProps {
  frame: PageFrame
  connection: { slug: string; name: string; target: string }
  token: {
    label: string
    acquireUrl: string | null
    extra: { name: string; label: string; required: boolean; options: string[] | null }[]
  }
  error: string | null
}

export function ConnectPage(props: ConnectPageProps) {
  return (
    <Layout frame={props.frame} title="Connect">
      <main />
    </Layout>
  )
}
