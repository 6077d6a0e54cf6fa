/**
 * Owns what an MCP client speaks to: one URL for both protocol generations, decided per request, our eleven tools, and the endpoints
 * by which a client signs in.
 * Promises that a session belongs to the principal that opened it, and that identity is never remembered by session.
 * Deliberately resolves no credential and runs no call: the guard in front names the caller, the calls room conducts.
 */
import {
  type AuthInfo,
  createMcpHandler,
  InMemoryServerEventBus,
  isInitializeRequest,
  isLegacyRequest,
  type Server,
  WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server'
import type { Caller } from '../calls/calls.ts'
import type { Identity } from '../identity/identity.ts'
import type { Clock } from '../lib/clock.ts'
import { AppError } from '../lib/errors.ts'
import { jsonOrEventStream } from '../lib/held-answer.ts'
import { newId } from '../lib/ids.ts'
import { isJsonObject, type JsonObject } from '../lib/json.ts'
import { readJsonBody } from '../lib/json-body.ts'
import { type Logger, logFault } from '../lib/logger.ts'
import type { RequestBodies } from '../lib/request-body.ts'
import { claimedProgram, createMcpServer, type RequestFacts } from './mcp-server.ts'
import { actOn, type MetaToolDeps } from './meta-tool-acts.ts'
import { MAY_WAIT } from './meta-tools.ts'
import { type PlainCall, plainAnswer, plainError, readPlainCall } from './plain-call.ts'
import { type Session, Sessions } from './sessions.ts'

export { OUTCOME_META, REQUEST_META } from '../calls/calls.ts'
export { oauthEndpoints, type ProgramRoute } from './oauth-endpoints.ts'

export interface Gateway {
  /**
   * @param gone aborted when the client has hung up, or its agent is no more.
   * @returns null when the caller is no more by the time that its request has arrived whole.
   */
  fetch(request: Request, caller: Caller, gone: AbortSignal): Promise<Response | null>
  /** Ends idle sessions and those of principals that are no more. */
  sweep(isLive: (principalId: string) => boolean): void
  close(): Promise<void>
}

/** @param newServer another server behind the same transport code; the official conformance suite brings its own tools. */
export function createGateway(
  deps: MetaToolDeps & {
    clock: Clock
    logger: Logger
    bodies: RequestBodies
    identity: { agents: Pick<Identity['agents'], 'current' | 'noteProgram'> }
  },
  newServer?: () => Server,
): Gateway {
  const makeServer = newServer ?? (() => createMcpServer(deps))
  const sessions = new Sessions(() => deps.clock.now())
  const bus = new InMemoryServerEventBus()
  const modern = createMcpHandler(makeServer, { legacy: 'reject', bus })
  // Streaming from the start keeps a long wait alive: comments flow before the answer does.
  const modernStreaming = createMcpHandler(makeServer, { legacy: 'reject', bus, responseMode: 'sse' })

  async function ofSession(
    request: Request,
    parsedBody: unknown,
    authInfo: AuthInfo,
    session: Session | null,
  ): Promise<Response> {
    if (session) {
      cancelPlainCall(parsedBody, session)
      return session.transport.handleRequest(request, { authInfo, parsedBody })
    }
    if (request.headers.has('mcp-session-id')) return rpcError(404, -32001, 'Session not found. Initialize a new one.')
    const messages = Array.isArray(parsedBody) ? parsedBody : [parsedBody]
    if (!messages.some(isInitializeRequest)) {
      return rpcError(400, -32000, 'This request needs an Mcp-Session-Id header. Send initialize first.')
    }
    const server = makeServer()
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: newId,
      onsessioninitialized: (sessionId) =>
        sessions.add({ id: sessionId, principalId: authInfo.clientId, server, transport }),
      onsessionclosed: (sessionId) => sessions.forget(sessionId),
    })
    await server.connect(transport)
    return transport.handleRequest(request, { authInfo, parsedBody })
  }

  function plain(call: PlainCall, facts: RequestFacts, session: Session | null): Promise<Response> {
    const { name, arguments: args } = call
    const { inexactNumbers, gone } = facts
    const caller = { ...facts.caller, program: call.program ?? facts.caller.program }
    const end = new AbortController()
    const abort = () => end.abort()
    gone.addEventListener('abort', abort, { once: true })
    session?.plainCalls.set(call.id, end)
    const json = actOn({ name, arguments: args, inexactNumbers, caller, options: { signal: end.signal } }, deps)
      .then(
        (result) => plainAnswer(call, result as unknown as JsonObject),
        (error) => plainError(call, -32603, `Internal error ${logFault(deps.logger, error, { tool: name })}`),
      )
      .then((text) => {
        gone.removeEventListener('abort', abort)
        if (session?.plainCalls.get(call.id) === end) session.plainCalls.delete(call.id)
        // Who cancelled wants no answer.
        return end.signal.aborted ? null : text
      })
    return jsonOrEventStream(json, abort)
  }

  return {
    async fetch(request, from, gone) {
      const body = await readBody(deps.bodies, request, from.principal.id)
      if (body instanceof Response) return body
      const { parsedBody, inexactNumbers } = body
      // A body may take half a minute to arrive, and a revocation or a limit in the meantime holds already.
      const principal = deps.identity.agents.current(from.principal)
      if (!principal) return null
      const program = claimedProgram(parsedBody)
      if (program !== null && program !== principal.program) deps.identity.agents.noteProgram(principal, program)
      const caller = { ...from, principal }
      const facts: RequestFacts = { caller, inexactNumbers, gone }
      const sessionId = request.headers.get('mcp-session-id')
      const session = sessionId === null ? null : sessions.find(sessionId, caller.principal.id)
      // Another server has other tools, and one that is not found leads to the SDK's own refusals.
      const isPlain = !newServer && (session !== null || sessionId === null)
      const call = isPlain ? readPlainCall(request, parsedBody, session) : null
      if (call) return plain(call, facts, session)
      // The credential stays behind: what is handed on only names the principal.
      const authInfo: AuthInfo = { token: '', clientId: caller.principal.id, scopes: [], extra: { ...facts } }
      if (await isLegacyRequest(request, parsedBody)) return ofSession(request, parsedBody, authInfo, session)
      const mayWait = MAY_WAIT.has(request.headers.get('mcp-name') ?? '')
      return (mayWait ? modernStreaming : modern).fetch(request, { authInfo, parsedBody })
    },
    sweep: (isLive) => sessions.sweep(isLive),
    async close() {
      sessions.endAll()
      await Promise.all([modern.close(), modernStreaming.close()])
    },
  }
}

/** The SDK knows nothing of plain calls, so a word about one of them is heard here too. */
function cancelPlainCall(message: unknown, { plainCalls }: Session): void {
  if (!isJsonObject(message) || message.method !== 'notifications/cancelled' || !isJsonObject(message.params)) return
  plainCalls.get(message.params.requestId as string | number)?.abort()
}

async function readBody(
  bodies: RequestBodies,
  request: Request,
  principalId: string,
): Promise<{ parsedBody: unknown; inexactNumbers: string[] } | Response> {
  if (request.method !== 'POST') return { parsedBody: undefined, inexactNumbers: [] }
  try {
    const body = await readJsonBody(bodies, request, principalId)
    if (typeof body === 'string') return rpcError(400, -32700, 'The body is not JSON in UTF-8.')
    return { parsedBody: body.value, inexactNumbers: body.inexact }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return rpcError(error.status, -32600, error.message, error.code === 'too_slow' ? { connection: 'close' } : {})
  }
}

function rpcError(status: number, code: number, message: string, headers: Record<string, string> = {}): Response {
  return Response.json({ jsonrpc: '2.0', error: { code, message }, id: null }, { status, headers })
}
