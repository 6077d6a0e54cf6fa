import type { OAuthClient } from './oauth-clients.ts'
import type { OAuthErrorCode } from './oauth-errors.ts'
import { redirectUriMatches } from './redirect-uri.ts'
import { readParameters, resourcesOf } from './request-parameters.ts'

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

/** The parameters of a request, each once, and the resources it is for. Pure. */
export const readAuthorizationRequest = (params: URLSearchParams) => ({
  ...readParameters(params, [
    'client_id',
    'redirect_uri',
    'response_type',
    'response_mode',
    'scope',
    'state',
    'code_challenge',
    'code_challenge_method',
    'request',
    'request_uri',
  ]),
  resources: resourcesOf(params),
})

/** @param resource the one thing that tokens are given for: the /mcp URL. Pure. */
export function checkAuthorizationRequest(
  { asked, repeated, resources }: ReturnType<typeof readAuthorizationRequest>,
  client: OAuthClient | null,
  resource: string,
): CheckedRequest {
  const onlyTell = (error: OAuthErrorCode, description: string): CheckedRequest => ({
    ok: false,
    error,
    description,
    redirectUri: null,
    state: null,
  })
  if (asked.client_id === null)
    return onlyTell('invalid_request', 'The request does not name one program in client_id.')
  if (!client) return onlyTell('invalid_client', 'This program is not known here. It may register itself anew.')
  if (repeated.includes('redirect_uri')) return onlyTell('invalid_request', 'redirect_uri is given more than once.')
  const [only] = client.redirectUris.length === 1 ? client.redirectUris : []
  const redirectUri = asked.redirect_uri ?? only ?? null
  if (redirectUri === null || !client.redirectUris.some((registered) => redirectUriMatches(registered, redirectUri)))
    return onlyTell('invalid_request', 'The redirect_uri is not one that this program has registered.')

  const { state } = asked
  const refuse = (error: OAuthErrorCode, description: string): CheckedRequest => ({
    ok: false,
    error,
    description,
    redirectUri,
    state: state !== null && state.length <= MOST_STATE ? state : null,
  })
  if (repeated.length > 0) return refuse('invalid_request', `${repeated[0]} is given more than once.`)
  if (state !== null && state.length > MOST_STATE)
    return refuse('invalid_request', `state is longer than ${MOST_STATE} characters.`)
  if (asked.response_type === null) return refuse('invalid_request', 'response_type is missing; it must be code.')
  if (asked.response_type !== 'code') return refuse('unsupported_response_type', 'response_type must be code.')
  if ((asked.response_mode ?? 'query') !== 'query')
    return refuse('invalid_request', 'response_mode must be query, or left out.')
  if (asked.request !== null)
    return refuse('request_not_supported', 'Request objects are not taken; send plain parameters.')
  if (asked.request_uri !== null)
    return refuse('request_uri_not_supported', 'Request objects are not taken; send plain parameters.')
  const codeChallenge = asked.code_challenge ?? ''
  if (asked.code_challenge_method !== 'S256' || !CODE_CHALLENGE.test(codeChallenge))
    return refuse('invalid_request', 'PKCE is required: a code_challenge with code_challenge_method S256.')
  if (!resources.every((each) => isResource(each, resource)))
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
