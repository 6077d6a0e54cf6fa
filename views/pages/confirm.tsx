import { Layout } from '../layout.tsx'
import type { PageFrame } from '../types.ts'

export interface ConfirmPageProps {
  frame: PageFrame
  action: string
  fields: { name: string; value: string }[]
  error: string | null
  /** What is about to happen, e.g. "Approve once: create_refund on Stripe". */
  what: string
}

export function ConfirmPage(props: ConfirmPageProps) {
  return (
    <Layout frame={props.frame} title="Confirm">
      <main />
    </Layout>
  )
}
