import type {
  AuthorizationServerMetadata,
  OAuthClientInformationMixed,
  OAuthTokens,
} from '@modelcontextprotocol/client'
import { AppError } from '../../lib/errors.ts'

/** Of an authorization server's metadata, what a sign-in and its renewals need; in the terms of RFC 8414. */
export type SignInServer = Pick<
  AuthorizationServerMetadata,
  'issuer' | 'authorization_endpoint' | 'token_endpoint' | 'response_types_supported'
> & {
  token_endpoint_auth_methods_supported?: string[] | undefined
  code_challenge_methods_supported?: string[] | undefined
  authorization_response_iss_parameter_supported?: boolean | undefined
}

/** Who we are toward it. */
export type Client = OAuthClientInformationMixed

/** What a person's sign-in has given us, and whom it concerns: all that a renewal takes. Sealed as a whole. */
export interface Grant {
  accessToken: string
  refreshToken: string | null
  issuedAt: number
  /** Null when the server did not say. */
  expiresAt: number | null
  /** As granted; where the server does not say, as it was asked for. */
  scope: string | null
  /** Who gave it: tokens and client go to nobody else. */
  server: SignInServer
  client: Client
  /** RFC 8707; null toward a server that publishes no metadata of its own. */
  resource: string | null
}

/** More than RFC 6750 §2.1 allows, since services do not keep to it; nothing that could end a header. */
const ACCESS_TOKEN = /^[\x21-\x7e]+$/
const MOST_TOKEN = 16_000

/** @throws AppError bad_gateway when these are no tokens that we can use. */
export function readTokens(
  tokens: OAuthTokens,
  now: number,
): Pick<Grant, 'accessToken' | 'refreshToken' | 'issuedAt' | 'expiresAt'> & { scope: string | null } {
  const { access_token, refresh_token, token_type, expires_in, scope } = tokens
  if (token_type.toLowerCase() !== 'bearer' || !ACCESS_TOKEN.test(access_token) || access_token.length > MOST_TOKEN)
    throw new AppError('bad_gateway', 'The sign-in server gave a token of a kind that cannot be used here.')
  const lasts = typeof expires_in === 'number' && Number.isFinite(expires_in) && expires_in > 0
  return {
    accessToken: access_token,
    refreshToken: refresh_token || null,
    issuedAt: now,
    expiresAt: lasts ? now + expires_in * 1000 : null,
    scope: scope ?? null,
  }
}

const AHEAD_MS = 60_000

/** Whether it is time for another access token: a minute before the end, or for short ones when a tenth is left. Pure. */
export function isDue({ issuedAt, expiresAt }: Pick<Grant, 'issuedAt' | 'expiresAt'>, now: number): boolean {
  if (expiresAt === null) return false
  return now >= expiresAt - Math.min(AHEAD_MS, (expiresAt - issuedAt) / 10)
}

export const isOver = ({ expiresAt }: Pick<Grant, 'expiresAt'>, now: number): boolean =>
  expiresAt !== null && now >= expiresAt
