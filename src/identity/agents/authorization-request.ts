import type { OAuthClient } from './oauth-clients.ts'
import type { OAuthErrorCode } from './oauth-errors.ts'
import { redirectUriMatches } from './redirect-uri.ts'
/** A program's request that a person lets it in, checked. */
export interface AuthorizationRequest {
  clientId: string
  clientName: string
  redirectUri: string
  state: string | null
  codeChallenge: string
}

export type CheckedRequest =
  | { ok: true; request: AuthorizationRequest; client: OAuthClient }
  /** `redirectUri` is null when it is not known where an answer may go: then only the person is told. */
  | { ok: false; error: OAuthErrorCode; description: string; redirectUri: string | null; state: string | null }

const CODE_CHALLENGE = /^[A-Za-z0-9_-]{43}$/
const MOST_STATE = 4_000

/** @param resource the one thing that tokens are given for: the /mcp URL. Pure. */
export function checkAuthorizationRequest(
  params: URLSearchParams,
  client: OAuthClient | null,
  resource: string,
): CheckedRequest {
  const twice = [...new Set(params.keys())].find((name) => name !== 'resource' && params.getAll(name).length > 1)
  const one = (name: string) => (name === twice ? null : params.get(name))
  const asked = one('redirect_uri')
  const state = one('state')
  const onlyTell = (error: OAuthErrorCode, description: string): CheckedRequest => ({
    ok: false,
    error,
    description,
    redirectUri: null,
    state: null,
  })
  if (!client) return onlyTell('invalid_client', 'This program is not known here. It may register itself anew.')
  const [only] = client.redirectUris.length === 1 ? client.redirectUris : []
  const redirectUri = params.has('redirect_uri') ? asked : (only ?? null)
  if (redirectUri === null || !client.redirectUris.some((registered) => redirectUriMatches(registered, redirectUri)))
    return onlyTell('invalid_request', 'The redirect_uri is not one that this program has registered.')

  const refuse = (error: OAuthErrorCode, description: string): CheckedRequest => ({
    ok: false,
    error,
    description,
    redirectUri,
    state: state !== null && state.length <= MOST_STATE ? state : null,
  })
  if (twice !== undefined) return refuse('invalid_request', `${twice} is given more than once.`)
  if (state !== null && state.length > MOST_STATE)
    return refuse('invalid_request', `state is longer than ${MOST_STATE} characters.`)
  if (one('response_type') !== 'code') return refuse('unsupported_response_type', 'response_type must be code.')
  if ((one('response_mode') ?? 'query') !== 'query')
    return refuse('invalid_request', 'response_mode must be query, or left out.')
  if (one('request') !== null || one('request_uri') !== null)
    return refuse('invalid_request', 'Request objects are not taken; send plain parameters.')
  const codeChallenge = one('code_challenge') ?? ''
  if (one('code_challenge_method') !== 'S256' || !CODE_CHALLENGE.test(codeChallenge))
    return refuse('invalid_request', 'PKCE is required: a code_challenge with code_challenge_method S256.')
  if (!params.getAll('resource').every((each) => isResource(each, resource)))
    return refuse('invalid_target', `Tokens are given for ${resource} only.`)
  return {
    ok: true,
    request: { clientId: client.id, clientName: client.name, redirectUri, state, codeChallenge },
    client,
  }
}

/** Clients write the same URL with and without a slash at its end. */
export const isResource = (asked: string, resource: string): boolean => asked === resource || asked === `${resource}/`

/** Where the answer goes, with who gives it (RFC 9207), so that a program that speaks to several servers is not mixed up. */
export function answerUri(
  { redirectUri, state }: { redirectUri: string; state: string | null },
  issuer: string,
  answer: { code: string } | { error: OAuthErrorCode; error_description: string },
): string {
  const params = new URLSearchParams({ ...answer, ...(state === null ? {} : { state }), iss: issuer })
  return `${redirectUri}${redirectUri.includes('?') ? '&' : '?'}${params}`
}
