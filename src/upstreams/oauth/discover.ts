import {
  type AuthorizationServerMetadata,
  checkResourceAllowed,
  discoverAuthorizationServerMetadata,
  discoverOAuthProtectedResourceMetadata,
  extractWWWAuthenticateParams,
  type FetchLike,
  type OAuthProtectedResourceMetadata,
  resourceUrlFromServerUrl,
} from '@modelcontextprotocol/client'
import { AppError } from '../../lib/errors.ts'
import type { ConnectionRow } from '../queries.ts'
import { checkAddress, providerFault } from './provider-fetch.ts'

/** What a server says about how one signs in to it. */
export interface Discovered {
  server: AuthorizationServerMetadata
  /** RFC 8707; null toward a server that publishes no metadata of its own. */
  resource: string | null
  /** The scope that its 401 names. */
  challengedScope: string | null
  scopesOfResource: readonly string[] | undefined
}

/**
 * From the URL of an MCP server to its authorization server, as the MCP specification has it: 401, protected-resource metadata
 * (RFC 9728), authorization-server metadata (RFC 8414, OpenID Connect Discovery). Each step ends in a reason or goes on: a step that
 * fails is never taken for one that is not offered, or a server could be talked out of its own protection.
 * @param challenge the 401 of whoever came without a token; null where nobody was refused.
 * @throws AppError bad_gateway
 */
export async function discover(
  { url, name, allowedPrivate: opened }: ConnectionRow,
  challenge: Response | null,
  ask: FetchLike,
): Promise<Discovered> {
  try {
    const { resourceMetadataUrl, scope } = challenge === null ? {} : extractWWWAuthenticateParams(challenge)
    const metadata = await resourceMetadata(url, resourceMetadataUrl, ask)
    const server = metadata ? await namedServer(metadata, ask, opened) : await serverOfOldRevision(url, ask)
    checkServer(server, opened)
    return {
      server,
      resource: metadata?.resource ?? null,
      challengedScope: scope ?? null,
      scopesOfResource: metadata?.scopes_supported,
    }
  } catch (error) {
    const fault = providerFault(error)
    if (fault === null) throw error
    throw new AppError('bad_gateway', `${name} cannot be signed in to: ${fault}.`)
  }
}

const unfit = (reason: string) => new AppError('bad_gateway', reason)

/** Null when the server has none and names none, as servers of the revision 2025-03-26. */
async function resourceMetadata(
  url: string,
  named: URL | undefined,
  ask: FetchLike,
): Promise<OAuthProtectedResourceMetadata | null> {
  let last: number | null = null
  const noting: FetchLike = async (target, init) => {
    const response = await ask(target, init)
    last = response.status
    return response
  }
  let metadata: OAuthProtectedResourceMetadata
  try {
    metadata = await discoverOAuthProtectedResourceMetadata(url, named ? { resourceMetadataUrl: named } : {}, noting)
  } catch (error) {
    const hasNone = last !== null && last >= 400 && last < 500
    if (hasNone && !named) return null
    if (hasNone) throw unfit(`the description of its sign-in is not where its answer says (${last})`)
    throw error
  }
  const asked = resourceUrlFromServerUrl(url)
  if (!checkResourceAllowed({ requestedResource: asked, configuredResource: metadata.resource }))
    throw unfit('the description of its sign-in is about another server')
  return metadata
}

async function namedServer(
  { authorization_servers: servers }: OAuthProtectedResourceMetadata,
  ask: FetchLike,
  opened: string | null,
): Promise<AuthorizationServerMetadata> {
  const [issuer] = servers ?? []
  if (issuer === undefined) throw unfit('it names no server to sign in at')
  checkAddress(new URL(issuer), opened)
  const metadata = await discoverAuthorizationServerMetadata(issuer, { fetchFn: ask })
  if (!metadata) throw unfit(`${new URL(issuer).host} publishes no metadata for programs that sign in`)
  return metadata
}

/** Before RFC 9728 was taken up, an MCP server was its own authorization server, at paths that everybody knew. */
async function serverOfOldRevision(url: string, ask: FetchLike): Promise<AuthorizationServerMetadata> {
  const { origin } = new URL(url)
  const metadata = await discoverAuthorizationServerMetadata(origin, { fetchFn: ask })
  return (
    metadata ?? {
      issuer: origin,
      authorization_endpoint: `${origin}/authorize`,
      token_endpoint: `${origin}/token`,
      registration_endpoint: `${origin}/register`,
      response_types_supported: ['code'],
      code_challenge_methods_supported: ['S256'],
    }
  )
}

/** What the specification makes us refuse, before anybody is led anywhere. Pure. @throws */
function checkServer(server: AuthorizationServerMetadata, opened: string | null): void {
  const { authorization_endpoint, token_endpoint, registration_endpoint } = server
  for (const endpoint of [authorization_endpoint, token_endpoint, registration_endpoint])
    if (endpoint !== undefined) checkAddress(new URL(endpoint), opened)
  if (!server.code_challenge_methods_supported?.includes('S256'))
    throw unfit('its sign-in server does not say that it knows PKCE with S256, without which a code could be stolen')
}
