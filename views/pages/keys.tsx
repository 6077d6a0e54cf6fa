import { Layout } from '../layout.tsx'
import type { KeyRow, PageFrame } from '../types.ts'

export interface KeysPageProps {
  frame: PageFrame
  keys: KeyRow[]
  error: string | null
}

export function KeysPage(props: KeysPageProps) {
  return (
    <Layout frame={props.frame} title="Keys">
      <main />
    </Layout>
  )
}
