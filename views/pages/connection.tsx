import { Layout } from '../layout.tsx'
import type { ConnectionSummary, PageFrame, ToolRow } from '../types.ts'

export interface ConnectionPageProps {
  frame: PageFrame
  connection: ConnectionSummary
  tools: ToolRow[]
  filter: string
}

export function ConnectionPage(props: ConnectionPageProps) {
  return (
    <Layout frame={props.frame} title="Connection">
      <main />
    </Layout>
  )
}
