import type { ConnectionSummary } from '../../views/types.ts'
import type { InstalledConnection } from '../upstreams/upstreams.ts'

/** A connection as the pages show it: named field by field, so that nothing else can slip onto a page. */
export function connectionSummary(connection: InstalledConnection): ConnectionSummary {
  const { slug, name, url, connected, authMethod, toolCount, health, addedAt } = connection
  return { slug, name, target: url, connected, authMethod, toolCount, health, addedAt }
}
