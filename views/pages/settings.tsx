import { Layout } from '../layout.tsx'
import type { PageFrame } from '../types.ts'

export interface SettingsPageProps {
  frame: PageFrame
  pendingMinutes: number
  approvedMinutes: number
  error: string | null
}

export function SettingsPage(props: SettingsPageProps) {
  return (
    <Layout frame={props.frame} title="Settings">
      <main />
    </Layout>
  )
}
