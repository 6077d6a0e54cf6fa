/**
 * Owns the append-only record of what happened, chained by HMAC.
 * Promises that an event is written in the same transaction as the change it tells of, and that `verify` names the first event that
 * was changed, removed or reordered. It cannot see a truncated end, or a rewrite by someone who holds the key: keep the head elsewhere.
 * Deliberately holds digests only, so that payloads can be pruned without breaking the chain.
 */
import type { Store, Tx } from '../store/store.ts'
import { ChainCheck, type ChainFault, eventMac, GENESIS } from './chain.ts'
import type { AuditEvent } from './events.ts'
import { type AuditRow, auditQueries, eventsAfter } from './queries.ts'

export type { Actor, AuditEvent, AuditEventName } from './events.ts'
export { AUDIT_EVENTS } from './events.ts'
export type { AuditRow } from './queries.ts'

export interface Verification {
  events: number
  /** MAC of the last event that holds; GENESIS when there is none. */
  head: string
  fault: ChainFault | null
  /** Of the last event that holds. */
  lastEventAt: number | null
}

export interface Audit {
  append(tx: Tx, event: AuditEvent): void
  verify(): Promise<Verification>
  /** All events in order, read in batches so that a long record does not fill memory. */
  events(): Generator<AuditRow>
}

const BATCH = 1_000

export function createAudit({ store, key }: { store: Store; key: Uint8Array }): Audit {
  const queries = auditQueries(store)
  /** What was appended last, believed for as long as the transaction's epoch stays the same. */
  let last: { seq: number; mac: string; epoch: number } | null = null

  return {
    append(tx, { name, userId, actor, subject, details }) {
      if (last?.epoch !== tx.epoch) last = { ...(queries.last() ?? { seq: 0, mac: GENESIS }), epoch: tx.epoch }
      const event = {
        seq: last.seq + 1,
        at: tx.now,
        userId,
        name,
        actor,
        subject,
        details: JSON.stringify(details),
      }
      const mac = eventMac(key, last.mac, event)
      queries.insert({ ...event, mac })
      last = { seq: event.seq, mac, epoch: tx.epoch }
    },
    async verify() {
      const check = new ChainCheck(key)
      let lastEventAt: number | null = null
      let fault: ChainFault | null = null
      for (const event of allEvents(store)) {
        fault = check.take(event)
        if (fault) break
        lastEventAt = event.at
      }
      return { events: check.count, head: check.head, fault, lastEventAt }
    },
    events: () => allEvents(store),
  }
}

function* allEvents(store: Store): Generator<AuditRow> {
  for (let seq = 0; ; ) {
    const batch = eventsAfter(store.db, seq, BATCH)
    yield* batch
    const last = batch.at(-1)
    if (!last) return
    seq = last.seq
  }
}
