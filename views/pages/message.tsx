import { Layout } from '../layout.tsx'
import type { PageFrame } from '../types.ts'

export interface MessagePageProps {
  frame: PageFrame
  status: number
  title: string
  text: string
  link: { href: string; label: string } | null
}

export function MessagePage(props: MessagePageProps) {
  return (
    <Layout frame={props.frame} title="Message">
      <main />
    </Layout>
  )
}
