/** Tools of all connections that somebody wants to see together. */
export const POLICY_VIEWS = ['alone', 'unused', 'changed', 'denied'] as const
export type PolicyView = (typeof POLICY_VIEWS)[number]

/** What is shown of the policies: a view over everything, one connection, or the sum of all. */
export interface PolicyPlace {
  view: PolicyView | null
  connection: string | null
}

export function policiesPath(place: '' | '/tools', { view, connection }: PolicyPlace, from = 0): string {
  const query = new URLSearchParams()
  if (view !== null) query.set('show', view)
  if (connection !== null) query.set('connection', connection)
  if (from > 0) query.set('from', String(from))
  return `/policies${place}${query.size > 0 ? `?${query}` : ''}`
}
