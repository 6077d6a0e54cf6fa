import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'

/** Append-only. No foreign keys: the record outlives whatever it is about. */
export const auditEvents = sqliteTable('audit_events', {
  seq: integer().primaryKey(),
  at: integer().notNull(),
  userId: text('user_id'),
  name: text().notNull(),
  actor: text().notNull(),
  subject: text().notNull(),
  /** JSON: plain facts and digests, never payloads. */
  details: text().notNull(),
  mac: text().notNull(),
})
