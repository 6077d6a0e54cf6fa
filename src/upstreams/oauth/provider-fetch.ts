import {
  type FetchLike,
  InsecureTokenEndpointError,
  IssuerMismatchError,
  OAuthError,
  RegistrationRejectedError,
} from '@modelcontextprotocol/client'
import { AppError } from '../../lib/errors.ts'
import { AnswerTooLarge, hostAndPort, NotSent, type OutboundFetch } from '../../lib/outbound.ts'
import { openedFor } from '../connection.ts'
import { theirWords } from '../their-words.ts'

/** Metadata, registrations and tokens are small; none of their servers may hold a person up for long. */
const MAX_ANSWER_BYTES = 256 * 1024
const WITHIN_MS = 10_000

/** What stands in a sentence after "cannot sign in": a rule of ours was broken on the way. */
class Refused extends Error {}

/**
 * The way to whoever takes part in a sign-in. Each address was named by a stranger, so each request goes out guarded on its own:
 * over https, to no private address that the owner has not opened, bounded in time and size, and no redirect is followed.
 * @param opened the `host:port`s that the owner opened, as the connection's row has them.
 */
export function providerFetch(outbound: OutboundFetch, opened: string | null): FetchLike {
  return async (target, init = {}) => {
    const url = new URL(target)
    checkAddress(url, opened)
    const response = await outbound(
      url,
      { ...init, signal: AbortSignal.timeout(WITHIN_MS) },
      { allowedPrivate: openedFor(url, opened), maxBytes: MAX_ANSWER_BYTES },
    )
    if (response.status < 300 || response.status > 399) return response
    await response.body?.cancel()
    throw new Refused(`${url.host} redirects to another address, which is not followed`)
  }
}

/** Tokens, codes and the person go over https only; what the owner opened in their own network may be plain. @throws */
export function checkAddress(url: URL, opened: string | null): void {
  if (url.username || url.password) throw new Refused('an address holds a user name or password')
  const isPlainButOpened = url.protocol === 'http:' && openedFor(url, opened) !== null
  if (url.protocol !== 'https:' && !isPlainButOpened)
    throw new Refused(`${url.protocol}//${hostAndPort(url)} is not https, and a sign-in goes over nothing else`)
}

/**
 * Whatever went wrong with a provider, as the end of a sentence. Null for what is our own fault.
 * @param quoting what the provider says itself is for its owner's eyes, without the secrets that it may repeat; null for anybody else's.
 */
export function providerFault(
  error: unknown,
  quoting: { without: readonly string[] } | null = { without: [] },
): string | null {
  const saying = (body: string) => (quoting === null ? '' : sayingOf(body, quoting.without))
  if (error instanceof AppError || error instanceof NotSent) return error.message.replace(/\.$/, '')
  if (error instanceof Refused) return error.message
  if (error instanceof AnswerTooLarge) return 'its answer is too long'
  if (error instanceof InsecureTokenEndpointError)
    return 'its token endpoint is not https, and tokens go over nothing else'
  if (error instanceof IssuerMismatchError)
    return 'its sign-in server calls itself by another name than the one it was found under'
  if (error instanceof RegistrationRejectedError)
    return `its sign-in server does not register AgentPort (${error.status})${saying(error.body)}`
  if (error instanceof OAuthError) {
    // An answer that is no OAuth error is given by the SDK as this code, with the whole body as its message: that stays here.
    if (error.code === 'server_error') return 'its sign-in server is not working at the moment'
    return `its sign-in server answered ${errorCode(error.code)}${saying(error.message === error.code ? '' : error.message)}`
  }
  if (!(error instanceof Error)) return null
  if (error instanceof DOMException && error.name === 'TimeoutError')
    return `its sign-in server did not answer within ${WITHIN_MS / 1000} s`
  // Bun's errors of the network carry a code of the system's; so does an address that cannot be read.
  const { code } = error as { code?: unknown }
  if (typeof code === 'string' && code !== 'ERR_INVALID_URL') return 'the connection to its sign-in server broke'
  if (error instanceof SyntaxError || error.name === 'ZodError' || code === 'ERR_INVALID_URL')
    return 'what its sign-in server answers is not understood'
  const status = /^HTTP (\d{3}) /.exec(error.message)?.[1]
  if (status !== undefined) return `its sign-in server answered ${status}`
  const lacksSomething = /^Incompatible auth server/.test(error.message)
  return lacksSomething ? 'its sign-in server does not offer what a sign-in needs' : null
}

/** As RFC 6749 has them; anything else is not repeated. */
export const errorCode = (code: string): string => (/^[a-z][a-z0-9_]{0,49}$/.test(code) ? code : 'an unknown error')

/** The end of a sentence about a refusal. */
export function sayingOf(body: string, without: readonly string[] = []): string {
  const words = theirWords(body, without)
  return words === null ? '' : `, and says ${words}`
}
