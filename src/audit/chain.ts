import { canonicalJson } from '../lib/canonical-json.ts'
import { hmacHex, sameHash } from '../lib/hashes.ts'

/** What stands before the first event. */
export const GENESIS = '0'.repeat(64)

export interface ChainedEvent {
  seq: number
  at: number
  userId: string | null
  name: string
  actor: string
  subject: string
  /** JSON text, covered to the letter. */
  details: string
  mac: string
}

/** HMAC-SHA-256 over the event and the MAC before it, so no event can be changed, removed or moved unnoticed. */
export function eventMac(key: Uint8Array, previousMac: string, event: Omit<ChainedEvent, 'mac'>): string {
  const { seq, at, userId, name, actor, subject, details } = event
  return hmacHex(key, canonicalJson([previousMac, seq, at, userId, name, actor, subject, details]))
}

export type ChainFault = { seq: number; fault: 'changed' | 'missing' }

/** Follows the chain one event at a time; the first fault ends it. */
export class ChainCheck {
  #head = GENESIS
  #next = 1

  constructor(readonly key: Uint8Array) {}

  take(event: ChainedEvent): ChainFault | null {
    if (event.seq !== this.#next) return { seq: this.#next, fault: 'missing' }
    if (!sameHash(event.mac, eventMac(this.key, this.#head, event))) return { seq: event.seq, fault: 'changed' }
    this.#head = event.mac
    this.#next = event.seq + 1
    return null
  }

  get head(): string {
    return this.#head
  }
  get count(): number {
    return this.#next - 1
  }
}
