import type { Database } from 'bun:sqlite'
import { sha256Hex } from '../lib/hashes.ts'
import first from './migrations/0000_first.sql' with { type: 'text' }
import toolIndex from './migrations/0001_tool_index.sql' with { type: 'text' }
import requestIndexes from './migrations/0002_request_indexes.sql' with { type: 'text' }
import logAndRetention from './migrations/0003_log_and_retention.sql' with { type: 'text' }
import agents from './migrations/0004_agents.sql' with { type: 'text' }
import keysAreAgents from './migrations/0005_keys_are_agents.sql' with { type: 'text' }
import waitingOfAnAgent from './migrations/0006_waiting_of_an_agent.sql' with { type: 'text' }
import signInToServices from './migrations/0007_sign_in_to_services.sql' with { type: 'text' }
import agentsAndTokensByIndex from './migrations/0008_agents_and_tokens_by_index.sql' with { type: 'text' }
import firstUseOfAgents from './migrations/0009_first_use_of_agents.sql' with { type: 'text' }
import seenTools from './migrations/0010_seen_tools.sql' with { type: 'text' }
import personalTokens from './migrations/0011_personal_tokens.sql' with { type: 'text' }
import howTheLikeWasAnswered from './migrations/0012_how_the_like_was_answered.sql' with { type: 'text' }
import whatADayHeld from './migrations/0013_what_a_day_held.sql' with { type: 'text' }
import lastCalls from './migrations/0014_last_calls.sql' with { type: 'text' }
import sessionsSeenAndAppearance from './migrations/0015_sessions_seen_and_appearance.sql' with { type: 'text' }

export interface Migration {
  tag: string
  sql: string
}

/** In the order they are applied. Written out, because a compiled binary has no folder to read. */
export const MIGRATIONS: readonly Migration[] = [
  { tag: '0000_first', sql: first },
  { tag: '0001_tool_index', sql: toolIndex },
  { tag: '0002_request_indexes', sql: requestIndexes },
  { tag: '0003_log_and_retention', sql: logAndRetention },
  { tag: '0004_agents', sql: agents },
  { tag: '0005_keys_are_agents', sql: keysAreAgents },
  { tag: '0006_waiting_of_an_agent', sql: waitingOfAnAgent },
  { tag: '0007_sign_in_to_services', sql: signInToServices },
  { tag: '0008_agents_and_tokens_by_index', sql: agentsAndTokensByIndex },
  { tag: '0009_first_use_of_agents', sql: firstUseOfAgents },
  { tag: '0010_seen_tools', sql: seenTools },
  { tag: '0011_personal_tokens', sql: personalTokens },
  { tag: '0012_how_the_like_was_answered', sql: howTheLikeWasAnswered },
  { tag: '0013_what_a_day_held', sql: whatADayHeld },
  { tag: '0014_last_calls', sql: lastCalls },
  { tag: '0015_sessions_seen_and_appearance', sql: sessionsSeenAndAppearance },
]

export class NewerDatabase extends Error {
  constructor(tag: string) {
    super(
      `This data directory was last used by a newer AgentPort (it holds the schema change ${tag}, which this version does not know). Start that version or a later one.`,
    )
  }
}

/** Migrations not applied yet. @throws NewerDatabase when the database has one that we do not know. */
export function pendingMigrations(sqlite: Database, known: readonly Migration[] = MIGRATIONS): Migration[] {
  const applied = appliedTags(sqlite)
  const stranger = [...applied].find((tag) => !known.some((migration) => migration.tag === tag))
  if (stranger) throw new NewerDatabase(stranger)
  return known.filter((migration) => !applied.has(migration.tag))
}

export const isEmptyDatabase = (sqlite: Database): boolean => appliedTags(sqlite).size === 0

/** Each migration is one transaction, so a crash between two leaves a database that the next start goes on with. */
export function applyMigrations(sqlite: Database, migrations: readonly Migration[], now: number): void {
  sqlite.run(
    'CREATE TABLE IF NOT EXISTS migrations (tag TEXT PRIMARY KEY, hash TEXT NOT NULL, applied_at INTEGER NOT NULL)',
  )
  for (const { tag, sql } of migrations) {
    sqlite
      .transaction(() => {
        for (const statement of sql.split('--> statement-breakpoint')) sqlite.run(statement)
        sqlite.run('INSERT INTO migrations (tag, hash, applied_at) VALUES (?, ?, ?)', [tag, sha256Hex(sql), now])
      })
      .immediate()
  }
}

function appliedTags(sqlite: Database): Set<string> {
  const exists = sqlite.query("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'migrations'").get()
  if (!exists) return new Set()
  const rows = sqlite.query('SELECT tag FROM migrations').all() as { tag: string }[]
  return new Set(rows.map((row) => row.tag))
}
