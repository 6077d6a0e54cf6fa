import { IssuerMismatchError, validateAuthorizationResponseIssuer } from '@modelcontextprotocol/client'
import type { SignInServer } from './grant.ts'
import { errorCode, sayingOf } from './provider-fetch.ts'

/** What a service sent the person back with (RFC 6749 §4.1.2, RFC 9207). */
export interface Answer {
  state: string
  code: string | null
  iss: string | undefined
  error: string | null
  errorDescription: string | null
}

/** Of our own making, so of one length. */
const STATE = /^[A-Za-z0-9_-]{43}$/
const MOST_CODE = 8_000

/** Null for what cannot be an answer to anything that we began. Pure. */
export function readAnswer(params: URLSearchParams): Answer | null {
  const one = (name: string): string | null => {
    const [value, ...more] = params.getAll(name)
    return value === undefined || more.length > 0 ? null : value
  }
  const state = one('state') ?? ''
  if (!STATE.test(state)) return null
  // Given twice is neither of the two.
  if (['code', 'iss', 'error'].some((name) => params.getAll(name).length > 1)) return null
  return {
    state,
    code: one('code'),
    iss: one('iss') ?? undefined,
    error: one('error'),
    errorDescription: one('error_description'),
  }
}

/**
 * Why the answer brings no access, with a word for the record and a sentence for the person; null when its code may be exchanged.
 * Who gives the answer is checked before anything in it is read: a code, or an error, of another server would be taken for this one's.
 */
export function flawOfAnswer(answer: Answer, server: SignInServer): { reason: string; sentence: string } | null {
  const { code, iss, error, errorDescription } = answer
  try {
    validateAuthorizationResponseIssuer({
      iss,
      expectedIssuer: server.issuer,
      issParameterSupported: server.authorization_response_iss_parameter_supported === true,
    })
  } catch (fault) {
    if (!(fault instanceof IssuerMismatchError)) throw fault
    const sentence =
      'The answer did not come from the server that you were sent to, so nothing of it was used. Start again; if this repeats, do not trust this server.'
    return { reason: 'other_issuer', sentence }
  }
  if (error === 'access_denied')
    return { reason: error, sentence: 'The sign-in was cancelled at the service. Nothing has changed.' }
  if (error !== null) {
    const sentence = `The service refused the sign-in (${errorCode(error)})${sayingOf(errorDescription ?? '')}. Nothing has changed.`
    return { reason: errorCode(error), sentence }
  }
  if (code === null || code === '' || code.length > MOST_CODE)
    return { reason: 'no_code', sentence: 'The service sent you back without an answer. Start again.' }
  return null
}
