import { asc, desc, gt, sql } from 'drizzle-orm'
import { auditEvents } from '../store/schema/audit.ts'
import type { Db, Store } from '../store/store.ts'

export type AuditRow = typeof auditEvents.$inferSelect

/** Prepared once: every call appends at least twice. */
export function auditQueries(store: Store) {
  const last = store.db
    .select({ seq: auditEvents.seq, mac: auditEvents.mac })
    .from(auditEvents)
    .orderBy(desc(auditEvents.seq))
    .limit(1)
    .prepare()
  const insert = store.db
    .insert(auditEvents)
    .values({
      seq: sql.placeholder('seq'),
      at: sql.placeholder('at'),
      userId: sql.placeholder('userId'),
      name: sql.placeholder('name'),
      actor: sql.placeholder('actor'),
      subject: sql.placeholder('subject'),
      details: sql.placeholder('details'),
      mac: sql.placeholder('mac'),
    })
    .prepare()
  return { last: () => last.get(), insert: (row: AuditRow) => void insert.run(row) }
}

export const eventsAfter = (db: Db, seq: number, limit: number): AuditRow[] =>
  db.select().from(auditEvents).where(gt(auditEvents.seq, seq)).orderBy(asc(auditEvents.seq)).limit(limit).all()
