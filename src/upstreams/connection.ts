import { AppError } from '../lib/errors.ts'
import { sha256Hex } from '../lib/hashes.ts'
import { hostAndPort } from '../lib/outbound.ts'
import type { ConnectionRow } from './queries.ts'

/** One installed account of an integration. Holds no credential. */
export interface Connection {
  id: string
  userId: string
  slug: string
  integrationId: string
  name: string
  url: string
  authMethod: 'none' | 'token' | 'oauth'
  /** Whether it has what it needs to be called. */
  connected: boolean
  /** How its sign-in stands; null where one does not sign in. */
  oauthStatus: OAuthStatus | null
  /** URL and account; another one is another thing to have approved. */
  fingerprint: string
  callTimeoutMs: number
  addedAt: number
  toolsFetchedAt: number | null
  lastError: string | null
}

/** With `wider_access_needed` it works, but for what the server wants more for. Relied on by agents: add, never rename. */
export type OAuthStatus = 'not_signed_in' | 'signed_in' | 'sign_in_needed' | 'wider_access_needed'

export function presentConnection(row: ConnectionRow): Connection {
  const oauthStatus = statusOf(row)
  return {
    id: row.id,
    userId: row.userId,
    slug: row.slug,
    integrationId: row.integrationId,
    name: row.name,
    url: row.url,
    authMethod: row.authMethod,
    connected: row.authMethod === 'none' || (row.secretId !== null && oauthStatus !== 'sign_in_needed'),
    oauthStatus,
    fingerprint: row.fingerprint,
    callTimeoutMs: row.callTimeoutMs,
    addedAt: row.addedAt,
    toolsFetchedAt: row.toolsFetchedAt,
    lastError: row.lastError ?? (oauthStatus === 'wider_access_needed' ? WIDER_ACCESS : null),
  }
}

const WIDER_ACCESS =
  'The server refused a call because it needs wider access than was granted. The owner can sign in again to grant it.'

function statusOf({ authMethod, secretId, oauthStatus }: ConnectionRow): OAuthStatus | null {
  if (authMethod !== 'oauth') return null
  return secretId === null ? 'not_signed_in' : (oauthStatus ?? 'signed_in')
}

export const fingerprintOf = (
  row: Pick<ConnectionRow, 'id' | 'url' | 'authMethod' | 'tokenHeader' | 'tokenFormat' | 'secretId'>,
): string =>
  sha256Hex(JSON.stringify([row.id, row.url, row.authMethod, row.tokenHeader, row.tokenFormat, row.secretId]))

/** How a token is sent: in which header, and in what form around `{token}`. */
export interface TokenPlace {
  header: string
  format: string
}

export interface Credentials {
  token: string
  /** Further headers that the service needs, such as Datadog's second key. */
  extra: Record<string, string>
}

const HEADER_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const HEADER_VALUE = /^[\x20-\x7e\x80-\xff]*$/
/** Headers that carry the protocol itself; a credential in one of them would break or divert the request. */
const OWN_HEADERS =
  /^(host|content-.*|accept|accept-.*|connection|transfer-encoding|te|trailer|upgrade|expect|cookie|origin|mcp-.*|x-agentport-.*)$/i

/** @throws AppError bad_request */
export function credentialHeaders(place: TokenPlace, { token, extra }: Credentials): Record<string, string> {
  const headers: Record<string, string> = { [checkedName(place.header)]: place.format.replace('{token}', () => token) }
  for (const [name, value] of Object.entries(extra)) headers[checkedName(name)] = value
  for (const [name, value] of Object.entries(headers)) {
    if (!HEADER_VALUE.test(value)) {
      throw new AppError(
        'bad_request',
        `The value for ${name} holds characters that a header cannot carry. Paste it again without line breaks.`,
      )
    }
  }
  return headers
}

/** @throws AppError bad_request */
export function checkTokenPlace({ header, format }: TokenPlace): void {
  checkedName(header)
  if (!format.includes('{token}'))
    throw new AppError('bad_request', 'The format must contain {token}, for example "Bearer {token}".')
}

function checkedName(name: string): string {
  if (!HEADER_NAME.test(name) || OWN_HEADERS.test(name)) {
    throw new AppError('bad_request', `${JSON.stringify(name)} cannot be used as a header for a credential.`)
  }
  return name
}

const SLUG = /^[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9])?$/

/** @throws AppError bad_request */
export function checkSlug(slug: string): string {
  if (SLUG.test(slug)) return slug
  throw new AppError(
    'bad_request',
    'A connection id has 1 to 64 lower-case letters, digits, - or _, for example github-work.',
  )
}

/** @throws AppError bad_request */
export function checkUrl(
  text: string,
  { withToken, allowPrivate }: { withToken: boolean; allowPrivate: boolean },
): URL {
  const url = URL.canParse(text) ? new URL(text) : null
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw new AppError('bad_request', 'The URL must be absolute and start with https:// (or http://).')
  }
  if (url.username || url.password)
    throw new AppError('bad_request', 'Put the credential into a header, not into the URL.')
  if (url.protocol === 'http:' && withToken && !allowPrivate) {
    throw new AppError(
      'bad_request',
      'A token is only sent over https. For a server in your own network add --allow-private-network.',
    )
  }
  url.hash = ''
  return url
}

/** @throws AppError bad_request */
export function checkOpened(place: string): string {
  const url = URL.canParse(`https://${place}`) ? new URL(`https://${place}`) : null
  const isPlace =
    url !== null && /:\d+$/.test(place) && url.pathname === '/' && !url.username && !url.search && !url.hash
  if (isPlace) return hostAndPort(url)
  throw new AppError('bad_request', `Write ${JSON.stringify(place)} as HOST:PORT, for example login.lan:443.`)
}

/** The `host:port` of an address when its owner opened it, though it may not be public. */
export function openedFor(url: URL, opened: string | null): string | null {
  const place = hostAndPort(url)
  return opened?.split(' ').includes(place) ? place : null
}
