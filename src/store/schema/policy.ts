import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { users } from './identity.ts'

export const policies = sqliteTable(
  'policies',
  {
    connectionId: text('connection_id').notNull(),
    toolName: text('tool_name').notNull(),
    userId: text('user_id')
      .notNull()
      .references(() => users.id),
    mode: text({ enum: ['allow', 'require_approval', 'deny'] }).notNull(),
    /** The definition that the person saw when allowing; another one asks again. */
    definitionHash: text('definition_hash'),
    setAt: integer('set_at').notNull(),
    setBy: text('set_by').notNull(),
  },
  (table) => [primaryKey({ columns: [table.connectionId, table.toolName] }), index('policies_user').on(table.userId)],
)
