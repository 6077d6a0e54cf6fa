import type { PolicyCounts as Counts, ToolRow as Tool } from '../types.ts'
import { PolicyCounts } from './policy-counts.tsx'
import { countPolicies, groupOf } from './tool-group.ts'
import { ToolRow, type ToolRowProps } from './tool-row.tsx'

type Changed = Omit<ToolRowProps, 'brief' | 'of'> & {
  /** All of its connection. */
  tools: Tool[]
}

/** A row after a click on it, with what the page says of its group. Counts that the page does not show find no place, and are dropped. */
export function ChangedToolRow({ tools, ...row }: Changed) {
  const group = groupOf(row.tool.hints)
  const those = tools.filter(({ hints }) => groupOf(hints) === group)
  return (
    <>
      <ToolRow {...row} />
      <PolicyCounts counts={countPolicies(those)} id={`counts-${group}`} renewed />
    </>
  )
}

/** The same on the page of all policies, beside the sums of its connection and of everything. */
export function ChangedPolicyRow({ tools, all, of, ...row }: Changed & { all: Counts; of: string }) {
  const named = !row.back.includes('connection=') && row.back.includes('show=')
  return (
    <>
      <ToolRow {...row} brief {...(named ? { of } : {})} />
      <PolicyCounts counts={countPolicies(tools)} id={`counts-of-${row.slug}`} renewed />
      <PolicyCounts counts={all} id="counts-of-all" renewed />
    </>
  )
}
