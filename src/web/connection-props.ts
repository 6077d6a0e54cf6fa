import type { ConnectionSummary } from '../../views/types.ts'
import { AppError } from '../lib/errors.ts'
import type { InstalledConnection, Upstreams } from '../upstreams/upstreams.ts'
import { type HumanRequest, param } from './routes.ts'

/** A connection as the pages show it: named field by field, so that nothing else can slip onto a page. */
export function connectionSummary(connection: InstalledConnection): ConnectionSummary {
  const { slug, name, url, connected, authMethod, oauthStatus, toolCount, health, addedAt } = connection
  return { slug, name, target: url, connected, authMethod, oauthStatus, toolCount, health, addedAt }
}

/** The connection that the path names. @throws AppError not_found */
export async function findNamed(upstreams: Upstreams, request: HumanRequest) {
  const connection = await upstreams.find(request.session.user.id, param(request, 'slug'))
  if (connection) return connection
  throw new AppError('not_found', 'There is no connection of that name.')
}
