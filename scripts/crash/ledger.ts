import type { RequestRow } from '../../src/approvals/approvals.ts'
import type { Random } from './random.ts'

/** What the outside knows of one call, by the token in its arguments. */
interface Entry {
  /** Which agent asked. */
  owner: number
  gated: boolean
  runs: number
  told: Set<string>
  requestIds: Set<string>
  /** Calls that were sent; allowed ones are a run each. */
  asked: number
  decision: 'once' | 'deny' | null
  /** Decisions that were sent, answered or not: one whose answer was lost may stand, and the next then changes nothing. */
  attempted: Set<'once' | 'deny'>
}

/** Everything that was said and done, to be held against what is stored in the end. */
export class Ledger {
  readonly entries = new Map<string, Entry>()

  entry(token: string): Entry {
    const entry = this.entries.get(token)
    if (!entry) throw new Error(`The far end was called with a token that nobody asked for: ${token}`)
    return entry
  }

  open(token: string, owner: number, gated: boolean): Entry {
    const entry: Entry = {
      owner,
      gated,
      runs: 0,
      told: new Set(),
      requestIds: new Set(),
      asked: 0,
      decision: null,
      attempted: new Set(),
    }
    this.entries.set(token, entry)
    return entry
  }

  /** A request of this agent's from an earlier life of the server. */
  earlier(owner: number, random: Random): { entry: Entry; id: string } | null {
    const own = [...this.entries.values()].filter((entry) => entry.owner === owner && entry.requestIds.size > 0)
    if (own.length === 0) return null
    const entry = random.pick(own)
    return { entry, id: random.pick([...entry.requestIds]) }
  }

  /** Every promise that does not hold, in words. */
  violations(rowOf: (id: string) => RequestRow | undefined): string[] {
    const found: string[] = []
    for (const [token, entry] of this.entries) {
      const say = (what: string) =>
        found.push(
          `${token}: ${what} (${JSON.stringify({ ...entry, told: [...entry.told], requestIds: [...entry.requestIds] })})`,
        )
      const most = entry.gated ? Math.max(1, entry.requestIds.size) : entry.asked
      if (entry.runs > most) say(`ran ${entry.runs} times, ${most} at most`)
      if (entry.told.has('executed') && entry.runs === 0) say('executed was told, but it never ran')
      if (
        entry.gated &&
        entry.requestIds.size === 1 &&
        entry.runs > 0 &&
        ['denied', 'expired', 'failed', 'blocked'].some((word) => entry.told.has(word))
      ) {
        say('told that it did not run, but it did')
      }
      for (const id of entry.requestIds) {
        const row = rowOf(id)
        if (!row) say(`request ${id} was acknowledged and is gone`)
        else if (row.state === 'executing') say(`request ${id} is still executing`)
        else if (entry.decision && entry.requestIds.size === 1 && row.state === 'pending')
          say('a decision was acknowledged and is lost')
        else if (
          entry.decision === 'deny' &&
          entry.attempted.size === 1 &&
          entry.requestIds.size === 1 &&
          row.state !== 'denied'
        )
          say(`denied, but is ${row.state}`)
      }
    }
    return found
  }
}
