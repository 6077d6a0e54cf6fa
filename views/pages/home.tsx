import { Layout } from '../layout.tsx'
import type { CallSummary, ConnectionSummary, PageFrame } from '../types.ts'

export interface HomePageProps {
  frame: PageFrame
  waiting: CallSummary[]
  recent: CallSummary[]
  connections: ConnectionSummary[]
  hasKeys: boolean
  origin: string
}

export function HomePage(props: HomePageProps) {
  return (
    <Layout frame={props.frame} title="Home">
      <main />
    </Layout>
  )
}

export function WaitingList({ waiting }: { waiting: CallSummary[] }) {
  return <div data-waiting-count={waiting.length} />
}

export function RecentList({ recent }: { recent: CallSummary[] }) {
  return <div>{recent.length}</div>
}
