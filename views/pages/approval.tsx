import { Layout } from '../layout.tsx'
import type { CallDetail, PageFrame } from '../types.ts'

export interface ApprovalPageProps {
  frame: PageFrame
  call: CallDetail
  /** Other requests that wait. */
  others: number
}

export function ApprovalPage(props: ApprovalPageProps) {
  return (
    <Layout frame={props.frame} title="Approval">
      <main />
    </Layout>
  )
}

export function CallStateFragment({ frame, call }: { frame: PageFrame; call: CallDetail }) {
  return <div data-waiting-count={frame.waitingCount}>{call.state}</div>
}
