import { sql } from 'drizzle-orm'
import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { users } from './identity.ts'

/** What an identical call may meet again. An allowed call is never joined, so it stays out of the index that every gated call searches. */
export const REPEATABLE = sql`state in ('pending','approved','denied') or (state = 'executing' and decision_mode <> 'policy')`
/** What a person or an agent may still act on. */
export const WAITING = sql`state in ('pending','approved')`
export const EXECUTING = sql`state = 'executing'`
/** What a person looks for in the log and rarely finds: calls that ran well, most of them, stay out of this index. */
export const WENT_WRONG = sql`state in ('failed','unknown','denied','expired','refused') or is_error = 1`

/** What a person was asked about and has an answer to, if only that nobody gave one: told when the like is asked again. */
export const ANSWERED = sql`decision_mode in ('once','always','deny') or state = 'expired'`

/** All but what policy let run by itself, which is most: so those pay nothing for being told apart from these. */
export const NOT_BY_POLICY = sql`decision_mode is not 'policy'`
/** Of those: 1 where a person said yes, 0 where they said no, null where nobody said anything. */
export const SAID_YES = sql`(decision_mode <> 'deny')`

/** 90 days. Also what those have who chose their times before this could be chosen. */
export const DEFAULT_KEPT_MS = 90 * 24 * 60 * 60_000

/** One row a call, from the moment it is asked: the approval, the run and the log entry are the same thing. */
export const requests = sqliteTable(
  'requests',
  {
    id: text().primaryKey(),
    userId: text('user_id')
      .notNull()
      .references(() => users.id),
    state: text({
      enum: ['pending', 'approved', 'executing', 'executed', 'failed', 'unknown', 'denied', 'expired', 'refused'],
    }).notNull(),

    principalId: text('principal_id').notNull(),
    principalKind: text('principal_kind', { enum: ['api_key', 'oauth_client', 'person'] }).notNull(),
    principalName: text('principal_name').notNull(),
    address: text(),
    program: text(),

    /** Names are copied: a log entry still reads well when the connection is gone. */
    connectionId: text('connection_id').notNull(),
    connectionSlug: text('connection_slug').notNull(),
    connectionName: text('connection_name').notNull(),
    target: text().notNull(),
    fingerprint: text().notNull(),
    toolName: text('tool_name').notNull(),
    /** The definition as it was when asked. */
    definitionHash: text('definition_hash').notNull(),

    /** Canonical JSON; null once pruned. */
    arguments: text(),
    argumentsHash: text('arguments_hash').notNull(),

    askedAt: integer('asked_at').notNull(),
    /** Which of the owner's rules had it asked, run or refused; null where no rule was looked at. */
    rule: text({ enum: ['default', 'policy', 'definition_changed'] }),
    /** When pending lapses or, once approved, when the approval does. */
    expiresAt: integer('expires_at'),
    decisionMode: text('decision_mode', { enum: ['once', 'always', 'deny', 'policy'] }),
    decidedBy: text('decided_by'),
    decidedAt: integer('decided_at'),
    reason: text(),
    claimedAt: integer('claimed_at'),
    settledAt: integer('settled_at'),
    durationMs: integer('duration_ms'),
    /** The outcome word of the contract once the call is over. */
    outcome: text(),
    isError: integer('is_error', { mode: 'boolean' }),
    /** Safe words on why it failed, lapsed or was refused. */
    message: text(),
    /** The upstream's result as JSON; null once pruned. */
    result: text(),
    resultHash: text('result_hash'),
  },
  (table) => [
    index('requests_user_asked').on(table.userId, table.askedAt),
    index('requests_agent').on(table.principalId, table.askedAt),
    index('requests_connection').on(table.userId, table.connectionSlug, table.askedAt),
    index('requests_tool').on(table.userId, table.toolName, table.askedAt),
    // SQLite uses a partial index only for a query that repeats its condition to the letter; queries.ts takes them from here.
    index('requests_same')
      .on(table.principalId, table.connectionId, table.toolName, table.argumentsHash)
      .where(REPEATABLE),
    index('requests_waiting_user').on(table.userId, table.askedAt).where(WAITING),
    // With the state, though its condition says it already: by the agent alone SQLite takes requests_agent, which holds every call it ever made.
    index('requests_waiting_principal').on(table.principalId, table.state).where(WAITING),
    index('requests_waiting_connection').on(table.connectionId, table.toolName).where(WAITING),
    index('requests_executing').on(table.claimedAt).where(EXECUTING),
    index('requests_answered').on(table.userId, table.connectionId, table.toolName, table.askedAt).where(ANSWERED),
    index('requests_not_by_policy').on(table.userId, SAID_YES, table.askedAt).where(NOT_BY_POLICY),
    index('requests_went_wrong').on(table.userId, table.state, table.askedAt).where(WENT_WRONG),
  ],
)

/** When each tool was last asked for, however that ended. Kept apart, since a log of a million calls has no quick answer for five thousand tools. */
export const lastCalls = sqliteTable(
  'last_calls',
  {
    userId: text('user_id')
      .notNull()
      .references(() => users.id),
    connectionId: text('connection_id').notNull(),
    toolName: text('tool_name').notNull(),
    at: integer().notNull(),
  },
  (table) => [primaryKey({ columns: [table.userId, table.connectionId, table.toolName] })],
)

/** The agent's own words, in the order they came: one for each time it asked. */
export const requestNotes = sqliteTable(
  'request_notes',
  {
    id: integer().primaryKey(),
    requestId: text('request_id')
      .notNull()
      .references(() => requests.id, { onDelete: 'cascade' }),
    userId: text('user_id')
      .notNull()
      .references(() => users.id),
    at: integer().notNull(),
    text: text().notNull(),
  },
  (table) => [index('request_notes_request').on(table.requestId)],
)

export const approvalSettings = sqliteTable('approval_settings', {
  userId: text('user_id')
    .primaryKey()
    .references(() => users.id),
  pendingMs: integer('pending_ms').notNull(),
  approvedMs: integer('approved_ms').notNull(),
  /** How long arguments and results are kept. */
  keptMs: integer('kept_ms').notNull().default(DEFAULT_KEPT_MS),
})
