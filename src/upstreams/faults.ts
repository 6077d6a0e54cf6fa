import { ProtocolError, SdkError, SdkErrorCode, SdkHttpError, UnauthorizedError } from '@modelcontextprotocol/client'
import { DeadlinePassed } from '../lib/deadline.ts'
import { AnswerTooLarge, NotSent } from '../lib/outbound.ts'
import { endFromStatus } from './run-end.ts'

/** What is wrong with a server: it takes no credential of ours, does not answer, or answers as one that does not work. */
export interface Fault {
  kind: 'sign_in' | 'unreachable' | 'failing'
  /** In our own words, safe to show. */
  message: string
}

const unreachable = (message: string): Fault => ({ kind: 'unreachable', message })
const failing = (message: string): Fault => ({ kind: 'failing', message })

/** What an error says about the server, whatever it says about the call; null when it says nothing, as when the caller gave up. */
export function faultOf(error: unknown): Fault | 'answers' | null {
  if (error instanceof NotSent) return unreachable(error.message)
  if (error instanceof DeadlinePassed) return unreachable('The server did not answer in time.')
  if (error instanceof SdkHttpError && error.code !== SdkErrorCode.ClientHttpUnexpectedContent)
    return faultOfStatus(error.status)
  if (error instanceof UnauthorizedError) return faultOfStatus(401)
  // A refusal, or an error of a tool: the server itself works.
  if (error instanceof ProtocolError || error instanceof AnswerTooLarge) return 'answers'
  if (error instanceof SdkError) return faultOfCode(error.code)
  // What is said of a connection that was made and then lost, or of bytes that are no answer.
  if (error instanceof SyntaxError) return failing("The server's answer made no sense.")
  if (error instanceof Error && isOfNetwork((error as { code?: unknown }).code))
    return unreachable('The connection to the server broke before its answer came.')
  return null
}

/** A full disk of ours has a code too, and is no fault of a server. */
const isOfNetwork = (code: unknown): boolean => typeof code === 'string' && !code.startsWith('SQLITE_')

function faultOfStatus(status: number): Fault | 'answers' | null {
  if (status === 401) {
    const { message } = endFromStatus(401) as { message: string }
    return { kind: 'sign_in', message }
  }
  // It limits how often it is asked; that is heard elsewhere, and no fault.
  if (status === 429) return null
  return status >= 500 ? failing(`The server is not working at the moment (${status}).`) : 'answers'
}

function faultOfCode(code: SdkErrorCode): Fault | 'answers' | null {
  switch (code) {
    case SdkErrorCode.RequestTimeout:
      return unreachable('The server did not answer in time.')
    case SdkErrorCode.ConnectionClosed:
    case SdkErrorCode.SendFailed:
      return unreachable('The connection to the server broke before its answer came.')
    case SdkErrorCode.InvalidResult:
    case SdkErrorCode.EraNegotiationFailed:
    case SdkErrorCode.ClientHttpUnexpectedContent:
    case SdkErrorCode.ClientHttpNotImplemented:
      return failing("The server's answer made no sense.")
    case SdkErrorCode.UnsupportedResultType:
      return 'answers'
    default:
      return null
  }
}
