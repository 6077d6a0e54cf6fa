import { Layout } from '../layout.tsx'
import type { PageFrame } from '../types.ts'

export interface KeyCreatedPageProps {
  frame: PageFrame
  name: string
  key: string
  origin: string
}

export function KeyCreatedPage(props: KeyCreatedPageProps) {
  return (
    <Layout frame={props.frame} title="KeyCreated">
      <main />
    </Layout>
  )
}
