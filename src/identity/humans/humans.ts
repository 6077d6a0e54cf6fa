/**
 * Owns the people: accounts, passwords, sign-in sessions and the one-time links that set a password.
 * Promises that passwords are kept as argon2id and tokens as SHA-256, that guessing gets slower, and that a setup link works once.
 * Deliberately decides nothing about what a person may do: every signed-in person rules their own rows.
 */
import type { Actor, Audit } from '../../audit/audit.ts'
import { callerNetwork } from '../../lib/addresses.ts'
import { AppError } from '../../lib/errors.ts'
import { sameHash, sha256Hex } from '../../lib/hashes.ts'
import { newId, newSecret } from '../../lib/ids.ts'
import type { Store, Tx } from '../../store/store.ts'
import { hashPassword, passwordMatches } from './passwords.ts'
import type { PersonalTokens } from './personal-tokens.ts'
import * as rows from './queries.ts'
import { type Appearance, createSessions, type Session, type Sessions } from './sessions.ts'
import { FAILURES_KEPT_MS, nextTryAt } from './sign-in-delay.ts'

export interface User {
  id: string
  email: string
  createdAt: number
}

/** Where a request came from, as far as we can tell. */
export interface Provenance {
  address: string | null
  program: string | null
}

export interface SignIn extends Provenance {
  email: string
  password: string
  /** The secret that the page has put in our origin's storage; null without JavaScript. */
  originProof: string | null
}

export type SignInResult = { ok: true; token: string } | { ok: false; retryAfterMs: number }

export interface SetupLink {
  purpose: 'claim' | 'password'
  email: string | null
}

export { APPEARANCES, type Appearance, type Session, type SignedInBrowser } from './sessions.ts'

export interface Humans extends Sessions {
  hasUsers(): Promise<boolean>
  users(): Promise<User[]>
  findUser(id: string): Promise<User | null>
  findUserByEmail(email: string): Promise<User | null>
  /** @throws AppError conflict, bad_request. */
  addUser(email: string, password: string | null, actor: Actor): Promise<User>
  /** A new one-time token: to claim the instance (voids earlier claims), or to set the password of `userId`. */
  newSetupToken(userId: string | null): Promise<string>
  findSetupLink(token: string): Promise<SetupLink | null>
  /** Uses the link up. @throws AppError gone, bad_request. */
  completeSetup(token: string, given: { email: string; password: string }): Promise<User>
  setPassword(userId: string, password: string, actor: Actor): Promise<void>
  /** By whoever knows the one there is: this session stays, and all else that a password opens ends. @throws AppError forbidden, bad_request */
  changePassword(session: Session, passwords: { current: string; next: string }, from: Provenance): Promise<void>
  setAppearance(session: Session, appearance: Appearance): Promise<void>
  signIn(attempt: SignIn): Promise<SignInResult>
  /** Whether this is the session's password; counts and slows wrong ones like a sign-in does. */
  confirmPassword(session: Session, password: string, from: Provenance): Promise<boolean>
  forgetOverdue(): Promise<void>
  /** Everybody has to sign in again, and no setup link or personal token works any more. */
  endAllSessions(actor: Actor): Promise<void>
}

const SESSION_MS = 30 * 24 * 60 * 60_000
const SETUP_LINK_MS = 24 * 60 * 60_000

/** @throws AppError bad_request */
export function normalEmail(text: string): string {
  const email = text.trim().normalize('NFC').toLowerCase()
  if (email.length > 254 || !/^[^\s@\p{C}]+@[^\s@\p{C}]+$/u.test(email)) {
    throw new AppError('bad_request', 'That is not an email address.')
  }
  return email
}

const usedUp = () => new AppError('gone', 'This setup link has been used or has expired.')

export const proofMatches = (session: Session, proof: string): boolean =>
  session.originProofHash !== null && sameHash(session.originProofHash, sha256Hex(proof))

export function createHumans({
  store,
  audit,
  personalTokens,
}: {
  store: Store
  audit: Audit
  personalTokens: PersonalTokens
}): Humans {
  const sessions = createSessions({ store, audit })
  const present = ({ id, email, createdAt }: rows.UserRow): User => ({ id, email, createdAt })

  function addUserRow(tx: Tx, email: string, passwordHash: string | null, actor: Actor): rows.UserRow {
    if (rows.findUserByEmail(tx.db, email))
      throw new AppError('conflict', 'There is already a user with this email address.')
    const row = { id: newId(), email, passwordHash, appearance: 'system' as const, createdAt: tx.now }
    rows.insertUser(tx, row)
    audit.append(tx, { name: 'user.created', userId: row.id, actor, subject: row.id, details: { email } })
    return row
  }

  /** A changed password ends every session, link and token: whoever knew the old one is out. */
  function setPasswordRow(
    tx: Tx,
    userId: string,
    passwordHash: string,
    actor: Actor,
    stays: Session | null = null,
  ): void {
    rows.setPasswordHash(tx, userId, passwordHash)
    rows.deletePasswordTokens(tx, userId)
    const ended = rows.deleteSessionsOf(tx, userId, stays?.tokenHash)
    personalTokens.revokeAllWithin(tx, userId, actor)
    audit.append(tx, { name: 'user.password_set', userId, actor, subject: userId, details: { sessionsEnded: ended } })
  }

  /**
   * One guess at a password. It counts as failed before it is checked, so that guesses sent all at once get no extra tries.
   * Unknown accounts share one count per address: strangers cannot fill the table with names.
   */
  async function guess(
    user: rows.UserRow | undefined,
    password: string,
    from: Provenance,
  ): Promise<SignInResult['ok'] | number> {
    const subject = `${user?.id ?? 'unknown'}|${from.address === null ? '' : callerNetwork(from.address)}`
    const waitMs = store.transaction((tx) => {
      const until = nextTryAt(rows.findFailures(tx.db, subject), tx.now)
      if (until > tx.now) return until - tx.now
      rows.addFailure(tx, subject)
      return 0
    })
    if (waitMs > 0) return waitMs
    const matches = await passwordMatches(password, user?.passwordHash ?? null)
    store.transaction((tx) => {
      if (matches) rows.forgetFailures(tx, subject)
      else {
        const details = { address: from.address }
        audit.append(tx, {
          name: 'session.refused',
          userId: user?.id ?? null,
          actor: 'system',
          subject: user?.id ?? 'unknown',
          details,
        })
      }
    })
    return matches
  }

  const confirmPassword: Humans['confirmPassword'] = async (session, password, from) =>
    (await guess(rows.findUser(store.db, session.user.id), password, from)) === true

  return {
    ...sessions,
    async hasUsers() {
      return rows.countUsers(store.db) > 0
    },
    async users() {
      return rows.allUsers(store.db).map(present)
    },
    async findUser(id) {
      const row = rows.findUser(store.db, id)
      return row ? present(row) : null
    },
    async findUserByEmail(email) {
      const row = rows.findUserByEmail(store.db, normalEmail(email))
      return row ? present(row) : null
    },
    async addUser(email, password, actor) {
      const address = normalEmail(email)
      const hash = password === null ? null : await hashPassword(password)
      return present(
        store.transaction((tx) => {
          rows.deleteClaims(tx)
          return addUserRow(tx, address, hash, actor)
        }),
      )
    },
    async newSetupToken(userId) {
      const token = newSecret()
      store.transaction((tx) => {
        if (userId === null) rows.deleteClaims(tx)
        const purpose = userId === null ? 'claim' : 'password'
        rows.insertSetupToken(tx, {
          tokenHash: sha256Hex(token),
          purpose,
          userId,
          createdAt: tx.now,
          expiresAt: tx.now + SETUP_LINK_MS,
        })
      })
      return token
    },
    async findSetupLink(token) {
      const row = rows.findSetupToken(store.db, sha256Hex(token), store.clock.now())
      if (!row) return null
      return { purpose: row.purpose, email: row.userId ? (rows.findUser(store.db, row.userId)?.email ?? null) : null }
    },
    async completeSetup(token, given) {
      // Hashing is dear: nobody gets it without a link.
      if (!rows.findSetupToken(store.db, sha256Hex(token), store.clock.now())) throw usedUp()
      const email = normalEmail(given.email)
      const hash = await hashPassword(given.password)
      const user = store.transaction((tx) => {
        const link = rows.takeSetupToken(tx, sha256Hex(token))
        const claimTaken = link?.purpose === 'claim' && rows.countUsers(tx.db) > 0
        if (!link || claimTaken) throw usedUp()
        if (link.userId === null) {
          const row = addUserRow(tx, email, hash, 'system')
          return row
        }
        setPasswordRow(tx, link.userId, hash, `user:${link.userId}`)
        return rows.findUser(tx.db, link.userId)
      })
      if (!user) throw new AppError('gone', 'The account of this link no longer exists.')
      return present(user)
    },
    async setPassword(userId, password, actor) {
      const hash = await hashPassword(password)
      store.transaction((tx) => setPasswordRow(tx, userId, hash, actor))
    },
    async changePassword(session, { current, next }, from) {
      if (!(await confirmPassword(session, current, from)))
        throw new AppError('forbidden', 'That was not the password of this account, or there were too many tries.')
      if (next === current) throw new AppError('bad_request', 'That is the password you have. Choose another.')
      const hash = await hashPassword(next)
      const { id } = session.user
      store.transaction((tx) => {
        // Hashing takes a while: whoever reset the password meanwhile has put out everybody who knew the one before.
        if (!rows.hasSession(tx, session.tokenHash))
          throw new AppError('forbidden', 'You were signed out meanwhile, and the password is not changed.')
        setPasswordRow(tx, id, hash, `user:${id}`, session)
      })
    },
    async setAppearance({ user: { id } }, appearance) {
      store.transaction((tx) => rows.setAppearance(tx, id, appearance))
    },
    async signIn({ email, password, originProof, ...from }) {
      const user = rows.findUserByEmail(store.db, normalEmail(email))
      const verdict = await guess(user, password, from)
      if (typeof verdict === 'number') return { ok: false, retryAfterMs: verdict }
      if (!verdict || !user) return { ok: false, retryAfterMs: 0 }
      const token = newSecret()
      store.transaction((tx) => {
        rows.insertSession(tx, {
          tokenHash: sha256Hex(token),
          userId: user.id,
          originProofHash: originProof === null ? null : sha256Hex(originProof),
          createdAt: tx.now,
          expiresAt: tx.now + SESSION_MS,
          lastSeenAt: null,
          ...from,
        })
        const details = { address: from.address, program: from.program }
        audit.append(tx, {
          name: 'session.started',
          userId: user.id,
          actor: `user:${user.id}`,
          subject: user.id,
          details,
        })
      })
      return { ok: true, token }
    },
    confirmPassword,
    async endAllSessions(actor) {
      store.transaction((tx) => {
        rows.deleteSetupTokens(tx)
        for (const { id } of rows.allUsers(tx.db)) {
          personalTokens.revokeAllWithin(tx, id, actor)
          if (rows.deleteSessionsOf(tx, id) > 0)
            audit.append(tx, { name: 'session.ended', userId: id, actor, subject: id, details: { all: true } })
        }
      })
    },
    async forgetOverdue() {
      store.quickTransaction((tx) => {
        rows.deleteOverdueSessions(tx)
        rows.forgetFailuresBefore(tx, tx.now - FAILURES_KEPT_MS)
      })
    },
  }
}
