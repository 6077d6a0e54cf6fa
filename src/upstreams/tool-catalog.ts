import type { Store } from '../store/store.ts'
import { type Connection, presentConnection } from './connection.ts'
import type { DefinitionCache } from './definition-cache.ts'
import type { ConnectionHealth } from './health.ts'
import * as rows from './queries.ts'
import type { createRunner } from './runner.ts'
import { matchExpressions, nearNames } from './search-words.ts'
import type { ToolDefinition } from './tool-definition.ts'
import { type ToolHandle, toolHandle } from './tool-handle.ts'

export type ToolLookup =
  | { found: 'tool'; handle: ToolHandle }
  | { found: 'no_connection'; near: string[] }
  | { found: 'not_connected'; connection: Connection }
  | { found: 'no_tool'; connection: Connection; near: string[] }

export interface ListedTool {
  connection: Connection
  definition: ToolDefinition
  definitionHash: string
}

/** What policy decides by. */
export const toolFacts = ({ connection, definition, definitionHash }: ListedTool) => ({
  userId: connection.userId,
  connectionId: connection.id,
  toolName: definition.name,
  definitionHash,
})

/** Ids of connections; null for all of the user's. */
export type Within = ReadonlySet<string> | null

export interface ToolSearch {
  slug: string | null
  query: string | null
  limit: number
  offset: number
}

export interface ToolCatalog {
  tool(userId: string, slug: string, name: string, within?: Within): Promise<ToolLookup>
  tools(connectionId: string): Promise<ListedTool[]>
  /** All tools of a user, without their definitions; by connection, and in the order of each. */
  toolHashes(userId: string): Promise<rows.ToolHash[]>
  /** Best match first; `offset` and `limit` count tools. */
  searchTools(search: ToolSearch & { userId: string; within?: Within }): Promise<ListedTool[]>
}

export const isWithin = (within: Within, { id }: { id: string }): boolean => within === null || within.has(id)

/** Finding tools among what is stored; nothing here asks a server. */
export function createToolCatalog({
  store,
  queries,
  definitions,
  run,
  health,
}: {
  store: Store
  queries: ReturnType<typeof rows.upstreamQueries>
  definitions: DefinitionCache
  run: ReturnType<typeof createRunner>
  health: ConnectionHealth
}): ToolCatalog {
  function listed(row: rows.ToolRow, connection: Connection): ListedTool {
    const { definition } = definitions.get(row.userId, row.definitionHash)
    return { connection, definition, definitionHash: row.definitionHash }
  }

  return {
    async tool(userId, slug, name, within = null) {
      const row = queries.connectionBySlug(userId, slug)
      if (!row || !isWithin(within, row)) {
        const near = rows.connectionsOf(store.db, userId).filter((each) => isWithin(within, each))
        const slugs = near.map((each) => each.slug)
        return { found: 'no_connection', near: nearNames(slug, slugs) }
      }
      const connection = presentConnection(row)
      if (!connection.connected) return { found: 'not_connected', connection }
      const tool = queries.tool(row.id, name)
      if (!tool) {
        const names = rows.toolsOf(store.db, row.id).map((each) => each.name)
        return { found: 'no_tool', connection, near: nearNames(name, names) }
      }
      const cached = definitions.get(userId, tool.definitionHash)
      return { found: 'tool', handle: toolHandle({ row, cached, definitionHash: tool.definitionHash, run, health }) }
    },

    async tools(connectionId) {
      const row = queries.connectionById(connectionId)
      if (!row) return []
      const connection = presentConnection(row)
      return rows.toolsOf(store.db, connectionId).map((tool) => listed(tool, connection))
    },

    toolHashes: async (userId) => rows.toolHashesOf(store.db, userId),

    async searchTools({ userId, slug, query, limit, offset, within = null }) {
      const named = slug === null ? null : queries.connectionBySlug(userId, slug)
      if (named === undefined || (named && !isWithin(within, named))) return []
      const page = { userId, connectionIds: named ? [named.id] : within && [...within], limit, offset }
      const asks = query !== null && query.trim() !== ''
      const match = asks ? matchExpressions(query) : null
      if (asks && !match) return []
      const rowIds = match ? rows.searchToolRows(store.db, match, page) : rows.listToolRows(store.db, page)
      const found = new Map(rows.toolsByRowId(store.db, rowIds).map((row) => [row.rowId, row]))
      const connections = new Map(rows.connectionsOf(store.db, userId).map((row) => [row.id, presentConnection(row)]))
      return rowIds.flatMap((id) => {
        const row = found.get(id)
        const connection = row && connections.get(row.connectionId)
        return row && connection ? [listed(row, connection)] : []
      })
    },
  }
}
