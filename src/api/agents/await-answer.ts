import { z } from 'zod'
import type { RequestRow, State } from '../../approvals/approvals.ts'
import { CallResult, callResult } from './outcome-reply.ts'

const STATUSES = ['pending', 'approved', 'denied', 'expired', 'consumed'] as const
export type AwaitStatus = (typeof STATUSES)[number]

export const AwaitAnswer = z
  .object({
    approval_request_id: z.string(),
    integration_id: z.string(),
    tool_name: z.string(),
    status: z.enum(STATUSES).describe('consumed from when the call runs on, however it ends'),
    message: z.string(),
    expires_at: z.iso.datetime().nullable().describe('When waiting, or the approval, lapses; null once neither can'),
    decision_mode: z.enum(['approve_once', 'allow_tool_forever', 'deny']).nullable(),
    outcome: z.enum(['executed', 'failed', 'unknown']).nullable().describe('How the run ended; null unless it has'),
    result: CallResult.optional().describe('Once there is one'),
  })
  .meta({ id: 'Awaited' })

/** The original's words for where a request stands; null for a call that was never put to anybody and did not run. Pure. */
export function awaitStatus(state: State): AwaitStatus | null {
  switch (state) {
    case 'pending':
    case 'approved':
    case 'denied':
    case 'expired':
      return state
    case 'executing':
    case 'executed':
    case 'failed':
    case 'unknown':
      return 'consumed'
    case 'refused':
      return null
  }
}

/** What a script that waited is told. Null where there is nothing to wait for. */
export function awaitAnswer(row: RequestRow): z.input<typeof AwaitAnswer> | null {
  const status = awaitStatus(row.state)
  if (status === null) return null
  const { state } = row
  const outcome = state === 'executed' || state === 'failed' || state === 'unknown' ? state : null
  return {
    approval_request_id: row.id,
    integration_id: row.connectionSlug,
    tool_name: row.toolName,
    status,
    message: messageOf(row),
    expires_at: row.expiresAt === null ? null : new Date(row.expiresAt).toISOString(),
    decision_mode: row.decisionMode && DECISION_WORDS[row.decisionMode],
    outcome,
    ...(row.result === null ? {} : { result: callResult(row.result) }),
  }
}

/** What policy allows was decided by a person once and for all, and the original calls both the same. */
const DECISION_WORDS = {
  once: 'approve_once',
  always: 'allow_tool_forever',
  policy: 'allow_tool_forever',
  deny: 'deny',
} as const satisfies Record<NonNullable<RequestRow['decisionMode']>, string>

function messageOf({ state, message, reason, result }: RequestRow): string {
  switch (state) {
    case 'pending':
      return 'A human has not decided yet. Make sure they have the link, and await again.'
    case 'approved':
      return 'Approved. Send the same call again to run it.'
    case 'denied':
      return `A human denied this call.${reason === null ? '' : ` Their reason: ${reason}`}`
    case 'expired':
      return `${message ?? 'It lapsed.'} It did not run. Call again to ask again.`
    case 'executing':
      return 'Approved, and running. Await again for its result.'
    case 'executed':
      return result === null ? 'It ran. Its result is no longer kept.' : 'It ran.'
    case 'failed':
      return `${message ?? 'It failed.'} The call did not run. It may be repeated.`
    case 'unknown':
      return `${message ?? 'Its end is not known.'} The call may have taken effect. Check before repeating it.`
    case 'refused':
      return message ?? ''
  }
}
