import { Layout } from '../layout.tsx'
import type { PageFrame } from '../types.ts'

export interface SignInPageProps {
  frame: PageFrame
  returnTo: string
  email: string
  error: string | null
}

export function SignInPage(props: SignInPageProps) {
  return (
    <Layout frame={props.frame} title="SignIn">
      <main />
    </Layout>
  )
}
