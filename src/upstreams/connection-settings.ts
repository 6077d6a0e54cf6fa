import type { Tx } from '../store/store.ts'
import { type Connection, presentConnection, type TokenPlace } from './connection.ts'
import * as rows from './queries.ts'

/** How a connection was set up, as far as it is no secret: what it takes to set up the same elsewhere. */
export interface ConnectionSettings {
  connection: Connection
  token: TokenPlace | null
  /** `host:port`s in its owner's network that it may reach. */
  opened: readonly string[]
  /** Hashes of the stored definitions, by the name of the tool. */
  tools: ReadonlyMap<string, string>
}

export const settingsWithin = (tx: Tx, userId: string): ConnectionSettings[] =>
  rows.connectionsOf(tx.db, userId).map((row) => ({
    connection: presentConnection(row),
    token: row.tokenHeader && row.tokenFormat ? { header: row.tokenHeader, format: row.tokenFormat } : null,
    opened: row.allowedPrivate?.split(' ') ?? [],
    tools: new Map(rows.toolsOf(tx.db, row.id).map(({ name, definitionHash }) => [name, definitionHash])),
  }))
