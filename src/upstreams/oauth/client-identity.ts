import {
  type AuthorizationServerMetadata,
  type FetchLike,
  type OAuthClientMetadata,
  RegistrationRejectedError,
  registerClient,
} from '@modelcontextprotocol/client'
import { AppError } from '../../lib/errors.ts'
import { VERSION } from '../../lib/version.ts'
import type { Client } from './grant.ts'

/** Where we describe ourselves to authorization servers, and where they send people back to. Relied on by every sign-in: never moved. */
export const CLIENT_DOCUMENT_PATH = '/oauth/client.json'
export const CALLBACK_PATH = '/oauth/callback'

/** As a program with an owner of its own: without a secret, since PKCE and the redirect URI protect what it would. */
function describe(origin: string, method: string): OAuthClientMetadata {
  return {
    client_name: 'AgentPort',
    client_uri: origin,
    redirect_uris: [origin + CALLBACK_PATH],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: method,
    application_type: new URL(origin).protocol === 'https:' ? 'web' : 'native',
    software_id: 'agentport',
    software_version: VERSION,
  }
}

/** Our client id metadata document (draft-ietf-oauth-client-id-metadata-document). */
export const clientDocument = (origin: string) => ({
  client_id: origin + CLIENT_DOCUMENT_PATH,
  ...describe(origin, 'none'),
})

/**
 * Whether an authorization server out there can read our document: it takes documents, and the outside finds ours at our address.
 * Asked through the guarded client, which sees a name that leads into our own network as a stranger would.
 */
export async function isDocumentReadable(
  server: AuthorizationServerMetadata,
  origin: string,
  ask: FetchLike,
): Promise<boolean> {
  if (server.client_id_metadata_document_supported !== true || !origin.startsWith('https://')) return false
  try {
    const response = await ask(origin + CLIENT_DOCUMENT_PATH, { headers: { accept: 'application/json' } })
    const document = (await response.json()) as { client_id?: unknown } | null
    return response.status === 200 && document?.client_id === origin + CLIENT_DOCUMENT_PATH
  } catch {
    return false
  }
}

/** The first that the server takes; `none` is what OAuth 2.1 has for a program like us. RFC 7591's default stands last. */
const AUTH_METHODS = ['none', 'client_secret_post', 'client_secret_basic']

/** RFC 7591. @throws AppError bad_gateway, or what providerFault reads. */
export async function register(
  server: AuthorizationServerMetadata,
  origin: string,
  scope: string | undefined,
  ask: FetchLike,
): Promise<{ client: Client; expiresAt: number | null }> {
  const taken = server.token_endpoint_auth_methods_supported
  const method = AUTH_METHODS.find((each) => !taken || taken.includes(each))
  if (!method) throw new AppError('bad_gateway', 'its sign-in server takes no kind of client that AgentPort can be')
  const asked = { metadata: server, clientMetadata: describe(origin, method), fetchFn: ask }
  const registered = await registerClient(server.issuer, { ...asked, ...(scope === undefined ? {} : { scope }) }).catch(
    (error: unknown) => {
      // Some know only their own scopes and none of the resource's, and others give an unscoped client none at all: so first with, then without.
      if (scope === undefined || !(error instanceof RegistrationRejectedError) || error.status !== 400) throw error
      return registerClient(server.issuer, asked)
    },
  )
  const { client_id, client_secret, client_secret_expires_at, token_endpoint_auth_method } = registered
  return {
    client: {
      client_id,
      ...(client_secret ? { client_secret } : {}),
      ...(token_endpoint_auth_method ? { token_endpoint_auth_method } : {}),
    },
    expiresAt: client_secret && client_secret_expires_at ? client_secret_expires_at * 1000 : null,
  }
}
