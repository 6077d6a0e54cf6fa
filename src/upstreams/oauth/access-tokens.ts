import type { Audit } from '../../audit/audit.ts'
import type { Logger } from '../../lib/logger.ts'
import type { OutboundFetch } from '../../lib/outbound.ts'
import type { Store, Tx } from '../../store/store.ts'
import type { Vault } from '../../vault/vault.ts'
import { type ConnectionRow, updateConnection, type upstreamQueries } from '../queries.ts'
import { type Grant, isDue, isOver } from './grant.ts'
import { endLease, takeLease } from './oauth-queries.ts'
import { providerFetch } from './provider-fetch.ts'
import { widerScope } from './scopes.ts'
import { renew } from './token-requests.ts'

/** There is no access token to send, so nothing was sent. The message is safe to show, and says what to do. */
export class NoAccess extends Error {}

/** The access tokens of one connection, as a session toward its server needs them. */
export interface Bearer {
  /** One that is good for now. @throws NoAccess */
  token(): Promise<string>
  /** Another one for a token that the server has just refused, or null. */
  insteadOf(token: string): Promise<string | null>
  /** The server took it. */
  accepted(token: string): void
  /** The server refused a request because it needs these scopes. */
  needs(scope: string | null): void
}

/** Longer than a request for tokens may take, so that a lease ends by itself only when its process has ended. */
const LEASE_MS = 15_000
const LOOK_AGAIN_MS = 100
const MOST_LOOKS = 200
/** A token that was just given may not have come around at the service yet: that it is refused says nothing. */
const NEW_FOR_MS = 5_000

/**
 * Renews access tokens ahead of their end, and when a server refuses one. Refresh tokens work once, and a provider that sees one
 * twice ends the whole sign-in, so one renewal runs at a time: in this process by sharing it, among processes by a lease in the row.
 * What came of it is on disk before anybody uses it.
 */
export function createAccessTokens(deps: {
  store: Store
  vault: Vault
  audit: Audit
  outbound: OutboundFetch
  logger: Logger
  queries: ReturnType<typeof upstreamQueries>
  /** Who we are toward this server is of no use any more. */
  onClientRefused: (tx: Tx, connectionId: string, grant: Grant) => void
}) {
  const { store, vault, audit, outbound, logger, queries, onClientRefused } = deps
  /** By the id of the secret: another sign-in is another entry. */
  const held = new Map<string, Grant>()
  const renewing = new Map<string, Promise<Grant>>()
  /** What was given but could not be written down, as on a full disk: without it the sign-in would be over. */
  const unsaved = new Map<string, Grant>()
  /** Tokens that took the place of a refused one, and were not accepted by any server yet; again by the id of the secret. */
  const unproven = new Map<string, string>()

  async function read(connectionId: string, secretId: string): Promise<{ row: ConnectionRow; grant: Grant }> {
    const row = queries.connectionById(connectionId)
    if (row?.secretId !== secretId) {
      held.delete(secretId)
      throw new NoAccess(MEANWHILE)
    }
    if (row.oauthStatus === 'sign_in_needed') {
      held.delete(secretId)
      throw new NoAccess(row.lastError ?? 'The owner has to sign in again.')
    }
    return { row, grant: JSON.parse(await vault.open(secretId)) as Grant }
  }

  async function current(connectionId: string, secretId: string): Promise<Grant> {
    const known = held.get(secretId)
    if (known) return known
    const { grant } = await read(connectionId, secretId)
    held.set(secretId, grant)
    return grant
  }

  async function renewed(connectionId: string, secretId: string, refused: string | null): Promise<Grant> {
    const known = held.get(secretId)
    if (known && refused !== null && known.accessToken !== refused) return known
    const underWay = renewing.get(secretId)
    if (underWay) return underWay
    const done = renewAlone(connectionId, secretId, refused)
      .then((grant) => {
        held.set(secretId, grant)
        return grant
      })
      .finally(() => renewing.delete(secretId))
    renewing.set(secretId, done)
    return done
  }

  async function renewAlone(connectionId: string, secretId: string, refused: string | null): Promise<Grant> {
    for (let looks = 0; looks < MOST_LOOKS; looks++) {
      const until = store.quickTransaction((tx) => takeLease(tx, connectionId, LEASE_MS))
      if (until !== null) {
        try {
          return await renewUnderLease(connectionId, secretId, refused)
        } finally {
          store.quickTransaction((tx) => endLease(tx, connectionId, until))
        }
      }
      await Bun.sleep(LOOK_AGAIN_MS)
    }
    throw new NoAccess('The access token is being renewed by another process, which takes too long. Try again.')
  }

  async function renewUnderLease(connectionId: string, secretId: string, refused: string | null): Promise<Grant> {
    // Whoever had the lease before may have brought the token that is wanted here.
    const { row, grant: kept } = await read(connectionId, secretId)
    const grant = unsaved.get(secretId) ?? kept
    if (grant !== kept) keep(row, grant)
    const now = store.clock.now()
    const wasRefused = grant.accessToken === refused
    if (!wasRefused && !isDue(grant, now)) return grant
    const ageMs = now - grant.issuedAt
    if (wasRefused && ageMs >= 0 && ageMs < NEW_FOR_MS) throw new NoAccess(NOT_TAKEN_YET)
    if (wasRefused && unproven.get(secretId) === refused) return lose(row, grant, 'refuses_new_token')
    const { refreshToken } = grant
    if (refreshToken === null) {
      if (wasRefused || isOver(grant, now)) return lose(row, grant, 'no_refresh_token')
      return grant
    }
    const result = await renew({ ...grant, refreshToken }, now, providerFetch(outbound, row.allowedPrivate))
    switch (result.end) {
      case 'renewed':
        keep(row, result.grant)
        if (wasRefused) unproven.set(secretId, result.grant.accessToken)
        return result.grant
      case 'refused':
        return lose(row, grant, result.code, result.refusesClient)
      case 'unavailable':
        if (!wasRefused && !isOver(grant, now)) return grant
        logger.info('an access token cannot be renewed', { connection: row.id })
        throw new NoAccess(
          `The access to ${row.slug} could not be renewed: ${result.why}. The sign-in is kept; try again later.`,
        )
    }
  }

  function keep({ id, secretId }: ConnectionRow, grant: Grant): void {
    if (secretId === null) throw new NoAccess(MEANWHILE)
    unsaved.set(secretId, grant)
    store.transaction((tx) => {
      if (queries.connectionById(id)?.secretId !== secretId) throw new NoAccess(MEANWHILE)
      vault.replace(tx, secretId, JSON.stringify(grant))
    })
    unsaved.delete(secretId)
  }

  function lose(row: ConnectionRow, grant: Grant, reason: string, refusesClient = false): never {
    const sentence = `${WHY[reason] ?? `The service does not renew this sign-in any more (${reason}).`} The owner has to sign in again.`
    held.delete(row.secretId ?? '')
    store.transaction((tx) => {
      if (queries.connectionById(row.id)?.secretId !== row.secretId) throw new NoAccess(MEANWHILE)
      updateConnection(tx, row.id, { oauthStatus: 'sign_in_needed', lastError: sentence })
      if (refusesClient) onClientRefused(tx, row.id, grant)
      audit.append(tx, {
        name: 'connection.sign_in_lost',
        userId: row.userId,
        actor: 'system',
        subject: row.id,
        details: { slug: row.slug, reason },
      })
    })
    throw new NoAccess(sentence)
  }

  function noteWiderAccess(connectionId: string, secretId: string, needed: string | null): void {
    store.transaction((tx) => {
      const row = queries.connectionById(connectionId)
      if (row?.secretId !== secretId) return
      const scope = widerScope(held.get(secretId)?.scope ?? null, row.oauthScope, needed)
      if (scope === null || (scope === row.oauthScope && row.oauthStatus === 'wider_access_needed')) return
      updateConnection(tx, connectionId, { oauthStatus: 'wider_access_needed', oauthScope: scope })
      audit.append(tx, {
        name: 'connection.wider_access_needed',
        userId: row.userId,
        actor: 'system',
        subject: connectionId,
        details: { slug: row.slug },
      })
    })
  }

  return {
    /** @param row of a connection that is signed in to. */
    bearerOf({ id, secretId }: ConnectionRow): Bearer {
      if (secretId === null) throw new Error('A connection without a sign-in was about to be used')
      return {
        async token() {
          const grant = await current(id, secretId)
          if (!isDue(grant, store.clock.now())) return grant.accessToken
          return (await renewed(id, secretId, null)).accessToken
        },
        async insteadOf(token) {
          try {
            const grant = await renewed(id, secretId, token)
            return grant.accessToken === token ? null : grant.accessToken
          } catch (error) {
            if (error instanceof NoAccess) return null
            throw error
          }
        },
        accepted(token) {
          if (unproven.get(secretId) === token) unproven.delete(secretId)
        },
        needs: (scope) => noteWiderAccess(id, secretId, scope),
      }
    },
    /** After another sign-in, or the end of the connection. */
    forget(secretId: string): void {
      for (const known of [held, unsaved, unproven]) known.delete(secretId)
    },
  }
}

const NOT_TAKEN_YET = 'The server does not take the access token that was just given for it. Try again in a moment.'
const MEANWHILE = 'The connection was signed in to anew, or removed, meanwhile. Try again.'

const WHY: { [reason: string]: string } = {
  invalid_grant: 'The service has ended this sign-in (invalid_grant).',
  invalid_client: 'The service does not know AgentPort any more (invalid_client).',
  no_refresh_token: 'The access has ended, and the service gave nothing to renew it with.',
  refuses_new_token: 'The server refuses one access token after the other (401).',
}
