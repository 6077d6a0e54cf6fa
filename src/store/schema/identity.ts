import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'

export const users = sqliteTable('users', {
  id: text().primaryKey(),
  email: text().notNull().unique(),
  passwordHash: text('password_hash'),
  createdAt: integer('created_at').notNull(),
})

/** One-time links: `claim` makes the first user, `password` sets a password of the user it belongs to. */
export const setupTokens = sqliteTable('setup_tokens', {
  tokenHash: text('token_hash').primaryKey(),
  purpose: text({ enum: ['claim', 'password'] }).notNull(),
  /** Null only for a claim, which comes before there is anybody to own it. */
  userId: text('user_id').references(() => users.id),
  createdAt: integer('created_at').notNull(),
  expiresAt: integer('expires_at').notNull(),
})

export const sessions = sqliteTable(
  'sessions',
  {
    tokenHash: text('token_hash').primaryKey(),
    userId: text('user_id')
      .notNull()
      .references(() => users.id),
    /** SHA-256 of the secret in our own origin's storage; null for a session begun without JavaScript. */
    originProofHash: text('origin_proof_hash'),
    createdAt: integer('created_at').notNull(),
    expiresAt: integer('expires_at').notNull(),
    address: text(),
    program: text(),
  },
  (table) => [index('sessions_user').on(table.userId)],
)

/** Failed sign-ins by account and address, for the growing delay; kept here so that a restart forgives nothing. */
export const signInFailures = sqliteTable('sign_in_failures', {
  subject: text().primaryKey(),
  count: integer().notNull(),
  lastAt: integer('last_at').notNull(),
})

export const apiKeys = sqliteTable(
  'api_keys',
  {
    id: text().primaryKey(),
    userId: text('user_id')
      .notNull()
      .references(() => users.id),
    name: text().notNull(),
    /** The first characters, to tell keys apart on a page. */
    prefix: text().notNull(),
    keyHash: text('key_hash').notNull().unique(),
    createdAt: integer('created_at').notNull(),
    lastUsedAt: integer('last_used_at'),
    lastUsedFrom: text('last_used_from'),
    revokedAt: integer('revoked_at'),
  },
  (table) => [index('api_keys_user').on(table.userId)],
)
