import type { ToolFilter } from '../types.ts'

export const NO_FILTER: ToolFilter = { text: '', group: null, policy: null }

export const isNarrowed = ({ text, group, policy }: ToolFilter): boolean =>
  text !== '' || group !== null || policy !== null

/** A path of a connection, with what its tools are narrowed down to and whatever else is given. */
export function connectionPath(
  slug: string,
  place: '' | '/tools' | '/tools/more' | '/bulk' = '',
  filter: ToolFilter = NO_FILTER,
  more: { from?: number; mode?: string } = {},
): string {
  const { text, group, policy } = filter
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries({ filter: text, group, policy, ...more }))
    if (value !== null && value !== '' && value !== 0) query.set(name, String(value))
  return `/connections/${encodeURIComponent(slug)}${place}${query.size > 0 ? `?${query}` : ''}`
}
