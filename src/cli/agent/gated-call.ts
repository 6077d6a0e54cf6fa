import { type ToolResult, textOf } from '../link/agent-link.ts'
import { LinkLost } from '../link/endpoint.ts'
import { CommandError } from '../output.ts'
import { type Agent, type ExitCode, Interrupted } from './agent-command.ts'
import { patiently } from './patience.ts'

export interface Waiting {
  /** Whether to wait for a human at all. */
  wait: boolean
  /** 0: as long as it takes. */
  timeoutS: number
}

/**
 * Carries a call that a human may have to approve to its end: waits where that is wanted, says on stderr what is no result, and hands
 * a result to `print`. The call itself is made once.
 */
export async function carry(
  agent: Agent,
  call: () => Promise<ToolResult>,
  { wait, timeoutS }: Waiting,
  print: (result: ToolResult) => void,
): Promise<ExitCode> {
  const { out } = agent
  let result = await call().catch((error: unknown) => {
    if (error instanceof LinkLost)
      throw new CommandError(`${error.message} The call may have taken effect: check before repeating it.`)
    if (error instanceof Interrupted) out.note('The call was under way, and may have taken effect.')
    throw error
  })
  let url = approvalUrl(result)
  if (result.outcome === 'approval_required') out.note(`Approval required: ${url}`)
  if (wait && !isOver(result)) {
    result = await decided(agent, result, timeoutS)
    url = approvalUrl(result) ?? url
  }
  switch (result.outcome) {
    case 'executed':
      print(result)
      return result.isError ? 1 : 0
    case 'approval_required':
      return 2
    case 'pending':
      out.note(`Approval still pending: ${url ?? result.requestId}`)
      return 2
    default:
      throw new CommandError(refusal(result))
  }
}

const isOver = ({ outcome }: ToolResult): boolean => outcome !== 'approval_required' && outcome !== 'pending'

async function decided(agent: Agent, asked: ToolResult, timeoutS: number): Promise<ToolResult> {
  const { interrupted, out } = agent
  const request_id = asked.requestId
  const link = agent.link()
  try {
    const answer = await patiently({
      timeoutS,
      words: 'Waiting for a human to decide. Ctrl-C stops waiting; the request stays open.',
      interrupted,
      hasMet: true,
      ask: (timeout_seconds) => link.use('agentport__await_approval', { request_id, timeout_seconds }, interrupted),
      isOver,
    })
    return answer ?? { ...asked, outcome: 'pending' }
  } catch (error) {
    out.note('The request stays open: the same command again goes on with it.')
    throw error
  }
}

/** The outcome's own word, and what the gateway says of it. */
function refusal({ outcome, content }: ToolResult): string {
  const words = textOf(content).replace(/\s+/g, ' ').trim()
  return outcome === null ? words : `${outcome[0]?.toUpperCase()}${outcome.slice(1)}: ${words}`
}

/** As the gateway gives it: it may go by another name than the one that it is reached by from here. */
function approvalUrl({ content, requestId }: ToolResult): string | null {
  const words = textOf(content).split(/\s+/)
  return words.find((word) => word.endsWith(`/approve/${requestId}`)) ?? null
}
