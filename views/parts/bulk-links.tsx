import type { PolicyCounts, ToolFilter } from '../types.ts'
import { MODES } from './policy-choice.tsx'
import { totalOf } from './tool-group.ts'
import { connectionPath } from './tool-links.ts'

export interface BulkLinksProps {
  slug: string
  filter: ToolFilter
  counts: PolicyCounts
  /** Our own words for which they are, after "all". */
  of: string
}

/** To the page that says which tools would be set, and sets them. What would change none of them is not offered. */
export function BulkLinks({ slug, filter, counts, of }: BulkLinksProps) {
  const total = totalOf(counts)
  if (total < 2) return null
  return (
    <nav class="bulk" aria-label={`Set all ${of}`}>
      <span class="hint">{`Set all ${total}`}</span>
      {MODES.filter(({ mode }) => counts[mode] < total).map(({ mode, label }) => (
        <a class="button button-small" href={connectionPath(slug, '/bulk', filter, { mode })}>
          {label} …
        </a>
      ))}
    </nav>
  )
}
