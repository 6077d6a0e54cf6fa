import type { Decision } from '../policy/policy.ts'
import type { Tx } from '../store/store.ts'
import type { Book } from './book.ts'
import type { Work } from './following.ts'
import { type Match, matchEarlier } from './lifecycle.ts'
import { countPending, type RequestRow } from './queries.ts'
import type { AskedCall, Gate } from './request.ts'

type Asking = Pick<Work, 'gate' | 'hindrance'>

export const MAX_PENDING_PER_PRINCIPAL = 50

/** `claimed` means that the caller, and nobody else, has to run it. */
export interface Asked {
  row: RequestRow
  claimed: boolean
}

/** Writes a call down as what it is at this moment: to be run, waiting for a person, the same as an earlier one, or refused. */
export async function ask(book: Book, call: AskedCall, work: Asking, pendingMs: () => number): Promise<Asked> {
  // Most calls are allowed ones that match nothing earlier, and need no commit that survives power loss.
  // Whatever touches a person's decision is done again from the start in one that does.
  const quick = await book.store.groupedTransaction((tx) => askQuickly(book, tx, call, work.gate))
  return quick ?? book.store.transaction((tx) => askFully(book, tx, call, work, pendingMs))
}

function askQuickly(book: Book, tx: Tx, call: AskedCall, gate: Gate): Asked | null {
  const verdict = gate()
  if (verdict.mode !== 'allow') return null
  const { act } = matchAgain(book, tx, call)
  return act === 'share' || act === 'claim' ? null : runNow(book, tx, call, verdict)
}

function askFully(book: Book, tx: Tx, call: AskedCall, work: Asking, pendingMs: () => number): Asked {
  const verdict = work.gate()
  if (verdict.mode === 'void') return { row: book.refuse(tx, call, 'invalid', verdict.why), claimed: false }
  if (verdict.mode === 'deny')
    return { row: book.refuse(tx, call, 'blocked', 'The policy for this tool is deny.', verdict), claimed: false }
  const match = matchAgain(book, tx, call)
  return verdict.mode === 'allow'
    ? askAllowed(book, tx, call, verdict, match)
    : askGated(book, tx, call, verdict, work, match, pendingMs())
}

const byPolicy = (now: number) => ({ decisionMode: 'policy' as const, decidedBy: 'policy', decidedAt: now })

function runNow(book: Book, tx: Tx, call: AskedCall, { source: rule }: Decision): Asked {
  const facts = { state: 'executing' as const, claimedAt: tx.now, rule, ...byPolicy(tx.now) }
  return { row: book.insert(tx, call, facts, 'call.started'), claimed: true }
}

/** Two allowed calls are two runs; but what a person was asked about before the tool was allowed runs as that request, not beside it. */
function askAllowed(book: Book, tx: Tx, call: AskedCall, decision: Decision, match: Match): Asked {
  if (match.act !== 'share' && match.act !== 'claim') return runNow(book, tx, call, decision)
  if (match.act === 'share') {
    book.move(tx, match.id, 'approve', byPolicy(tx.now), {
      name: 'call.approved',
      actor: 'system',
      details: { mode: 'policy' },
    })
  }
  const row = book.queries.byId(match.id)
  if (!row) throw new Error('A request vanished inside its transaction')
  // Claimed by whoever follows it, like any that a person approved.
  return { row, claimed: false }
}

function askGated(
  book: Book,
  tx: Tx,
  call: AskedCall,
  { source: rule }: Decision,
  work: Asking,
  match: Match,
  pendingMs: number,
): Asked {
  if (match.act !== 'ask_anew') {
    const earlier = book.queries.byId(match.id)
    if (!earlier) throw new Error('A request vanished inside its transaction')
    if (match.act === 'share') book.addNote(tx, earlier, call)
    // An approved one is claimed by whoever follows it, once its definition has been looked at again.
    return { row: earlier, claimed: false }
  }
  // What was asked before stays with the person; for what could not run they are not troubled anew.
  const hindrance = work.hindrance()
  if (hindrance !== null) return { row: book.refuse(tx, call, 'failed', hindrance), claimed: false }
  if (countPending(tx, call.asker.principalId) >= MAX_PENDING_PER_PRINCIPAL) {
    const message = `${MAX_PENDING_PER_PRINCIPAL} requests of yours wait for a decision already.`
    return { row: book.refuse(tx, call, 'limited', message), claimed: false }
  }
  return {
    row: book.insert(tx, call, { state: 'pending', rule, expiresAt: tx.now + pendingMs }, 'call.asked'),
    claimed: false,
  }
}

/** Same principal, connection, account, tool, definition and arguments. */
function matchAgain(book: Book, tx: Tx, call: AskedCall): Match {
  const earlier = book.queries.same({
    principalId: call.asker.principalId,
    connectionId: call.connection.id,
    toolName: call.tool.name,
    argumentsHash: call.arguments.hash,
  })
  const same = earlier.filter(
    (row) => row.fingerprint === call.connection.fingerprint && row.definitionHash === call.tool.definitionHash,
  )
  return matchEarlier(same, tx.now)
}
