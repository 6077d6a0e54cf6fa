import type { Decision } from '../policy/policy.ts'
import type { RequestRow } from './queries.ts'

/** Who asks, and from where. */
export interface Asker {
  principalId: string
  principalKind: 'api_key' | 'oauth_client' | 'person'
  principalName: string
  userId: string
  address: string | null
  program: string | null
}

/** A call as it was asked; an approval is bound to all of it. */
export interface AskedCall {
  asker: Asker
  connection: { id: string; slug: string; name: string; target: string; fingerprint: string }
  tool: { name: string; definitionHash: string }
  /** Canonical JSON and its SHA-256: what is shown, hashed and sent. */
  arguments: { json: string; hash: string }
  /** The agent's own words for the human; never forwarded. */
  note: string | null
}

/** What holds at this very moment, asked inside the transaction that acts on it. */
export type Verdict = Decision | { mode: 'void'; why: string }
export type Gate = () => Verdict

/** The words of the contract for how a call stands toward its agent. */
export const OUTCOMES = [
  'executed',
  'approval_required',
  'pending',
  'blocked',
  'denied',
  'expired',
  'unknown',
  'failed',
  'invalid',
  'limited',
] as const
export type OutcomeWord = (typeof OUTCOMES)[number]

export type Outcome =
  | { word: 'executed'; requestId: string; resultJson: string }
  | { word: 'approval_required'; requestId: string }
  /** `running` once it was approved and has not ended yet. */
  | { word: 'pending'; requestId: string; running: boolean }
  | { word: 'denied'; requestId: string; reason: string | null }
  | { word: 'blocked' | 'limited' | 'expired' | 'unknown' | 'failed'; requestId: string | null; message: string }
  | { word: 'invalid'; requestId: string | null; message: string; missing?: Missing }

/** What a call named that is not there; each door knows for itself where its callers find what is. */
export type Missing = 'integration' | 'tool' | 'credential' | 'request'

const RESULT_PRUNED = JSON.stringify({
  content: [{ type: 'text', text: 'This call ran. Its result is no longer kept.' }],
})

/** The outcome of a request as it stands. */
export function outcomeOf(row: RequestRow): Outcome {
  const requestId = row.id
  const message = row.message ?? ''
  switch (row.state) {
    case 'executed':
      return { word: 'executed', requestId, resultJson: row.result ?? RESULT_PRUNED }
    case 'denied':
      return { word: 'denied', requestId, reason: row.reason }
    case 'expired':
    case 'failed':
    case 'unknown':
      return { word: row.state, requestId, message }
    case 'refused':
      return { word: row.outcome as 'blocked' | 'limited' | 'invalid' | 'failed', requestId, message }
    case 'pending':
      return { word: 'pending', requestId, running: false }
    case 'approved':
    case 'executing':
      return { word: 'pending', requestId, running: true }
  }
}
