import { Layout } from '../layout.tsx'
import type { ConnectionSummary, PageFrame } from '../types.ts'

export interface ConnectionsPageProps {
  frame: PageFrame
  connections: ConnectionSummary[]
}

export function ConnectionsPage(props: ConnectionsPageProps) {
  return (
    <Layout frame={props.frame} title="Connections">
      <main />
    </Layout>
  )
}
