import type { PolicyCounts as Counts, ToolRow as Tool, ToolFilter, ToolGroup } from '../types.ts'
import { BulkLinks } from './bulk-links.tsx'
import { PolicyCounts } from './policy-counts.tsx'
import { GROUP_WORDS, toolsInWords, totalOf } from './tool-group.ts'
import { connectionPath, isNarrowed } from './tool-links.ts'
import { ToolRow } from './tool-row.tsx'

/** Tools of one claim, or as many of them as the page has room for. */
export interface GroupOfTools {
  group: ToolGroup
  counts: Counts
  /** Null where they are fetched when they are unfolded. */
  tools: Tool[] | null
  /** How many come before those that are here and the next; null when there are none. */
  next: number | null
}

export interface ToolGroupsProps {
  slug: string
  proof: { required: boolean }
  filter: ToolFilter
  groups: GroupOfTools[]
}

export function ToolGroups({ slug, proof, filter, groups }: ToolGroupsProps) {
  const counts = sum(groups.map((each) => each.counts))
  const total = totalOf(counts)
  const narrowed = isNarrowed(filter)
  return (
    <div id="tools">
      {narrowed && (
        <div class="matches">
          <p class="hint" role="status">
            {total === 1 ? '1 tool matches' : `${total} tools match`}. <a href={connectionPath(slug)}>Show all</a>
          </p>
          {groups.length > 1 && <BulkLinks slug={slug} filter={filter} counts={counts} of="that match" />}
        </div>
      )}
      {total === 0 && !narrowed && <p class="empty">No tools are known yet.</p>}
      {groups.map((each) => (
        <Group slug={slug} proof={proof} filter={filter} {...each} />
      ))}
    </div>
  )
}

function Group({ slug, proof, filter, group, counts, tools, next }: GroupOfTools & Omit<ToolGroupsProps, 'groups'>) {
  const { name, of, says } = GROUP_WORDS[group]
  const within = { ...filter, group }
  return (
    <section class="group" aria-labelledby={`group-${group}`}>
      <div class="group-head">
        <h3 id={`group-${group}`}>{name}</h3>
        {/* Of a part of the group only its page knows how many there are. */}
        <PolicyCounts counts={counts} {...(isNarrowed(filter) ? {} : { id: `counts-${group}` })} />
        <BulkLinks slug={slug} filter={within} counts={counts} of={of} />
        <p class="hint">{says}</p>
      </div>
      <details class="more" open={tools !== null}>
        <summary>{toolsInWords(totalOf(counts))}</summary>
        <ul class="tools">
          {tools === null ? (
            <li
              hx-get={connectionPath(slug, '/tools/more', within)}
              hx-trigger="toggle from:'closest details' once"
              hx-swap="outerHTML"
            >
              <a href={connectionPath(slug, '', within)}>Show them</a>
            </li>
          ) : (
            <ToolRows
              slug={slug}
              proof={proof}
              filter={within}
              tools={tools}
              next={next}
              back={connectionPath(slug, '', filter)}
            />
          )}
        </ul>
      </details>
    </section>
  )
}

export interface ToolRowsProps {
  slug: string
  proof: { required: boolean }
  filter: ToolFilter
  tools: Tool[]
  next: number | null
  back: string
}

/** Some tools of a group, and the way to the next. */
export function ToolRows({ slug, proof, filter, tools, next, back }: ToolRowsProps) {
  return (
    <>
      {tools.map((tool) => (
        <ToolRow tool={tool} slug={slug} proof={proof} back={back} />
      ))}
      {next !== null && (
        <li class="next">
          <a
            class="button"
            href={connectionPath(slug, '', filter, { from: next })}
            hx-get={connectionPath(slug, '/tools/more', filter, { from: next })}
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

const sum = (all: Counts[]): Counts =>
  all.reduce(
    (total, { allow, require_approval, deny }) => ({
      allow: total.allow + allow,
      require_approval: total.require_approval + require_approval,
      deny: total.deny + deny,
    }),
    { allow: 0, require_approval: 0, deny: 0 },
  )
