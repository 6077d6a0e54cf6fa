import type { Actor, Audit, AuditEvent, AuditEventName } from '../audit/audit.ts'
import { sha256Hex } from '../lib/hashes.ts'
import { newOrderedId } from '../lib/ids.ts'
import type { Decision } from '../policy/policy.ts'
import type { Store, Tx } from '../store/store.ts'
import type { RunEnd } from '../upstreams/upstreams.ts'
import { noteCallQuery } from './last-call-queries.ts'
import { hasLapsed, type Step } from './lifecycle.ts'
import * as rows from './queries.ts'
import type { AskedCall, Asker } from './request.ts'

type Details = AuditEvent['details']

const ENDS = {
  executed: { step: 'succeed', event: 'call.executed' },
  failed: { step: 'fail', event: 'call.failed' },
  unknown: { step: 'lose', event: 'call.unknown' },
} as const satisfies Record<RunEnd['end'], { step: Step; event: AuditEventName }>

const MOST_NOTES = 50
const MOST_REFUSED_KEPT = 4_096

export const askerActor = ({ principalKind, principalId }: Pick<Asker, 'principalId' | 'principalKind'>): Actor =>
  `${principalKind === 'person' ? 'user' : principalKind}:${principalId}`

/** Every write to a request: the row, its line in the record and the news of it go together or not at all. */
export class Book {
  readonly queries: ReturnType<typeof rows.requestQueries>
  readonly #noteCall: ReturnType<typeof noteCallQuery>

  constructor(
    readonly store: Store,
    readonly audit: Audit,
    readonly announce: (row: rows.RequestRow) => void,
  ) {
    this.queries = rows.requestQueries(store)
    this.#noteCall = noteCallQuery(store)
  }

  #record(tx: Tx, name: AuditEventName, row: rows.RequestRow, actor: Actor, details: Details): void {
    this.audit.append(tx, { name, userId: row.userId, actor, subject: row.id, details })
    tx.afterCommit(() => this.announce(row))
  }

  insert(
    tx: Tx,
    call: AskedCall,
    facts: Partial<rows.RequestRow> & Pick<rows.RequestRow, 'state'>,
    event: AuditEventName,
  ): rows.RequestRow {
    const row = draft(tx.now, call, facts)
    this.queries.insert(row)
    const { userId, connectionId, toolName, askedAt: at } = row
    // A name without a definition is any name that an agent thinks of.
    if (row.definitionHash !== '') this.#noteCall({ userId, connectionId, toolName, at })
    if (call.note !== null) this.#insertNote(tx, row, call.note)
    this.#record(tx, event, row, askerActor(row), {
      connection: row.connectionSlug,
      tool: row.toolName,
      definition: row.definitionHash,
      arguments: row.argumentsHash,
      ...(call.note === null ? {} : { note: sha256Hex(call.note) }),
      ...(row.outcome === null ? {} : { outcome: row.outcome }),
    })
    return row
  }

  refuse(
    tx: Tx,
    call: AskedCall,
    outcome: 'blocked' | 'limited' | 'invalid' | 'failed',
    message: string,
    by: Decision | null = null,
  ): rows.RequestRow {
    // Nobody decides about it, and whoever is refused may ask as often as they like: long arguments are only hashed.
    const kept = call.arguments.json.length <= MOST_REFUSED_KEPT ? call.arguments.json : null
    return this.insert(
      tx,
      call,
      {
        arguments: kept,
        state: 'refused',
        rule: by?.source ?? null,
        outcome,
        message,
        settledAt: tx.now,
        isError: true,
      },
      'call.refused',
    )
  }

  /** The words of each repetition are kept in order; repeating the same words adds nothing. */
  addNote(tx: Tx, row: rows.RequestRow, call: AskedCall): void {
    if (call.note === null) return
    const notes = rows.notesOf(tx.db, row.id)
    if (notes.at(-1)?.text === call.note || notes.length >= MOST_NOTES) return
    this.#insertNote(tx, row, call.note)
    this.#record(tx, 'call.noted', row, askerActor(row), { note: sha256Hex(call.note) })
  }

  #insertNote(tx: Tx, row: rows.RequestRow, text: string): void {
    this.queries.insertNote({ requestId: row.id, userId: row.userId, at: tx.now, text })
  }

  /** Takes one step if it is open, and gives the moved row; nothing when somebody else was first. */
  move(
    tx: Tx,
    id: string,
    step: Step,
    set: Partial<rows.RequestRow>,
    event: { name: AuditEventName; actor: Actor; details?: Details },
  ): rows.RequestRow | undefined {
    // A person's yes and the claim of it are good only in time; every other step may come late.
    const inTime = step === 'approve' || step === 'deny' || step === 'claim'
    const row = this.queries.step(id, step, set, inTime ? tx.now : null)
    if (row) this.#record(tx, event.name, row, event.actor, event.details ?? {})
    return row
  }

  claim(tx: Tx, id: string, actor: Actor): rows.RequestRow | undefined {
    return this.move(tx, id, 'claim', { claimedAt: tx.now, expiresAt: null }, { name: 'call.started', actor })
  }

  void(tx: Tx, id: string, why: string, actor: Actor): void {
    this.#expire(tx, id, 'void', why, actor)
  }

  voidAll(tx: Tx, open: { id: string }[], why: string, actor: Actor): void {
    for (const { id } of open) this.void(tx, id, why, actor)
  }

  lapseIfOverdue(tx: Tx, id: string): void {
    const row = this.queries.byId(id)
    if (!row || !hasLapsed(row, tx.now)) return
    const why =
      row.state === 'pending' ? 'Nobody decided in time.' : 'It was approved, but the approval was not used in time.'
    this.#expire(tx, id, 'lapse', why, 'system')
  }

  #expire(tx: Tx, id: string, step: 'void' | 'lapse', why: string, actor: Actor): void {
    const set = { message: why, outcome: 'expired', settledAt: tx.now }
    this.move(tx, id, step, set, { name: 'call.expired', actor, details: { why } })
  }

  /** @param row as it was when it was claimed: nothing but its end changes it from there on. */
  settle(tx: Tx, row: rows.RequestRow, end: RunEnd, durationMs: number | null): void {
    const { step, event } = ENDS[end.end]
    const result = end.end === 'executed' ? JSON.stringify(end.result) : null
    const isError = end.end !== 'executed' || end.result.isError === true
    const resultHash = result === null ? null : sha256Hex(result)
    const message = end.end === 'executed' ? null : end.message
    const set = { outcome: end.end, isError, message, result, resultHash, durationMs, settledAt: tx.now }
    const settled = this.queries.end(row, step, set)
    if (settled) this.#record(tx, event, settled, 'system', { result: resultHash, isError, durationMs })
  }
}

function draft(
  now: number,
  call: AskedCall,
  facts: Partial<rows.RequestRow> & Pick<rows.RequestRow, 'state'>,
): rows.RequestRow {
  const { asker, connection, tool } = call
  return {
    id: newOrderedId(now),
    ...asker,
    connectionId: connection.id,
    connectionSlug: connection.slug,
    connectionName: connection.name,
    target: connection.target,
    fingerprint: connection.fingerprint,
    toolName: tool.name,
    definitionHash: tool.definitionHash,
    arguments: call.arguments.json,
    argumentsHash: call.arguments.hash,
    askedAt: now,
    rule: null,
    expiresAt: null,
    decisionMode: null,
    decidedBy: null,
    decidedAt: null,
    reason: null,
    claimedAt: null,
    settledAt: null,
    durationMs: null,
    outcome: null,
    isError: null,
    message: null,
    result: null,
    resultHash: null,
    ...facts,
  }
}
