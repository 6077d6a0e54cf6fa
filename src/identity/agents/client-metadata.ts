import { z } from 'zod'
import { OAuthError } from './oauth-errors.ts'
import { flawOfRedirectUri } from './redirect-uri.ts'

/** What a program says of itself, in a registration (RFC 7591) or in a document at its id; all of it is its own claim. */
export interface ClientMetadata {
  name: string
  redirectUris: string[]
}

const MOST_REDIRECT_URIS = 20
const MOST_NAME = 100
const MOST_DOCUMENT_ID = 2_000

/** Unknown members are ignored, as RFC 7591 §2 has it. */
const Metadata = z.object({
  redirect_uris: z.array(z.string()).min(1).max(MOST_REDIRECT_URIS),
  client_name: z.string().optional(),
  grant_types: z.array(z.string()).optional(),
  response_types: z.array(z.string()).optional(),
  token_endpoint_auth_method: z.string().optional(),
})

/** @throws OAuthError invalid_client_metadata, invalid_redirect_uri. */
export function readClientMetadata(value: unknown): ClientMetadata {
  const parsed = Metadata.safeParse(value)
  if (!parsed.success) throw new OAuthError('invalid_client_metadata', z.prettifyError(parsed.error))
  const { redirect_uris, client_name, grant_types, response_types } = parsed.data
  for (const uri of redirect_uris) {
    const flaw = flawOfRedirectUri(uri)
    if (flaw !== null) throw new OAuthError('invalid_redirect_uri', `${JSON.stringify(uri.slice(0, 200))} ${flaw}.`)
  }
  if (grant_types && !grant_types.includes('authorization_code'))
    throw new OAuthError('invalid_client_metadata', 'grant_types must include authorization_code.')
  if (response_types && !response_types.includes('code'))
    throw new OAuthError('invalid_client_metadata', 'response_types must include code.')
  const name = (client_name ?? '').trim().slice(0, MOST_NAME).toWellFormed()
  return { name: name || 'A program without a name', redirectUris: [...new Set(redirect_uris)] }
}

/** Whether a client id is one that tells where its document is (OAuth Client ID Metadata Document §3). */
export function isDocumentId(clientId: string): boolean {
  if (clientId.length > MOST_DOCUMENT_ID || !clientId.startsWith('https://') || !URL.canParse(clientId)) return false
  const url = new URL(clientId)
  const isPlain = !url.username && !url.password && !url.hash && !clientId.includes('#')
  // The id is compared as text, so it must be the one spelling of its URL.
  return isPlain && url.pathname !== '/' && url.href === clientId
}

/** @throws OAuthError when the document is not about this client id, or wants what only a confidential client has. */
export function readClientDocument(clientId: string, value: unknown): ClientMetadata {
  const claims = z
    .object({
      client_id: z.string(),
      token_endpoint_auth_method: z.string().optional(),
      client_secret: z.unknown().optional(),
    })
    .safeParse(value)
  if (!claims.success || claims.data.client_id !== clientId)
    throw new OAuthError('invalid_client', 'The document at the client id does not name that id as its client_id.')
  const { token_endpoint_auth_method: method = 'none', client_secret: secret } = claims.data
  // What is published is no secret. private_key_jwt is asked of us nowhere: without the key such a program is let in like any other.
  if ((method !== 'none' && method !== 'private_key_jwt') || secret !== undefined)
    throw new OAuthError('invalid_client', 'A client described by a document cannot have a shared secret.')
  return readClientMetadata(value)
}
