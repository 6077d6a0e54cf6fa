import { type OAuth, OAuthError, type Own, type Provenance } from '../identity/identity.ts'

/** A route that programs speak to without a credential. The guard in front has read the body, bounded in bytes and time. */
export interface ProgramRoute {
  method: 'GET' | 'POST'
  path: string
  handle(request: { headers: Headers; body: string; from: Provenance }): Promise<Response>
}

const SCOPE = 'mcp'
/** RFC 6749 §5.1: nobody on the way keeps what is in these answers. */
const NO_STORE = { 'cache-control': 'no-store', pragma: 'no-cache' }
const FOR_A_WHILE = { 'cache-control': 'public, max-age=300' }

/** The endpoints by which a program that knows only the /mcp URL signs in: RFC 9728, 8414, 7591, 6749 and 7009. */
export function oauthEndpoints(oauth: OAuth, own: Own): ProgramRoute[] {
  const { issuer, resource } = own
  const protectedResource = {
    resource,
    authorization_servers: [issuer],
    scopes_supported: [SCOPE],
    bearer_methods_supported: ['header'],
    resource_name: 'AgentPort',
  }
  const authorizationServer = {
    issuer,
    authorization_endpoint: `${issuer}/oauth/authorize`,
    token_endpoint: `${issuer}/oauth/token`,
    registration_endpoint: `${issuer}/oauth/register`,
    revocation_endpoint: `${issuer}/oauth/revoke`,
    scopes_supported: [SCOPE],
    response_types_supported: ['code'],
    response_modes_supported: ['query'],
    grant_types_supported: ['authorization_code', 'refresh_token'],
    token_endpoint_auth_methods_supported: ['none'],
    revocation_endpoint_auth_methods_supported: ['none'],
    code_challenge_methods_supported: ['S256'],
    authorization_response_iss_parameter_supported: true,
    client_id_metadata_document_supported: true,
  }
  const metadata = (path: string, content: object): ProgramRoute => ({
    method: 'GET',
    path: `/.well-known/${path}`,
    handle: async () => Response.json(content, { headers: FOR_A_WHILE }),
  })

  return [
    metadata('oauth-protected-resource', protectedResource),
    metadata('oauth-protected-resource/mcp', protectedResource),
    metadata('oauth-authorization-server', authorizationServer),
    {
      method: 'POST',
      path: '/oauth/register',
      handle: ({ headers, body, from }) =>
        answer(headers, async () => {
          const client = await oauth.register(readJson(headers, body), from.address)
          const registered = {
            client_id: client.id,
            client_id_issued_at: Math.floor(client.createdAt / 1000),
            client_name: client.name,
            redirect_uris: client.redirectUris,
            grant_types: ['authorization_code', 'refresh_token'],
            response_types: ['code'],
            token_endpoint_auth_method: 'none',
            scope: SCOPE,
          }
          return Response.json(registered, { status: 201, headers: NO_STORE })
        }),
    },
    {
      method: 'POST',
      path: '/oauth/token',
      handle: ({ headers, body }) =>
        answer(headers, async () => {
          const { accessToken, refreshToken, expiresInS } = await oauth.token(readForm(headers, body), own)
          const tokens = {
            access_token: accessToken,
            token_type: 'Bearer',
            expires_in: expiresInS,
            refresh_token: refreshToken,
            scope: SCOPE,
          }
          return Response.json(tokens, { headers: NO_STORE })
        }),
    },
    {
      method: 'POST',
      path: '/oauth/revoke',
      handle: ({ headers, body }) =>
        answer(headers, async () => {
          await oauth.revoke(readForm(headers, body))
          return new Response(null, { headers: NO_STORE })
        }),
    },
  ]
}

/** RFC 6749 §5.2: 401 for who proved itself in a header, in the scheme that it used. */
async function answer(headers: Headers, act: () => Promise<Response>): Promise<Response> {
  try {
    return await act()
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error
    const { code, description, retryAfterS } = error
    const scheme =
      code === 'invalid_client' ? /^[a-z-]{1,20}/i.exec(headers.get('authorization') ?? '')?.[0] : undefined
    const more: Record<string, string> = {
      ...(scheme === undefined ? {} : { 'www-authenticate': `${scheme} realm="AgentPort"` }),
      ...(retryAfterS === null ? {} : { 'retry-after': String(retryAfterS) }),
    }
    const status = scheme !== undefined ? 401 : code === 'temporarily_unavailable' ? 429 : 400
    return Response.json({ error: code, error_description: description }, { status, headers: { ...NO_STORE, ...more } })
  }
}

function readForm(headers: Headers, body: string): URLSearchParams {
  if (!headers.get('content-type')?.startsWith('application/x-www-form-urlencoded'))
    throw new OAuthError('invalid_request', 'Send the parameters as application/x-www-form-urlencoded.')
  // Whoever shows a secret believes that it protects something.
  if (headers.has('authorization'))
    throw new OAuthError('invalid_client', 'Programs have no secret here: send client_id in the body only.')
  return new URLSearchParams(body)
}

function readJson(headers: Headers, body: string): unknown {
  if (!headers.get('content-type')?.startsWith('application/json'))
    throw new OAuthError('invalid_client_metadata', 'Send the metadata as application/json.')
  try {
    return JSON.parse(body) as unknown
  } catch {
    throw new OAuthError('invalid_client_metadata', 'The metadata is not JSON.')
  }
}
