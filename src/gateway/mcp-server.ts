import {
  type CallToolResult,
  CLIENT_CAPABILITIES_META_KEY,
  CLIENT_INFO_META_KEY,
  ProtocolError,
  ProtocolErrorCode,
  type Server,
  type ServerContext,
} from '@modelcontextprotocol/server'
import { approvalUrl, type Caller } from '../calls/calls.ts'
import type { Clock } from '../lib/clock.ts'
import { isJsonObject, type JsonObject } from '../lib/json.ts'
import { type Logger, logFault } from '../lib/logger.ts'
import { VERSION } from '../lib/version.ts'
import { INSTRUCTIONS } from './instructions.ts'
import { actOn, type MetaToolDeps } from './meta-tool-acts.ts'
import { MAY_WAIT, META_TOOLS } from './meta-tools.ts'
import { PassThroughServer } from './pass-through-server.ts'
import { ProgressReport } from './progress.ts'
import { offerSkills } from './skills-extension.ts'
import { HOLD_S, heldRequest, holdForApproval, needsApproval, opensLinks } from './url-elicitation.ts'

/** What the gateway knows of one HTTP request, handed through the SDK to the handlers. */
export interface RequestFacts {
  caller: Caller
  inexactNumbers: readonly string[]
  /** Aborted when the HTTP request is gone, or its agent; the SDK's own signal tells of cancellations. */
  gone: AbortSignal
}

const MOST_PROGRAM_SHOWN = 200

export const SERVER_INFO = { name: 'agentport', title: 'AgentPort', version: VERSION }

/** A server of our eleven tools, for one session or one request. What it may do is decided afresh from each request's facts. */
export function createMcpServer(deps: MetaToolDeps & { clock: Clock; logger: Logger }): Server {
  const capabilities = { tools: {}, resources: { listChanged: false } }
  const server = new PassThroughServer(SERVER_INFO, { capabilities, instructions: INSTRUCTIONS })
  offerSkills(server)

  server.setRequestHandler('tools/list', () => ({ tools: [...META_TOOLS] }))

  server.setRequestHandler('tools/call', async (request, context) => {
    const facts = factsOf(context)
    const { info, capabilities } = clientOf(server, context)
    const caller = { ...facts.caller, program: programName(info) ?? facts.caller.program }
    const progress = reportProgress(context, deps.clock)
    const options = {
      signal: AbortSignal.any([context.mcpReq.signal, facts.gone]),
      ...(progress ? { onProgress: progress.onUpstream } : {}),
    }
    const act = (name: string, args: JsonObject) =>
      actOn({ name, arguments: args, inexactNumbers: facts.inexactNumbers, caller, options }, deps).catch(
        (error: unknown) => {
          throw new ProtocolError(
            ProtocolErrorCode.InternalError,
            `Internal error ${logFault(deps.logger, error, { tool: name })}`,
          )
        },
      )
    const wait = async (requestId: string) =>
      known(await act('agentport__await_approval', { request_id: requestId, timeout_seconds: HOLD_S }))
    const { name, arguments: args = {} } = request.params
    try {
      const retried = MAY_WAIT.has(name) ? heldRequest(context) : null
      if (retried !== null) return await wait(retried)
      const result = known(await act(name, args as JsonObject), name)
      const requestId = needsApproval(result)
      if (requestId === null || !opensLinks(capabilities)) return result
      const message = 'An agent asks for your approval. Open the page to see exactly what would run, and decide there.'
      return await holdForApproval(context, { requestId, url: approvalUrl(deps.origin, requestId), message, wait })
    } finally {
      progress?.end()
    }
  })

  return server
}

/** @throws ProtocolError for a name that is none of our tools. */
function known(result: CallToolResult | null, name = ''): CallToolResult {
  if (result) return result
  throw new ProtocolError(
    ProtocolErrorCode.InvalidParams,
    `Unknown tool: ${name}. tools/list names the tools of this server.`,
  )
}

export function factsOf(context: ServerContext): RequestFacts {
  const facts = context.http?.authInfo?.extra
  if (!facts) throw new Error('A request reached the MCP server without having passed the guard')
  return facts as unknown as RequestFacts
}

function reportProgress(context: ServerContext, clock: Clock): ProgressReport | null {
  const token = context.mcpReq._meta?.progressToken
  if (token === undefined) return null
  return new ProgressReport(
    token,
    (params) => context.mcpReq.notify({ method: 'notifications/progress', params }),
    clock,
  )
}

/** What the client says of itself: with each request in the newer generation, once for a session in the older. */
function clientOf(server: Server, context: ServerContext): { info: unknown; capabilities: unknown } {
  const envelope: { [key: string]: unknown } = context.mcpReq.envelope ?? {}
  return {
    info: envelope[CLIENT_INFO_META_KEY] ?? server.getClientVersion(),
    capabilities: envelope[CLIENT_CAPABILITIES_META_KEY] ?? server.getClientCapabilities(),
  }
}

/** The program's own name for itself, for the log and the approval page; a claim, and shown as one. */
export function programName(claimed: unknown): string | null {
  if (!isJsonObject(claimed) || typeof claimed.name !== 'string') return null
  return `${claimed.name} ${typeof claimed.version === 'string' ? claimed.version : ''}`
    .trim()
    .slice(0, MOST_PROGRAM_SHOWN)
}

/** The name that a message gives its sender: the newer generation says it with each request, the older when it greets. */
export function claimedProgram(message: unknown): string | null {
  if (!isJsonObject(message) || !isJsonObject(message.params)) return null
  const { clientInfo, _meta } = message.params
  if (message.method === 'initialize') return programName(clientInfo)
  return isJsonObject(_meta) ? programName(_meta[CLIENT_INFO_META_KEY]) : null
}
