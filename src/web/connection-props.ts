import type { ConnectionSummary } from '../../views/types.ts'
import type { Connection } from '../upstreams/upstreams.ts'

/** A connection as the pages show it: named field by field, so that nothing else can slip onto a page. */
export function connectionSummary(connection: Connection & { toolCount: number }): ConnectionSummary {
  const { slug, name, url, connected, authMethod, toolCount, lastError, addedAt } = connection
  return { slug, name, target: url, connected, authMethod, toolCount, lastError, addedAt }
}
