import type { Session } from '../../identity/identity.ts'
import type { Clock } from '../../lib/clock.ts'
import { hmacHex, sameHash, sha256Hex } from '../../lib/hashes.ts'
import { newId, randomBytes } from '../../lib/ids.ts'

export interface FormTickets {
  /** For one form, as it was given to this session. */
  issue(session: Session): string
  /**
   * Does it, or gives what came of it when this very form was sent before: a double click, or a page sent anew, runs nothing twice.
   * Null for a ticket that this server did not give to this session, or gave too long ago.
   */
  once<T>(session: Session, ticket: string, sent: string, act: () => Promise<T>): Promise<T> | null
}

const VALID_MS = 12 * 60 * 60_000

/** Sealed with a key that ends with the process, so that a form from before a restart, of which nobody knows whether it was used, is none. */
export function createFormTickets(clock: Clock): FormTickets {
  const key = randomBytes(32)
  const used = new Map<string, { until: number; result: Promise<unknown> }>()
  const seal = ({ tokenHash }: Session, facts: string) => hmacHex(key, `${facts} ${tokenHash}`)

  function validUntil(session: Session, ticket: string): number | null {
    const [, facts, issuedAt, given] = /^(([0-9]{1,15})\.[0-9a-z]{26})\.([0-9a-f]{64})$/.exec(ticket) ?? []
    if (facts === undefined || given === undefined || !sameHash(given, seal(session, facts))) return null
    const until = Number(issuedAt) + VALID_MS
    return until > clock.now() ? until : null
  }

  return {
    issue(session) {
      const facts = `${clock.now()}.${newId()}`
      return `${facts}.${seal(session, facts)}`
    },
    once<T>(session: Session, ticket: string, sent: string, act: () => Promise<T>) {
      const until = validUntil(session, ticket)
      if (until === null) return null
      for (const [each, { until: end }] of used) if (end <= clock.now()) used.delete(each)
      // Whoever goes back, changes something and sends it means another call.
      const form = sha256Hex(`${ticket} ${sent}`)
      const before = used.get(form)
      if (before) return before.result as Promise<T>
      const result = act()
      used.set(form, { until, result })
      // What broke may have run before it did, so it is kept as well.
      result.catch(() => {})
      return result
    },
  }
}
