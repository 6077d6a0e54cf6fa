import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { users } from './identity.ts'

export const secrets = sqliteTable(
  'secrets',
  {
    id: text().primaryKey(),
    /** Null only for the instance's own keys. */
    userId: text('user_id').references(() => users.id),
    purpose: text().notNull(),
    sealed: text().notNull(),
    createdAt: integer('created_at').notNull(),
  },
  (table) => [index('secrets_user').on(table.userId)],
)
