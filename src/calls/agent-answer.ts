import type { Missing, Outcome } from '../approvals/approvals.ts'
import { isJsonObject, type JsonObject } from '../lib/json.ts'
import { approvalUrl } from './links.ts'

export const OUTCOME_META = 'agentport/outcome'
export const REQUEST_META = 'agentport/request_id'

/** The outcome of a call as an agent at /mcp reads it, a tool's result in the words of the contract. Pure. */
export function agentAnswer(outcome: Outcome, origin: string): JsonObject {
  const meta = {
    [OUTCOME_META]: outcome.word,
    ...(outcome.requestId === null ? {} : { [REQUEST_META]: outcome.requestId }),
  }
  const say = (text: string, isError: boolean): JsonObject => ({
    content: [{ type: 'text', text }],
    isError,
    _meta: meta,
  })

  switch (outcome.word) {
    case 'executed': {
      const result = JSON.parse(outcome.resultJson) as JsonObject
      const foreign = isJsonObject(result._meta) ? result._meta : {}
      // Ours last: a server behind us cannot speak for us.
      return { ...result, _meta: { ...foreign, ...meta } }
    }
    case 'approval_required':
      return say(
        `This tool was marked by a human as needing approval. Share this URL with a human and explain what you were trying to do: ${approvalUrl(origin, outcome.requestId)}\n\nThen call agentport__await_approval(request_id="${outcome.requestId}") in the same turn: it waits for the decision and returns the tool's result. You need not repeat this call.`,
        false,
      )
    case 'pending':
      return say(
        outcome.running
          ? `Approved, and not finished yet. Call agentport__await_approval(request_id="${outcome.requestId}") again for the result.`
          : `Still waiting for a human to decide at ${approvalUrl(origin, outcome.requestId)}\n\nMake sure the human has the link, then call agentport__await_approval(request_id="${outcome.requestId}") again.`,
        false,
      )
    case 'blocked':
      return say('This tool has been blocked and cannot be executed.', true)
    case 'denied': {
      const reason = outcome.reason === null ? '' : ` Their reason: ${outcome.reason}`
      return say(
        `A human denied this call.${reason}\n\nDo not try another way to the same end. Ask the human how to go on.`,
        true,
      )
    }
    case 'expired':
      return say(
        `This request is no longer open: ${outcome.message} It did not run. Call the tool again to ask again.`,
        true,
      )
    case 'unknown':
      return say(`${outcome.message}\n\nThe call may have taken effect. Check before repeating it.`, true)
    case 'failed':
      return say(`${outcome.message}\n\nThe call did not run. It may be repeated.`, true)
    case 'invalid':
      return say(`${outcome.message}${outcome.missing ? WHERE_TO_LOOK[outcome.missing] : ''}`, true)
    case 'limited':
      return say(`${outcome.message} Wait for decisions before asking for more.`, true)
  }
}

const WHERE_TO_LOOK: Record<Missing, string> = {
  integration: ' agentport__list_installed_integrations lists what is.',
  tool: ' agentport__list_integration_tools lists them.',
  credential: ' agentport__start_oauth_flow gives the link to share.',
  request: '',
}
