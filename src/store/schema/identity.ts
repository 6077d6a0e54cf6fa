import { sql } from 'drizzle-orm'
import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'

export const users = sqliteTable('users', {
  id: text().primaryKey(),
  email: text().notNull().unique(),
  passwordHash: text('password_hash'),
  /** Of the pages. */
  appearance: text({ enum: ['system', 'light', 'dark'] })
    .notNull()
    .default('system'),
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
    /** Written down every few minutes; null until then. */
    lastSeenAt: integer('last_seen_at'),
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

/** What a person's own scripts come with. It reads, and at most tightens; it never decides. */
export const personalTokens = sqliteTable(
  'personal_tokens',
  {
    id: text().primaryKey(),
    userId: text('user_id')
      .notNull()
      .references(() => users.id),
    name: text().notNull(),
    scope: text({ enum: ['read', 'tighten'] }).notNull(),
    /** The first characters, to tell tokens apart on a page. */
    prefix: text().notNull(),
    tokenHash: text('token_hash').notNull().unique(),
    createdAt: integer('created_at').notNull(),
    expiresAt: integer('expires_at').notNull(),
    lastUsedAt: integer('last_used_at'),
    lastUsedFrom: text('last_used_from'),
    revokedAt: integer('revoked_at'),
  },
  (table) => [index('personal_tokens_user').on(table.userId)],
)

/** Whoever calls for a user: a program with an API key, or one that signed in by OAuth. */
export const agents = sqliteTable(
  'agents',
  {
    id: text().primaryKey(),
    userId: text('user_id')
      .notNull()
      .references(() => users.id),
    kind: text({ enum: ['api_key', 'oauth_client'] }).notNull(),
    name: text().notNull(),
    /** Of an API key the first characters, to tell keys apart on a page. */
    prefix: text(),
    keyHash: text('key_hash').unique(),
    /** Of a program that signed in: who it says it is. */
    clientId: text('client_id'),
    /** Ids of the connections it may use, as JSON; null for all, also those to come. */
    connections: text(),
    createdAt: integer('created_at').notNull(),
    expiresAt: integer('expires_at'),
    /** Null also where that was before it was written down. */
    firstUsedAt: integer('first_used_at'),
    lastUsedAt: integer('last_used_at'),
    lastUsedFrom: text('last_used_from'),
    program: text(),
    revokedAt: integer('revoked_at'),
  },
  (table) => [
    index('agents_user').on(table.userId),
    // Those that are over only get more, and are looked through a page at a time.
    index('agents_unrevoked').on(table.userId, table.createdAt).where(sql`revoked_at is null`),
    index('agents_ends').on(table.expiresAt).where(sql`revoked_at is null`),
    index('agents_revoked').on(table.userId, table.revokedAt, table.id).where(sql`revoked_at is not null`),
  ],
)

/** Programs that may ask for a sign-in: registered by themselves, or described by a document at their id. They belong to no user. */
export const oauthClients = sqliteTable(
  'oauth_clients',
  {
    id: text().primaryKey(),
    source: text({ enum: ['registered', 'document'] }).notNull(),
    name: text().notNull(),
    /** JSON list. */
    redirectUris: text('redirect_uris').notNull(),
    createdAt: integer('created_at').notNull(),
    createdFrom: text('created_from'),
    /** When a document has to be fetched again. */
    staleAt: integer('stale_at'),
  },
  (table) => [index('oauth_clients_created').on(table.source, table.createdAt)],
)

/** A person's yes on its way to the program. Kept for a while after its use, so that a second use is noticed. */
export const oauthCodes = sqliteTable('oauth_codes', {
  codeHash: text('code_hash').primaryKey(),
  userId: text('user_id')
    .notNull()
    .references(() => users.id),
  clientId: text('client_id').notNull(),
  clientName: text('client_name').notNull(),
  redirectUri: text('redirect_uri').notNull(),
  codeChallenge: text('code_challenge').notNull(),
  connections: text(),
  agentExpiresAt: integer('agent_expires_at'),
  expiresAt: integer('expires_at').notNull(),
  usedAt: integer('used_at'),
  /** What came of it. */
  agentId: text('agent_id'),
})

export const oauthTokens = sqliteTable(
  'oauth_tokens',
  {
    tokenHash: text('token_hash').primaryKey(),
    agentId: text('agent_id')
      .notNull()
      .references(() => agents.id),
    userId: text('user_id')
      .notNull()
      .references(() => users.id),
    kind: text({ enum: ['access', 'refresh'] }).notNull(),
    expiresAt: integer('expires_at').notNull(),
    /** Of a refresh token: when it was exchanged for the next. */
    usedAt: integer('used_at'),
  },
  (table) => [
    index('oauth_tokens_agent').on(table.agentId, table.kind, table.expiresAt),
    index('oauth_tokens_expires').on(table.expiresAt),
  ],
)
