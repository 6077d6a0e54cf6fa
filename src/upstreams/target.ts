import type { PriorDiscovery } from '@modelcontextprotocol/client'
import { type Credentials, credentialHeaders, openedFor } from './connection.ts'
import type { Bearer } from './oauth/access-tokens.ts'
import type { ConnectionRow } from './queries.ts'
import type { RemoteTarget } from './remote-mcp.ts'

/** A server may learn the newer protocol; what an earlier connection learnt is believed for a day. */
const PRIOR_KEPT_MS = 24 * 60 * 60_000

/** What a connection acts with: a credential that never changes, access tokens that do, or neither. */
export type Access = { credentials: Credentials | null } | { bearer: Bearer }

/** @throws AppError bad_request when a credential cannot be a header. */
export function targetOf(row: ConnectionRow, access: Access, now?: number): RemoteTarget {
  const credentials = 'credentials' in access ? access.credentials : null
  const place = row.tokenHeader && row.tokenFormat ? { header: row.tokenHeader, format: row.tokenFormat } : null
  return {
    url: row.url,
    headers: place && credentials ? credentialHeaders(place, credentials) : {},
    bearer: 'bearer' in access ? access.bearer : null,
    allowedPrivate: openedFor(new URL(row.url), row.allowedPrivate),
    prior: now === undefined ? null : priorOf(row.protocol, now),
  }
}

/** What a connection has learnt about the protocol, as it is kept. */
export const learntFact = (prior: PriorDiscovery, now: number): string => JSON.stringify({ at: now, prior })

function priorOf(protocol: string | null, now: number): PriorDiscovery | null {
  if (!protocol) return null
  const { at, prior } = JSON.parse(protocol) as { at: number; prior: PriorDiscovery }
  return now - at < PRIOR_KEPT_MS ? prior : null
}
