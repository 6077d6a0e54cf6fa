import {
  type CallToolResult,
  type InputRequiredResult,
  inputRequired,
  type ServerContext,
} from '@modelcontextprotocol/server'
import { OUTCOME_META, REQUEST_META } from '../calls/calls.ts'
import { isJsonObject } from '../lib/json.ts'

/** Long enough for a person at hand, short enough for clients that give up after a minute. */
export const HOLD_S = 45
const STATE_PREFIX = 'await:'

/** What is needed to go on with a call that a person has to approve. */
export interface Held {
  requestId: string
  /** The approval page. */
  url: string
  message: string
  /** Waits as agentport__await_approval does. */
  wait(requestId: string): Promise<CallToolResult>
}

/** The request that a retried call goes on with; null for a call that is no retry. Only its own principal can await it, so the state needs no seal. */
export function heldRequest(context: ServerContext): string | null {
  const state = context.mcpReq.requestState<unknown>()
  return typeof state === 'string' && state.startsWith(STATE_PREFIX) ? state.slice(STATE_PREFIX.length) : null
}

export function needsApproval(result: CallToolResult): string | null {
  const id = result._meta?.[REQUEST_META]
  return result._meta?.[OUTCOME_META] === 'approval_required' && typeof id === 'string' ? id : null
}

/** Whether the client has said that it can open a link for its person. */
export const opensLinks = (capabilities: unknown): boolean =>
  isJsonObject(capabilities) && isJsonObject(capabilities.elicitation) && isJsonObject(capabilities.elicitation.url)

/**
 * Asks the client to open the approval page, and holds the call until the decision or the wait's end.
 * What the client answers to that (accept, decline, cancel, nothing) changes nothing: only the page decides.
 */
export async function holdForApproval(
  context: ServerContext,
  held: Held,
): Promise<CallToolResult | InputRequiredResult> {
  const { requestId, url, message } = held
  // The newer generation asks by answering; the client then repeats the call, and the repetition waits.
  if (context.mcpReq.envelope !== undefined) {
    return inputRequired({
      inputRequests: { approval: inputRequired.elicitUrl({ message, url }) },
      requestState: STATE_PREFIX + requestId,
    })
  }
  const decided = new AbortController()
  const asked = context.mcpReq.elicitInput(
    { mode: 'url', message, url, elicitationId: requestId },
    { signal: decided.signal, timeout: HOLD_S * 1000 },
  )
  // Whatever comes of it, and however late, is nobody's decision.
  asked.catch(() => {})
  try {
    return await held.wait(requestId)
  } finally {
    decided.abort('decided')
    await context.mcpReq
      .notify({ method: 'notifications/elicitation/complete', params: { elicitationId: requestId } })
      .catch(() => {})
  }
}
