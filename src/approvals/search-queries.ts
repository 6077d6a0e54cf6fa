import { and, desc, inArray, type SQL, sql } from 'drizzle-orm'
import type { SQLiteColumn } from 'drizzle-orm/sqlite-core'
import { requestNotes, requests } from '../store/schema/approvals.ts'
import type { Db } from '../store/store.ts'
import { type CallFilter, type CallPlace, isOlder, matches, type PastCall, SHOWN } from './history-queries.ts'

/** What an agent, a server or a person wrote about a call, but for the result. */
const TEXTS = [
  requests.toolName,
  requests.connectionSlug,
  requests.connectionName,
  requests.principalName,
  requests.message,
  requests.reason,
]

export interface Looked extends CallPlace {
  has: boolean
}

/**
 * Looks through the calls of a filter, so many at a time, newest first, for a text that stands anywhere in them.
 * No index helps, since none is kept: it would cost every call and its arguments a second time. SQLite passes over those without the text.
 */
export function looker(db: Db, userId: string, filter: CallFilter, text: string) {
  const where = matches(db, userId, filter)
  const has = hasText(text)
  return (before: CallPlace | null, limit: number): Looked[] =>
    db
      .select({ askedAt: requests.askedAt, id: requests.id, has: sql`${has}`.mapWith(Boolean) })
      .from(requests)
      .where(and(where, before === null ? undefined : isOlder(before)))
      .orderBy(desc(requests.askedAt), desc(requests.id))
      .limit(limit)
      .all()
}

export const callsByIds = (db: Db, ids: string[]): PastCall[] =>
  db
    .select(SHOWN)
    .from(requests)
    .where(inArray(requests.id, ids))
    .orderBy(desc(requests.askedAt), desc(requests.id))
    .all()

function hasText(text: string): SQL {
  const spellings = spellingsOf(text)
  // Not LIKE: it takes a second for a text of one letter in arguments of that letter, and an agent may write such.
  const inAny = (column: SQLiteColumn, texts: string[]) =>
    texts.map((each) => sql`instr(lower(${column}), ${each}) > 0`)
  // Arguments are JSON: a quote in them is written otherwise, and whoever knows may also search for JSON.
  const inJson = [...new Set([...spellings, ...spellings.map((each) => JSON.stringify(each).slice(1, -1))])]
  const inNotes = inAny(requestNotes.text, spellings).map(
    (has) => sql`exists (select 1 from ${requestNotes} where ${requestNotes.requestId} = ${requests.id} and ${has})`,
  )
  const conditions = [...TEXTS.flatMap((column) => inAny(column, spellings)), ...inAny(requests.arguments, inJson)]
  // Null where a text is missing is as good as no.
  return sql`coalesce(${sql.join([...conditions, ...inNotes], sql` or `)}, 0)`
}

/** SQLite knows upper from lower case in ASCII alone, and takes letters beyond as they stand. */
const spellingsOf = (text: string): string[] => [
  ...new Set([text, ...(isAscii(text) ? [] : [text.toLowerCase(), text.toUpperCase()])].map(inLowerAscii)),
]
const isAscii = (text: string): boolean => Buffer.byteLength(text) === text.length
const inLowerAscii = (text: string): string => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
