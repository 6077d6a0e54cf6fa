import type { JsonObject } from '../../lib/json.ts'
import { type Arguments, stringOption } from '../arguments.ts'
import { Endpoint } from '../link/endpoint.ts'
import { askRest } from '../link/rest.ts'
import { CommandError } from '../output.ts'
import { type Agent, agentCommand } from './agent-command.ts'
import { fields } from './human-text.ts'
import { patiently } from './patience.ts'
import { readSeconds } from './waiting-options.ts'

/** It only looks on: scripts wait with this and then repeat their call, which must find the approval still there to be used. */
export const toolsAwaitApproval = agentCommand({
  words: 'tools await-approval',
  takes: '--request-id ID | --approval-url URL [--timeout SECONDS]',
  about:
    'Waits for the decision about a call that asked for approval; the same call again then runs it. Code 0: approved; 2: still pending; 1: anything else.',
  example: 'agentport tools await-approval --approval-url "$url" --timeout 300',
  options: { 'request-id': { type: 'string' }, 'approval-url': { type: 'string' }, timeout: { type: 'string' } },
  async act(agent) {
    const request = await decision(agent, readRequestId(agent.args), readSeconds(agent.args, 'timeout', 0))
    const status = String(request?.status ?? 'pending')
    if (request) agent.out.result(request, (screen) => fields(request, screen))
    if (status !== 'approved') agent.out.note(statusWords(status, request))
    return status === 'approved' ? 0 : status === 'pending' ? 2 : 1
  },
})

function statusWords(status: string, request: JsonObject | null): string {
  if (status === 'pending') return 'Approval still pending.'
  return `${status[0]?.toUpperCase()}${status.slice(1)}: ${request?.message}`
}

/** @throws CommandError */
function readRequestId(args: Arguments): string {
  const id = stringOption(args, 'request-id')
  const url = stringOption(args, 'approval-url')
  if ((id === undefined) === (url === undefined)) throw new CommandError('Give one of --request-id and --approval-url.')
  const found = id ?? /\/approve\/([^/?#]+)/.exec(url ?? '')?.[1]
  if (!found) throw new CommandError('That is no approval link: it would end in /approve/ and the id of a request.')
  return found
}

function decision(agent: Agent, id: string, timeoutS: number): Promise<JsonObject | null> {
  const endpoint = new Endpoint(agent.instance())
  const { interrupted } = agent
  const path = `/api/tool-approvals/requests/${encodeURIComponent(id)}/await`
  return patiently({
    timeoutS,
    words: 'Waiting for a human to decide.',
    interrupted,
    hasMet: false,
    ask: (seconds) =>
      askRest(endpoint, { method: 'POST', path, body: { timeout_seconds: Math.ceil(seconds) }, signal: interrupted }),
    isOver: ({ status }) => status !== 'pending',
  })
}
