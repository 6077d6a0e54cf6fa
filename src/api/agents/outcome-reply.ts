import { z } from 'zod'
import { type Missing, OUTCOMES, type Outcome, type OutcomeWord } from '../../approvals/approvals.ts'
import { approvalUrl } from '../../calls/calls.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../../lib/json.ts'
import { Detail } from '../refusals.ts'

export const CallResult = z
  .object({
    content: z.array(z.unknown()).describe('As the tool gave it'),
    isError: z.boolean().describe('Whether the tool says that it failed'),
    structuredContent: z.unknown().optional(),
  })
  .meta({ id: 'CallResult' })

const Word = z.enum(OUTCOMES).describe('How the call stands, in one word')

/** What was called, in answers that are about it. */
const About = { integration_id: z.string(), tool_name: z.string(), outcome: Word }

export const ApprovalRequired = z
  .object({
    error: z.literal('approval_required'),
    approval_request_id: z.string(),
    approval_url: z.string().describe('For a person to open'),
    message: z.string(),
    ...About,
  })
  .meta({ id: 'ApprovalRequired' })

export const Denied = z
  .object({ error: z.literal('denied'), message: z.string(), reason: z.string().nullable(), ...About })
  .meta({ id: 'Denied' })

export const NotRun = Detail.extend({
  outcome: Word,
  approval_request_id: z.string().nullable().describe('What to await to learn more; null where there is no more'),
}).meta({ id: 'CallFailed' })

type NotRunStatus = 404 | 409 | 422 | 429 | 502
type NotRunReply = { [Status in NotRunStatus]: { status: Status; body: z.input<typeof NotRun> } }[NotRunStatus]
type CallReply =
  | { status: 200; body: z.input<typeof CallResult> }
  | { status: 403; body: z.input<typeof ApprovalRequired> | z.input<typeof Denied> }
  | NotRunReply

/** The outcome of a call as scripts are told it: every word of the contract has its one status. Pure. */
export function outcomeReply(
  outcome: Outcome,
  { integrationId, toolName, origin }: { integrationId: string; toolName: string; origin: string },
): CallReply {
  const about = { integration_id: integrationId, tool_name: toolName, outcome: outcome.word }
  const say = (status: NotRunStatus, detail: string): CallReply => ({
    status,
    body: { detail, outcome: outcome.word, approval_request_id: isRefused(outcome.word) ? null : outcome.requestId },
  })
  const ask = (requestId: string): CallReply => {
    const url = approvalUrl(origin, requestId)
    const message = `This tool was marked by a human as needing approval. Share this URL with a human and explain what you were trying to do: ${url} Then wait with POST ${awaitPath(requestId)} and, once it says approved, send this call again.`
    const asked = { error: 'approval_required', approval_request_id: requestId, approval_url: url, message } as const
    return { status: 403, body: { ...asked, ...about } }
  }
  const deny = (message: string, reason: string | null): CallReply => ({
    status: 403,
    body: { error: 'denied', message, reason, ...about },
  })

  switch (outcome.word) {
    case 'executed':
      return { status: 200, body: callResult(outcome.resultJson) }
    case 'approval_required':
      return ask(outcome.requestId)
    case 'pending':
      // No success, which a script would take for the result; nor a 5xx, which many would send again by themselves.
      return outcome.running
        ? say(
            409,
            `This very call is approved and not finished yet. Its result will be at POST ${awaitPath(outcome.requestId)}.`,
          )
        : ask(outcome.requestId)
    case 'blocked':
      return deny('This tool has been blocked and cannot be executed.', null)
    case 'denied': {
      const reason = outcome.reason === null ? '' : ` Their reason: ${outcome.reason}`
      return deny(
        `A human denied this call.${reason} Do not try another way to the same end; ask the human how to go on.`,
        outcome.reason,
      )
    }
    case 'expired':
      return say(409, `This request is no longer open: ${outcome.message} It did not run. Call again to ask again.`)
    case 'unknown':
      return say(502, `${outcome.message} The call may have taken effect. Check before repeating it.`)
    case 'failed':
      return say(502, `${outcome.message} The call did not run. It may be repeated.`)
    case 'invalid':
      return outcome.missing
        ? say(STATUS_OF_MISSING[outcome.missing], `${outcome.message}${WHERE_TO_LOOK[outcome.missing]}`)
        : say(422, outcome.message)
    case 'limited':
      return say(429, `${outcome.message} Wait for decisions before asking for more.`)
  }
}

/** Nobody was asked, and nothing ran: there is nothing to await. */
const isRefused = (word: OutcomeWord): boolean => word === 'invalid' || word === 'limited' || word === 'blocked'

const awaitPath = (requestId: string): string => `/api/tool-approvals/requests/${requestId}/await`

const STATUS_OF_MISSING = { integration: 404, tool: 404, request: 404, credential: 422 } as const satisfies Record<
  Missing,
  number
>

const WHERE_TO_LOOK: Record<Missing, string> = {
  integration: ' GET /api/installed lists what is.',
  tool: ' GET /api/tools/{integration_id} lists them.',
  credential: ' POST /api/auth/{integration_id}/start gives the link to share.',
  request: '',
}

/** What is kept of a result is JSON of a stranger's: here it gets the one shape that scripts rely on. */
export function callResult(json: string): z.input<typeof CallResult> {
  const parsed = JSON.parse(json) as JsonValue
  const { content, isError, structuredContent }: JsonObject = isJsonObject(parsed) ? parsed : {}
  return {
    content: Array.isArray(content) ? content : [],
    isError: isError === true,
    ...(structuredContent === undefined ? {} : { structuredContent }),
  }
}
