import type { Approvals, RequestRow } from '../../src/approvals/approvals.ts'

/** The newest requests of a user that do not wait, with all that is stored of them. */
export const newestRows = async (approvals: Approvals, userId: string, limit: number): Promise<RequestRow[]> =>
  wholeRows(approvals, userId, await approvals.recent(userId, limit))

/** All requests of a user, newest first. */
export async function everyRow(approvals: Approvals, userId: string): Promise<RequestRow[]> {
  const { calls } = await approvals.history.calls(userId, {}, null, Number.MAX_SAFE_INTEGER - 1)
  return wholeRows(approvals, userId, calls)
}

async function wholeRows(approvals: Approvals, userId: string, calls: { id: string }[]): Promise<RequestRow[]> {
  const found = await Promise.all(calls.map(({ id }) => approvals.find(userId, id)))
  return found.flatMap((each) => (each ? [each.request] : []))
}
