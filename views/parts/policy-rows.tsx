import type { ToolRow as Tool } from '../types.ts'
import { type PolicyPlace, policiesPath } from './policy-links.ts'
import { ToolRow } from './tool-row.tsx'

export interface PolicyRow {
  slug: string
  connection: string
  tool: Tool
}

export interface PolicyRowsProps {
  proof: { required: boolean }
  place: PolicyPlace
  rows: PolicyRow[]
  next: number | null
}

/** Some tools of whatever connections, and the way to the next. */
export function PolicyRows({ proof, place, rows, next }: PolicyRowsProps) {
  return (
    <>
      {rows.map(({ slug, connection, tool }) => (
        <ToolRow
          tool={tool}
          slug={slug}
          proof={proof}
          back={policiesPath('', place)}
          brief
          {...(place.connection === null ? { of: connection } : {})}
        />
      ))}
      {next !== null && (
        <li class="next">
          <a
            class="button"
            href={policiesPath('', place, next)}
            hx-get={policiesPath('/tools', place, next)}
            hx-target="closest li"
            hx-swap="outerHTML"
          >
            Show more
          </a>
        </li>
      )}
    </>
  )
}
