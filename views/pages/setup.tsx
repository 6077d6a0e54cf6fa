import { Layout } from '../layout.tsx'
import type { PageFrame } from '../types.ts'

export interface SetupPageProps {
  frame: PageFrame
  token: string
  /** Fixed when the account exists already. */
  email: string | null
  error: string | null
}

export function SetupPage(props: SetupPageProps) {
  return (
    <Layout frame={props.frame} title="Setup">
      <main />
    </Layout>
  )
}
