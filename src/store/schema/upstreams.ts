import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import { users } from './identity.ts'

export const connections = sqliteTable(
  'connections',
  {
    id: text().primaryKey(),
    userId: text('user_id')
      .notNull()
      .references(() => users.id),
    slug: text().notNull(),
    /** Id in the catalogue, or `custom`. */
    integrationId: text('integration_id').notNull(),
    name: text().notNull(),
    url: text().notNull(),
    authMethod: text('auth_method', { enum: ['none', 'token', 'oauth'] }).notNull(),
    tokenHeader: text('token_header'),
    tokenFormat: text('token_format'),
    /** In the vault: JSON `{token, extra}`, or of a sign-in its grant. Null while there is none yet. */
    secretId: text('secret_id'),
    /** How a sign-in stands that was finished once. */
    oauthStatus: text('oauth_status', { enum: ['signed_in', 'sign_in_needed', 'wider_access_needed'] }),
    /** What the server said it needs beyond what it asked for at first; every later sign-in asks for it too. */
    oauthScope: text('oauth_scope'),
    /** Until then one process renews the access token, and no other. */
    renewingUntil: integer('renewing_until'),
    /** `host:port` that a person opened although it is not public. */
    allowedPrivate: text('allowed_private'),
    callTimeoutMs: integer('call_timeout_ms').notNull(),
    resultLimitBytes: integer('result_limit_bytes').notNull(),
    /** URL and account: another fingerprint is another thing to have approved. */
    fingerprint: text().notNull(),
    addedAt: integer('added_at').notNull(),
    toolsFetchedAt: integer('tools_fetched_at'),
    lastError: text('last_error'),
    /** What the era probe learnt, as JSON, so that the next start need not ask again. */
    protocol: text(),
  },
  (table) => [uniqueIndex('connections_slug').on(table.userId, table.slug)],
)

/** Who we are toward an authorization server: registered by ourselves, or by the owner, for one connection. */
export const clientRegistrations = sqliteTable(
  'client_registrations',
  {
    connectionId: text('connection_id')
      .notNull()
      .references(() => connections.id, { onDelete: 'cascade' }),
    userId: text('user_id')
      .notNull()
      .references(() => users.id),
    issuer: text().notNull(),
    source: text({ enum: ['registered', 'entered'] }).notNull(),
    clientId: text('client_id').notNull(),
    /** In the vault: the client as JSON, with its secret where it has one. */
    secretId: text('secret_id').notNull(),
    /** Where it may be answered; at another origin of ours it is of no use. */
    redirectUri: text('redirect_uri').notNull(),
    createdAt: integer('created_at').notNull(),
    expiresAt: integer('expires_at'),
  },
  (table) => [primaryKey({ columns: [table.connectionId, table.issuer] })],
)

/** A person is at a service to sign in there, and has not come back yet. */
export const signInAttempts = sqliteTable(
  'sign_in_attempts',
  {
    stateHash: text('state_hash').primaryKey(),
    connectionId: text('connection_id')
      .notNull()
      .references(() => connections.id, { onDelete: 'cascade' }),
    userId: text('user_id')
      .notNull()
      .references(() => users.id),
    /** Hash of the session that began it: no other may finish it. */
    sessionHash: text('session_hash').notNull(),
    /** In the vault: the PKCE verifier, and all that the answer is checked against. */
    secretId: text('secret_id').notNull(),
    createdAt: integer('created_at').notNull(),
    expiresAt: integer('expires_at').notNull(),
  },
  (table) => [index('sign_in_attempts_connection').on(table.connectionId, table.createdAt)],
)

export const tools = sqliteTable(
  'tools',
  {
    rowId: integer('row_id').primaryKey(),
    connectionId: text('connection_id')
      .notNull()
      .references(() => connections.id, { onDelete: 'cascade' }),
    userId: text('user_id')
      .notNull()
      .references(() => users.id),
    name: text().notNull(),
    position: integer().notNull(),
    definitionHash: text('definition_hash').notNull(),
    changedAt: integer('changed_at').notNull(),
  },
  (table) => [uniqueIndex('tools_name').on(table.connectionId, table.name), index('tools_user').on(table.userId)],
)

/** Every definition a tool ever had, by its hash: an old request still shows what its tool said when it was asked. */
export const definitions = sqliteTable(
  'definitions',
  {
    hash: text().notNull(),
    userId: text('user_id')
      .notNull()
      .references(() => users.id),
    json: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.hash, table.userId] })],
)

/**
 * The definition of a tool that its owner last saw: what was there at first, what they decided about, what they marked as seen.
 * A tool without one is new to them. It outlives the tool, so that one which vanishes for a moment is compared with what it was.
 */
export const seenTools = sqliteTable(
  'seen_tools',
  {
    connectionId: text('connection_id')
      .notNull()
      .references(() => connections.id, { onDelete: 'cascade' }),
    toolName: text('tool_name').notNull(),
    userId: text('user_id')
      .notNull()
      .references(() => users.id),
    definitionHash: text('definition_hash').notNull(),
    seenAt: integer('seen_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.connectionId, table.toolName] })],
)
