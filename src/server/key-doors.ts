import type { Api } from '../api/api.ts'
import type { Identity, Principal, TokenHolder } from '../identity/identity.ts'
import type { CredentialDoor } from './credential-guard.ts'
import type { OwnAddresses } from './origin-checks.ts'

interface Doors {
  identity: Identity
  api: Api
  own: OwnAddresses
}

export function mcpDoor({ identity: { agents }, own: { origin } }: Doors): CredentialDoor<Principal> {
  return {
    resolve: agents.resolve,
    isLive: agents.isLive,
    refuse: refuseMcp,
    /** RFC 9728 §5.1: where a program learns how to sign in; RFC 6750 §3.1 says whether what it had was no good. */
    unauthenticated(hadCredential) {
      const metadata = `resource_metadata="${origin.origin}/.well-known/oauth-protected-resource/mcp"`
      const error = hadCredential ? 'error="invalid_token", ' : ''
      const message = hadCredential
        ? 'This key or token is not valid: unknown, revoked or expired.'
        : 'Sign in by OAuth, or send an API key in the X-API-Key header or as a Bearer token.'
      return refuseMcp(401, message, { 'www-authenticate': `Bearer ${error}${metadata}` })
    },
  }
}

/** In the shape of a JSON-RPC error, which MCP clients show to their people. */
function refuseMcp(status: number, message: string, headers: Record<string, string> = {}): Response {
  const body = { jsonrpc: '2.0', error: { code: status === 500 ? -32603 : -32000, message }, id: null }
  return Response.json(body, { status, headers })
}

/** An access token of OAuth is for /mcp alone. */
export function apiAgentDoor({ identity: { agents }, api: { agents: door } }: Doors): CredentialDoor<Principal> {
  return {
    resolve: (credential, from) => agents.resolve(credential, from, 'api_key'),
    isLive: agents.isLive,
    refuse: door.refuse,
    unauthenticated: (hadCredential) =>
      hadCredential
        ? door.refuse(401, 'That is no API key, or one that is revoked or expired.', NOT_VALID)
        : door.refuse(401, 'Send an API key in the X-API-Key header or as a Bearer token.', NONE),
  }
}

export function apiPersonDoor({ identity, api: { people: door } }: Doors): CredentialDoor<TokenHolder> {
  const { resolve, isLive } = identity.personalTokens
  return {
    resolve,
    isLive,
    refuse: door.refuse,
    unauthenticated: (hadCredential) =>
      hadCredential
        ? door.refuse(401, 'That is no personal token, or one that is revoked or expired.', NOT_VALID)
        : door.refuse(401, 'Send a personal token as a Bearer token. You make one on the page Settings.', NONE),
  }
}

/** RFC 6750 §3.1. */
const NONE = { 'www-authenticate': 'Bearer' }
const NOT_VALID = { 'www-authenticate': 'Bearer error="invalid_token"' }
