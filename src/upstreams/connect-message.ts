import { ProtocolError, SdkHttpError } from '@modelcontextprotocol/client'
import { DeadlinePassed } from '../lib/deadline.ts'
import { AppError } from '../lib/errors.ts'
import type { Credentials } from './connection.ts'
import { CONNECT_TIMEOUT_MS } from './remote-mcp.ts'
import { endFromError } from './run-end.ts'
import { theirWords } from './their-words.ts'

/** Why a server could not be connected to, or asked for its tools. Our own words, safe for anybody. */
export function connectMessage(error: unknown): string {
  if (error instanceof AppError) return error.message
  if (error instanceof DeadlinePassed) return 'The server did not answer in time.'
  const end = endFromError(error, { sent: true, timeoutMs: CONNECT_TIMEOUT_MS })
  return end.end === 'executed' ? '' : end.message
}

/** For the person who has just entered a credential: why it was not taken, and what the service says about it. */
export function refusalInWords(error: unknown, credentials: Credentials | null): AppError {
  if (error instanceof AppError) return error
  if (credentials === null) return new AppError('bad_gateway', connectMessage(error))
  const { token, extra } = credentials
  const said = error instanceof SdkHttpError ? error.data.text : error instanceof ProtocolError ? error.message : null
  const words = theirWords(said ?? '', [token, ...Object.values(extra)])
  return new AppError('bad_gateway', connectMessage(error) + (words === null ? '' : ` It says ${words}.`))
}
