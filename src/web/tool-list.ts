import { countPolicies, groupOf, TOOL_GROUPS } from '../../views/parts/tool-group.ts'
import type { GroupOfTools } from '../../views/parts/tool-groups.tsx'
import { isNarrowed } from '../../views/parts/tool-links.ts'
import type { ToolFilter, ToolRow } from '../../views/types.ts'
import { APPROVAL_MODES } from '../policy/policy.ts'

const MOST_CHARACTERS = 200
/** So many rows are a page that is read; more of them are another one, or unfolded. */
export const ROWS_AT_ONCE = 30

export function readToolFilter(query: URLSearchParams): ToolFilter {
  return {
    text: query.get('filter')?.slice(0, MOST_CHARACTERS) ?? '',
    group: TOOL_GROUPS.find((each) => each === query.get('group')) ?? null,
    policy: APPROVAL_MODES.find((each) => each === query.get('policy')) ?? null,
  }
}

export function toolsThatMatch(tools: ToolRow[], { text, group, policy }: ToolFilter): ToolRow[] {
  const wanted = text.toLowerCase()
  return tools.filter(
    ({ name, title, description, hints, mode }) =>
      (group === null || groupOf(hints) === group) &&
      (policy === null || mode === policy) &&
      `${name} ${title ?? ''} ${description ?? ''}`.toLowerCase().includes(wanted),
  )
}

/** How many come before the first; nonsense is none. */
export const readFrom = (query: URLSearchParams): number => Number(/^\d{1,6}$/.exec(query.get('from') ?? '')?.[0] ?? 0)

/** @param from how many come before. */
export function someOf<T>(all: T[], from: number, room: number): { shown: T[]; next: number | null } {
  const end = from + room
  return { shown: all.slice(from, end), next: end < all.length ? end : null }
}

/** By claim. Of many tools only the groups are told at first, each to be unfolded; what was asked for is here as far as there is room. */
export function groupTools(tools: ToolRow[], filter: ToolFilter, from: number): GroupOfTools[] {
  const matching = toolsThatMatch(tools, filter)
  const unfold = isNarrowed(filter) || matching.length <= ROWS_AT_ONCE
  let room = ROWS_AT_ONCE
  return TOOL_GROUPS.flatMap((group): GroupOfTools[] => {
    const those = matching.filter(({ hints }) => groupOf(hints) === group)
    if (those.length === 0) return []
    const counts = countPolicies(those)
    if (!unfold || room === 0) return [{ group, counts, tools: null, next: null }]
    const { shown, next } = someOf(those, filter.group === null ? 0 : from, room)
    room -= shown.length
    return [{ group, counts, tools: shown, next }]
  })
}
