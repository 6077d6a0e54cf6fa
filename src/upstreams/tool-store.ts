import type { Actor, Audit } from '../audit/audit.ts'
import type { JsonValue } from '../lib/json.ts'
import type { Tx } from '../store/store.ts'
import * as rows from './queries.ts'
import { indexText } from './search-words.ts'
import { type KeptDefinition, keepDefinition, readDefinition } from './tool-definition.ts'

/** A tool whose definition is another than before; null when it is gone. */
export interface DefinitionChange {
  connectionId: string
  toolName: string
  definitionHash: string | null
}

export interface StoredTools {
  kept: number
  changes: DefinitionChange[]
}

/** By name. What is no usable tool is left out, and of two with one name the first counts. */
export function usableTools(listed: readonly JsonValue[]): Map<string, KeptDefinition> {
  const usable = new Map<string, KeptDefinition>()
  for (const raw of listed) {
    const definition = keepDefinition(raw)
    if (definition && !usable.has(definition.name)) usable.set(definition.name, definition)
  }
  return usable
}

/** Makes the stored tools equal to what the server listed. */
export function storeTools(
  tx: Tx,
  {
    connection,
    listed,
    actor,
    audit,
  }: { connection: rows.ConnectionRow; listed: JsonValue[]; actor: Actor; audit: Audit },
): StoredTools {
  const wanted = usableTools(listed)
  const before = new Map(rows.toolsOf(tx.db, connection.id).map((row) => [row.name, row]))
  const changes: DefinitionChange[] = []
  for (const [name, row] of before) {
    if (wanted.has(name)) continue
    rows.deleteTool(tx, row.rowId)
    rows.unindexTool(tx, row.rowId)
    changes.push({ connectionId: connection.id, toolName: name, definitionHash: null })
  }
  let position = 0
  let added = 0
  for (const definition of wanted.values()) {
    const row = before.get(definition.name)
    if (row?.definitionHash !== definition.hash) {
      rows.keepDefinitionRow(tx, { hash: definition.hash, userId: connection.userId, json: definition.json })
      writeTool(tx, connection, definition, row, position)
      if (row) changes.push({ connectionId: connection.id, toolName: definition.name, definitionHash: definition.hash })
      else added++
    } else if (row.position !== position) {
      rows.updateTool(tx, row.rowId, { position })
    }
    position++
  }
  // What is there at first is what later lists are compared with.
  if (connection.toolsFetchedAt === null) rows.putAllSeen(tx, connection.id)
  rows.updateConnection(tx, connection.id, { toolsFetchedAt: tx.now, lastError: null })
  if (changes.length > 0 || added > 0) {
    audit.append(tx, {
      name: 'connection.tools_changed',
      userId: connection.userId,
      actor,
      subject: connection.id,
      details: { tools: wanted.size, added, changed: changes.length },
    })
  }
  return { kept: wanted.size, changes }
}

function writeTool(
  tx: Tx,
  connection: rows.ConnectionRow,
  { name, json, hash }: KeptDefinition,
  existing: rows.ToolRow | undefined,
  position: number,
): void {
  const facts = { position, definitionHash: hash, changedAt: tx.now }
  if (existing) rows.updateTool(tx, existing.rowId, facts)
  const rowId =
    existing?.rowId ?? rows.insertTool(tx, { connectionId: connection.id, userId: connection.userId, name, ...facts })
  const { title, description } = readDefinition(json)
  rows.indexTool(tx, {
    rowId,
    name: indexText(name),
    title: indexText(title ?? ''),
    connection: indexText(`${connection.slug} ${connection.name}`),
    description: description ?? '',
  })
}
