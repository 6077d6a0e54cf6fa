import {
  InsufficientScopeError,
  ProtocolError,
  SdkError,
  SdkErrorCode,
  SdkHttpError,
  UnauthorizedError,
} from '@modelcontextprotocol/client'
import { DeadlinePassed } from '../lib/deadline.ts'
import type { JsonObject } from '../lib/json.ts'
import { AnswerTooLarge, NotSent } from '../lib/outbound.ts'
import { NoAccess } from './oauth/access-tokens.ts'

/**
 * How a call to an upstream ended. `failed` is a promise that it did not run; whenever that is not certain it is `unknown`.
 * Messages are our own words: what an upstream writes into an error may carry anything.
 */
export type RunEnd =
  | { end: 'executed'; result: JsonObject }
  | { end: 'failed'; message: string }
  | { end: 'unknown'; message: string }

const failed = (message: string): RunEnd => ({ end: 'failed', message })
const unknown = (message: string): RunEnd => ({ end: 'unknown', message })

/** @param sent whether the request may have left this machine. */
export function endFromError(error: unknown, { sent, timeoutMs }: { sent: boolean; timeoutMs: number }): RunEnd {
  if (error instanceof NotSent || error instanceof NoAccess) return failed(error.message)
  // A server that fails while the session is made has not heard of the call yet.
  if (!sent && error instanceof SdkHttpError && error.status >= 500)
    return failed(`The server is not working at the moment (${error.status}).`)
  if (isUnauthorized(error)) return endFromStatus(401)
  if (error instanceof SdkHttpError) return endFromStatus(error.status)
  if (error instanceof InsufficientScopeError)
    return failed(
      'The server refused access (403): it needs wider access than was granted. agentport__start_oauth_flow gives the link at which the owner can grant it.',
    )
  if (error instanceof ProtocolError) {
    const end = endFromProtocolError(error.code)
    return sent || end.end === 'executed' ? end : failed(end.message)
  }
  if (!sent && error instanceof DeadlinePassed)
    return failed('The server did not answer in time when it was connected to.')
  if (!sent) return failed('The server could not be reached.')
  if (error instanceof AnswerTooLarge) return unknown(`The server's answer was too long to read. ${error.message}`)
  if (error instanceof SdkError && error.code === SdkErrorCode.RequestTimeout) {
    return unknown(`The server did not answer within ${timeoutMs / 1000} s.`)
  }
  if (error instanceof SdkError && error.code === SdkErrorCode.UnsupportedResultType) {
    const asksForInput = (error.data as { resultType?: unknown } | undefined)?.resultType === 'input_required'
    if (asksForInput) return failed('The server asked for more input, which a gateway cannot give.')
    return unknown('The server answered in a way that is not understood here; it may have begun to work.')
  }
  if (error instanceof SdkError && error.code === SdkErrorCode.InvalidResult)
    return unknown("The server's answer is no result of a tool.")
  return unknown('The connection to the server broke before its answer came.')
}

export const isUnauthorized = (error: unknown): boolean =>
  error instanceof UnauthorizedError || (error instanceof SdkHttpError && error.status === 401)

/** Refusals of the request itself. Others, such as a 303 after the work or a 409, tell nothing for certain. */
const NOT_RUN = new Set([400, 405, 406, 413, 415])

export function endFromStatus(status: number): RunEnd {
  if (status === 401) return failed('The server refused the credential (401). Its owner must enter a new one.')
  if (status === 403) return failed('The server refused access (403): the credential does not allow this.')
  if (status === 404) return failed('The server does not know this address (404).')
  if (status === 429) return failed('The server is limiting requests (429). Try again later.')
  if (status === 307 || status === 308)
    return failed(`The server redirects to another address (${status}), which is not followed.`)
  if (NOT_RUN.has(status)) return failed(`The server refused the request (${status}).`)
  if (status < 500) return unknown(`The server answered with ${status}, which may come before or after the work.`)
  return unknown(`The server failed while handling the call (${status}).`)
}

/** JSON-RPC errors that are given before a tool runs; any other may come after. */
function endFromProtocolError(code: number): RunEnd {
  if (code === -32602) return failed('The server refused the arguments.')
  if (code === -32601) return failed('The server does not offer this tool any more.')
  if (code === -32600 || code === -32700 || code === -32020 || code === -32022)
    return failed('The server refused the request as invalid.')
  if (code === -32021 || code === -32042)
    return failed('The server asks for something only a person at its own pages can do.')
  return unknown(`The server reported an internal error (${code}).`)
}
