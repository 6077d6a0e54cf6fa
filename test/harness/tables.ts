import { Database } from 'bun:sqlite'
import { join } from 'node:path'

type Row = { [column: string]: unknown }

/** When a browser was last seen is noted for any page of its owner, and changes nothing that anybody may do. */
const lasting = ({ last_seen_at: _, ...row }: Row): Row => row

/** Every row of every table as another process sees it, for saying that something changed nothing. */
export function allRows(dataDir: string, except: readonly string[] = []): { [table: string]: unknown[] } {
  const database = new Database(join(dataDir, 'agentport.db'), { readonly: true })
  try {
    const tables = database
      .query("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")
      .all() as { name: string }[]
    return Object.fromEntries(
      tables
        .filter(({ name }) => !except.includes(name) && !name.startsWith('tool_index'))
        .map(({ name }) => [
          name,
          (database.query(`SELECT * FROM "${name}" ORDER BY 1, 2`).all() as Row[]).map(lasting),
        ]),
    )
  } finally {
    database.close()
  }
}
