import type { AuditRow } from '../audit/audit.ts'
import { sha256Hex } from '../lib/hashes.ts'
import type { RequestRow } from './queries.ts'

/** A stored payload that is not the one the record speaks of. */
export interface AlteredPayload {
  seq: number
  requestId: string
  what: 'arguments' | 'result'
}

/** Holds what is stored of each call against the digests in the record; pruned payloads are no longer there to be held. */
export function findAlteredPayload(
  events: Iterable<AuditRow>,
  findRequest: (id: string) => RequestRow | undefined,
): AlteredPayload | null {
  for (const { seq, name, subject, details } of events) {
    if (!name.startsWith('call.')) continue
    const digests = JSON.parse(details) as { arguments?: string; result?: string | null }
    if (digests.arguments === undefined && !digests.result) continue
    const request = findRequest(subject)
    if (!request) continue
    for (const what of ['arguments', 'result'] as const) {
      const [digest, payload] = [digests[what], request[what]]
      if (digest && payload !== null && sha256Hex(payload) !== digest) return { seq, requestId: subject, what }
    }
  }
  return null
}
