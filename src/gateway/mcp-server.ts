import {
  CLIENT_INFO_META_KEY,
  ProtocolError,
  ProtocolErrorCode,
  Server,
  type ServerContext,
} from '@modelcontextprotocol/server'
import type { Caller } from '../calls/calls.ts'
import type { Clock } from '../lib/clock.ts'
import { isJsonObject, type JsonObject } from '../lib/json.ts'
import { VERSION } from '../lib/version.ts'
import { INSTRUCTIONS } from './instructions.ts'
import { actOn, type MetaToolDeps } from './meta-tool-acts.ts'
import { META_TOOLS } from './meta-tools.ts'
import { ProgressReport } from './progress.ts'

/** What the gateway knows of one HTTP request, handed through the SDK to the handlers. */
export interface RequestFacts {
  caller: Caller
  inexactNumbers: readonly string[]
  /** Aborted when the HTTP request is gone; the SDK's own signal tells of cancellations. */
  gone: AbortSignal
}

const MOST_PROGRAM_SHOWN = 200

/** A server of our eleven tools, for one session or one request. What it may do is decided afresh from each request's facts. */
export function createMcpServer(deps: MetaToolDeps & { clock: Clock }): Server {
  const server = new Server(
    { name: 'agentport', title: 'AgentPort', version: VERSION },
    { capabilities: { tools: {} }, instructions: INSTRUCTIONS },
  )

  server.setRequestHandler('tools/list', () => ({ tools: [...META_TOOLS] }))

  server.setRequestHandler('tools/call', async (request, context) => {
    const { caller, inexactNumbers, gone } = factsOf(context)
    const progress = reportProgress(context, deps.clock)
    try {
      const result = await actOn(
        {
          name: request.params.name,
          arguments: (request.params.arguments ?? {}) as JsonObject,
          inexactNumbers,
          caller: { ...caller, program: programOf(server, context) ?? caller.program },
          options: {
            signal: AbortSignal.any([context.mcpReq.signal, gone]),
            ...(progress ? { onProgress: progress.onUpstream } : {}),
          },
        },
        deps,
      )
      if (result) return result
    } finally {
      progress?.end()
    }
    throw new ProtocolError(
      ProtocolErrorCode.InvalidParams,
      `Unknown tool: ${request.params.name}. tools/list names the tools of this server.`,
    )
  })

  return server
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

/** The program's own name for itself, for the log and the approval page; a claim, and shown as one. */
function programOf(server: Server, context: ServerContext): string | null {
  const envelope: { [key: string]: unknown } = context.mcpReq.envelope ?? {}
  const claimed = envelope[CLIENT_INFO_META_KEY] ?? server.getClientVersion()
  if (!isJsonObject(claimed) || typeof claimed.name !== 'string') return null
  return `${claimed.name} ${typeof claimed.version === 'string' ? claimed.version : ''}`
    .trim()
    .slice(0, MOST_PROGRAM_SHOWN)
}
