import {
  exchangeAuthorization,
  type FetchLike,
  OAuthError,
  type OAuthTokens,
  refreshAuthorization,
} from '@modelcontextprotocol/client'
import { type Client, type Grant, readTokens, type SignInServer } from './grant.ts'
import { errorCode, providerFault } from './provider-fetch.ts'

/** What the answer to a sign-in is checked against, and exchanged with. */
export interface Asked {
  server: SignInServer
  client: Client
  resource: string | null
  scope: string | null
  verifier: string
  redirectUri: string
}

/** RFC 6749 §4.1.3. @throws AppError bad_gateway, or what providerFault reads. */
export async function exchangeCode(
  { server, client, resource, scope, verifier, redirectUri }: Asked,
  answer: { code: string; iss: string | undefined },
  now: number,
  ask: FetchLike,
): Promise<Grant> {
  const tokens = await exchangeAuthorization(server.issuer, {
    ...common(server, client, resource, ask),
    authorizationCode: answer.code,
    codeVerifier: verifier,
    redirectUri,
    ...(answer.iss === undefined ? {} : { iss: answer.iss }),
  })
  const read = readTokens(tokens, now)
  return { ...read, scope: read.scope ?? scope, server, client, resource }
}

export type Renewal =
  | { end: 'renewed'; grant: Grant }
  /** The grant is over: only a person can bring another. */
  | { end: 'refused'; code: string; refusesClient: boolean }
  /** Nobody knows whether it is; the refresh token is worth another try. */
  | { end: 'unavailable'; why: string }

/** Answers that are about the moment, not about the grant. */
const PASSING = new Set(['server_error', 'temporarily_unavailable', 'too_many_requests', 'slow_down'])

/** Who we are toward the server is what it refuses: the next sign-in begins by making ourselves known anew. */
const CLIENT_REFUSED = new Set(['invalid_client', 'unauthorized_client'])
export const refusesClient = (error: unknown): boolean => error instanceof OAuthError && CLIENT_REFUSED.has(error.code)

/** RFC 6749 §6. Of the new grant the refresh token is the newest there is. */
export async function renew(grant: Grant & { refreshToken: string }, now: number, ask: FetchLike): Promise<Renewal> {
  const { server, client, resource, refreshToken } = grant
  let tokens: OAuthTokens
  try {
    const asked = common(server, client, resource, ask)
    tokens = await refreshAuthorization(server.issuer, { ...asked, refreshToken })
    const read = readTokens(tokens, now)
    // A server that does not rotate them says nothing about the one it goes on taking.
    const newest = { refreshToken: read.refreshToken ?? refreshToken, scope: read.scope ?? grant.scope }
    return { end: 'renewed', grant: { ...grant, ...read, ...newest } }
  } catch (error) {
    if (error instanceof OAuthError && !PASSING.has(error.code))
      return { end: 'refused', code: errorCode(error.code), refusesClient: refusesClient(error) }
    // An agent reads this, and is told nothing in a stranger's words.
    const why = providerFault(error, null)
    if (why === null) throw error
    return { end: 'unavailable', why }
  }
}

function common(server: SignInServer, client: Client, resource: string | null, fetchFn: FetchLike) {
  return {
    metadata: server,
    clientInformation: client,
    addClientAuthentication: (headers: Headers, params: URLSearchParams) =>
      authenticate(client, server.token_endpoint_auth_methods_supported, headers, params),
    ...(resource === null ? {} : { resource }),
    fetchFn,
  }
}

/** RFC 6749 §2.3.1, by the method that was registered, or else by one that the server takes. */
function authenticate(client: Client, taken: string[] | undefined, headers: Headers, params: URLSearchParams): void {
  const { client_id, client_secret: secret } = client
  const registered = 'token_endpoint_auth_method' in client ? client.token_endpoint_auth_method : undefined
  // In the body a secret travels as it is; in the header servers disagree on how it is encoded.
  const inBody = registered ? registered === 'client_secret_post' : taken?.includes('client_secret_post')
  if (secret === undefined || registered === 'none') {
    params.set('client_id', client_id)
  } else if (inBody) {
    params.set('client_id', client_id)
    params.set('client_secret', secret)
  } else {
    const pair = [client_id, secret].map(encodeURIComponent).join(':')
    headers.set('Authorization', `Basic ${Buffer.from(pair).toString('base64')}`)
  }
}
