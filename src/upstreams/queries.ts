import { and, asc, count, eq, inArray, sql } from 'drizzle-orm'
import { connections, definitions, seenTools, tools } from '../store/schema/upstreams.ts'
import type { Db, Store, Tx } from '../store/store.ts'
import type { Match } from './search-words.ts'

export type ConnectionRow = typeof connections.$inferSelect
export type ToolRow = typeof tools.$inferSelect
export type ToolHash = Pick<ToolRow, 'connectionId' | 'name' | 'definitionHash'>

/** Prepared: they are asked at every call. */
export function upstreamQueries(store: Store) {
  const bySlug = store.db
    .select()
    .from(connections)
    .where(and(eq(connections.userId, sql.placeholder('userId')), eq(connections.slug, sql.placeholder('slug'))))
    .prepare()
  const byId = store.db
    .select()
    .from(connections)
    .where(eq(connections.id, sql.placeholder('id')))
    .prepare()
  const tool = store.db
    .select()
    .from(tools)
    .where(and(eq(tools.connectionId, sql.placeholder('connectionId')), eq(tools.name, sql.placeholder('name'))))
    .prepare()
  const definition = store.db
    .select({ json: definitions.json })
    .from(definitions)
    .where(and(eq(definitions.hash, sql.placeholder('hash')), eq(definitions.userId, sql.placeholder('userId'))))
    .prepare()
  return {
    connectionBySlug: (userId: string, slug: string): ConnectionRow | undefined => bySlug.get({ userId, slug }),
    connectionById: (id: string): ConnectionRow | undefined => byId.get({ id }),
    tool: (connectionId: string, name: string): ToolRow | undefined => tool.get({ connectionId, name }),
    definition: (userId: string, hash: string): string | undefined => definition.get({ userId, hash })?.json,
  }
}

export const connectionsOf = (db: Db, userId: string): ConnectionRow[] =>
  db.select().from(connections).where(eq(connections.userId, userId)).orderBy(asc(connections.slug)).all()
export const allConnections = (db: Db): ConnectionRow[] => db.select().from(connections).all()
export const insertConnection = (tx: Tx, row: ConnectionRow): void => void tx.db.insert(connections).values(row).run()
export const updateConnection = (tx: Tx, id: string, set: Partial<ConnectionRow>) =>
  tx.db.update(connections).set(set).where(eq(connections.id, id)).returning().get()
/** The deleted row, so that of two removals only one acts. */
export const deleteConnection = (tx: Tx, id: string): ConnectionRow | undefined =>
  tx.db.delete(connections).where(eq(connections.id, id)).returning().get()

export const toolsOf = (db: Db, connectionId: string): ToolRow[] =>
  db.select().from(tools).where(eq(tools.connectionId, connectionId)).orderBy(asc(tools.position)).all()
/** Names and hashes alone: of five thousand tools nothing else is read at once. */
export const toolHashesOf = (db: Db, userId: string): ToolHash[] =>
  db
    .select({ connectionId: tools.connectionId, name: tools.name, definitionHash: tools.definitionHash })
    .from(tools)
    .innerJoin(connections, eq(connections.id, tools.connectionId))
    .where(eq(tools.userId, userId))
    .orderBy(asc(connections.slug), asc(tools.position))
    .all()
export const countTools = (db: Db, connectionId: string): number =>
  db.select({ n: count() }).from(tools).where(eq(tools.connectionId, connectionId)).get()?.n ?? 0
export const toolsByRowId = (db: Db, rowIds: number[]): ToolRow[] =>
  db.select().from(tools).where(inArray(tools.rowId, rowIds)).all()
export const insertTool = (tx: Tx, row: Omit<ToolRow, 'rowId'>): number =>
  tx.db.insert(tools).values(row).returning({ rowId: tools.rowId }).get().rowId
export const updateTool = (tx: Tx, rowId: number, set: Partial<ToolRow>): void =>
  void tx.db.update(tools).set(set).where(eq(tools.rowId, rowId)).run()
export const deleteTool = (tx: Tx, rowId: number): void => void tx.db.delete(tools).where(eq(tools.rowId, rowId)).run()
export const keepDefinitionRow = (tx: Tx, row: typeof definitions.$inferInsert): void =>
  void tx.db.insert(definitions).values(row).onConflictDoNothing().run()

export const seenToolsOf = (db: Db, connectionId: string): { toolName: string; definitionHash: string }[] =>
  db
    .select({ toolName: seenTools.toolName, definitionHash: seenTools.definitionHash })
    .from(seenTools)
    .where(eq(seenTools.connectionId, connectionId))
    .all()
export const findSeenHash = (db: Db, connectionId: string, toolName: string): string | null =>
  db
    .select({ definitionHash: seenTools.definitionHash })
    .from(seenTools)
    .where(and(eq(seenTools.connectionId, connectionId), eq(seenTools.toolName, toolName)))
    .get()?.definitionHash ?? null
export const putSeenTool = (tx: Tx, row: typeof seenTools.$inferInsert): void =>
  void tx.db
    .insert(seenTools)
    .values(row)
    .onConflictDoUpdate({
      target: [seenTools.connectionId, seenTools.toolName],
      set: { definitionHash: row.definitionHash, seenAt: row.seenAt },
    })
    .run()
/** All tools that there are, as they are. */
export const putAllSeen = (tx: Tx, connectionId: string): void =>
  void tx.db.run(sql`
    INSERT INTO seen_tools (connection_id, tool_name, user_id, definition_hash, seen_at)
    SELECT connection_id, name, user_id, definition_hash, ${tx.now} FROM tools WHERE connection_id = ${connectionId}
    ON CONFLICT (connection_id, tool_name)
    DO UPDATE SET definition_hash = excluded.definition_hash, seen_at = excluded.seen_at`)

export interface IndexEntry {
  rowId: number
  name: string
  title: string
  connection: string
  description: string
}

export function indexTool(tx: Tx, entry: IndexEntry): void {
  const { rowId, name, title, connection, description } = entry
  unindexTool(tx, rowId)
  tx.db.run(
    sql`INSERT INTO tool_index (rowid, name, title, connection, description) VALUES (${rowId}, ${name}, ${title}, ${connection}, ${description})`,
  )
}

export const unindexTool = (tx: Tx, rowId: number): void =>
  void tx.db.run(sql`DELETE FROM tool_index WHERE rowid = ${rowId}`)

export interface ToolPage {
  userId: string
  /** Null for all of the user's. */
  connectionIds: readonly string[] | null
  limit: number
  offset: number
}

/** As one JSON text, since the number of parameters of a statement is limited. */
const ofConnections = ({ connectionIds }: ToolPage) =>
  connectionIds === null
    ? sql``
    : sql`AND t.connection_id IN (SELECT value FROM json_each(${JSON.stringify(connectionIds)}))`

const SEPARATORS = ['_', '-', '.', '/', ':', ' ']
const plainName = SEPARATORS.reduce((name, separator) => sql`replace(${name}, ${separator}, '')`, sql`lower(t.name)`)

/**
 * Row ids, tools that match every word first, and of these the one whose whole name is in the query: BM25 alone would put it behind
 * whatever has a shorter description. Then by BM25, with a name worth more than a title, and that more than a description.
 */
export function searchToolRows(db: Db, words: Match, page: ToolPage): number[] {
  const rows = db.all<{ row_id: number }>(sql`
    SELECT t.row_id FROM tool_index JOIN tools t ON t.row_id = tool_index.rowid
    WHERE tool_index MATCH ${words.any} AND t.user_id = ${page.userId} ${ofConnections(page)}
    ORDER BY tool_index.rowid IN (SELECT rowid FROM tool_index WHERE tool_index MATCH ${words.all}) DESC,
             iif(instr(${words.plain}, ${plainName}) > 0, length(t.name), 0) DESC,
             bm25(tool_index, 10.0, 6.0, 3.0, 1.0), t.row_id
    LIMIT ${page.limit} OFFSET ${page.offset}`)
  return rows.map((row) => row.row_id)
}

export function listToolRows(db: Db, page: ToolPage): number[] {
  const rows = db.all<{ row_id: number }>(sql`
    SELECT t.row_id FROM tools t JOIN connections c ON c.id = t.connection_id
    WHERE t.user_id = ${page.userId} ${ofConnections(page)}
    ORDER BY c.slug, t.position LIMIT ${page.limit} OFFSET ${page.offset}`)
  return rows.map((row) => row.row_id)
}
