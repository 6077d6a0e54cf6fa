import type { Audit } from '../../audit/audit.ts'
import { AppError } from '../../lib/errors.ts'
import { sha256Hex } from '../../lib/hashes.ts'
import type { Store } from '../../store/store.ts'
import * as rows from './queries.ts'

export const APPEARANCES = ['system', 'light', 'dark'] as const
export type Appearance = (typeof APPEARANCES)[number]

export interface Session {
  user: { id: string; email: string; appearance: Appearance }
  tokenHash: string
  originProofHash: string | null
}

/** A browser that somebody is signed in with, as its owner sees it. */
export interface SignedInBrowser {
  /** A name and no proof: what the cookie holds cannot be had from it. */
  id: string
  isThis: boolean
  since: number
  lastSeenAt: number
  endsAt: number
  /** Where it signed in from, and as what. */
  address: string | null
  program: string | null
}

export interface Sessions {
  findSession(token: string): Promise<Session | null>
  /** Seen last, first. */
  signedInBrowsers(session: Session): Promise<SignedInBrowser[]>
  signOut(session: Session): Promise<void>
  /** @throws AppError not_found */
  endSession(session: Session, id: string): Promise<void>
  /** How many there were. */
  endOtherSessions(session: Session): Promise<number>
}

/** A write each five minutes is exact enough, and a page costs none. */
const TOUCH_EVERY_MS = 5 * 60_000

const idOf = (tokenHash: string): string => sha256Hex(`session ${tokenHash}`).slice(0, 32)

export function createSessions({ store, audit }: { store: Store; audit: Audit }): Sessions {
  const findRow = rows.findSessionQuery(store)

  function touch({ tokenHash, createdAt, lastSeenAt }: rows.SessionRow): void {
    if (Math.abs(store.clock.now() - (lastSeenAt ?? createdAt)) < TOUCH_EVERY_MS) return
    try {
      store.quickTransaction((tx) => rows.touchSession(tx, tokenHash))
    } catch {
      // Nobody is shut out because a time cannot be written down; what cannot be written will be noticed by whoever changes something.
    }
  }

  /** @returns how many were there to be ended. */
  function end({ user: { id: userId } }: Session, tokenHashes: string[]): number {
    return store.transaction((tx) => {
      const ended = tokenHashes.filter((tokenHash) => rows.deleteSession(tx, tokenHash))
      for (const tokenHash of ended) {
        const details = { session: idOf(tokenHash) }
        audit.append(tx, { name: 'session.ended', userId, actor: `user:${userId}`, subject: userId, details })
      }
      return ended.length
    })
  }

  const othersOf = ({ user, tokenHash }: Session) =>
    rows
      .sessionsOf(store.db, user.id, store.clock.now())
      .map((row) => row.tokenHash)
      .filter((each) => each !== tokenHash)

  return {
    async findSession(token) {
      const found = findRow(sha256Hex(token), store.clock.now())
      if (!found) return null
      touch(found.session)
      const { userId, tokenHash, originProofHash } = found.session
      return { user: { id: userId, email: found.email, appearance: found.appearance }, tokenHash, originProofHash }
    },
    async signedInBrowsers({ user, tokenHash }) {
      return rows
        .sessionsOf(store.db, user.id, store.clock.now())
        .map((row) => ({
          id: idOf(row.tokenHash),
          isThis: row.tokenHash === tokenHash,
          since: row.createdAt,
          lastSeenAt: row.lastSeenAt ?? row.createdAt,
          endsAt: row.expiresAt,
          address: row.address,
          program: row.program,
        }))
        .sort((a, b) => Number(b.isThis) - Number(a.isThis) || b.lastSeenAt - a.lastSeenAt)
    },
    async signOut(session) {
      end(session, [session.tokenHash])
    },
    async endSession(session, id) {
      const ended = end(
        session,
        [session.tokenHash, ...othersOf(session)].filter((tokenHash) => idOf(tokenHash) === id),
      )
      if (ended === 0) throw new AppError('not_found', 'That browser is not signed in any more.')
    },
    async endOtherSessions(session) {
      return end(session, othersOf(session))
    },
  }
}
