import { sqliteTable, text } from 'drizzle-orm/sqlite-core'

/** Facts about this installation that belong to no user, such as the origin that `serve` last had. */
export const instanceFacts = sqliteTable('instance_facts', {
  name: text().primaryKey(),
  value: text().notNull(),
})
