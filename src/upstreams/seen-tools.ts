import { AppError } from '../lib/errors.ts'
import { sha256Hex } from '../lib/hashes.ts'
import type { Store, Tx } from '../store/store.ts'
import * as rows from './queries.ts'

export interface SeenTools {
  /** The definition of each tool that its owner last saw, by name; of tools that are gone too. A tool without one is new. */
  seenTools(connectionId: string): Promise<ReadonlyMap<string, string>>
  seenHash(connectionId: string, toolName: string): Promise<string | null>
  /** What a person decided about, they have seen. As part of that act. */
  noteSeen(tx: Tx, tool: { connectionId: string; toolName: string; definitionHash: string }): void
  /** @param list as toolListHash gave it for what the person was shown. @throws AppError conflict when the tools are others by now. */
  markAllSeen(connectionId: string, list: string): Promise<void>
  /** The same for one tool. */
  markSeen(connectionId: string, toolName: string, definitionHash: string): Promise<void>
}

/** Names a list of tools with all their definitions. */
export const toolListHash = (tools: readonly { name: string; definitionHash: string }[]): string =>
  sha256Hex(JSON.stringify(tools.map(({ name, definitionHash }) => `${definitionHash} ${name}`).sort()))

export function createSeenTools({
  store,
  queries,
}: {
  store: Store
  queries: ReturnType<typeof rows.upstreamQueries>
}): SeenTools {
  const noteSeen: SeenTools['noteSeen'] = (tx, { connectionId, toolName, definitionHash }) => {
    // Whatever is no tool of a server has no definition that one could change, as our own.
    const tool = queries.tool(connectionId, toolName)
    if (tool && queries.definition(tool.userId, definitionHash) !== undefined)
      rows.putSeenTool(tx, { connectionId, toolName, userId: tool.userId, definitionHash, seenAt: tx.now })
  }

  return {
    async seenTools(connectionId) {
      return new Map(rows.seenToolsOf(store.db, connectionId).map((row) => [row.toolName, row.definitionHash]))
    },
    async seenHash(connectionId, toolName) {
      return rows.findSeenHash(store.db, connectionId, toolName)
    },
    noteSeen,
    async markAllSeen(connectionId, list) {
      store.transaction((tx) => {
        if (toolListHash(rows.toolsOf(tx.db, connectionId)) !== list) throw changedMeanwhile()
        rows.putAllSeen(tx, connectionId)
      })
    },
    async markSeen(connectionId, toolName, definitionHash) {
      store.transaction((tx) => {
        if (queries.tool(connectionId, toolName)?.definitionHash !== definitionHash) throw changedMeanwhile()
        noteSeen(tx, { connectionId, toolName, definitionHash })
      })
    },
  }
}

const changedMeanwhile = () =>
  new AppError('conflict', 'The server has changed its tools again meanwhile. Look at them once more.')
