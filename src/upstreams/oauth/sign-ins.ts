/**
 * Owns signing in to the services behind us: a person goes there from a page of ours, and comes back with what proves it.
 * Promises that who finishes is who began, once and in time, that each address on the way is guarded, and that nothing is lost before
 * something better is kept. Deliberately knows no HTTP of ours, and decides nothing about who the person is: that is proven before.
 */
import { startAuthorization } from '@modelcontextprotocol/client'
import type { Audit } from '../../audit/audit.ts'
import { AppError } from '../../lib/errors.ts'
import { sha256Hex } from '../../lib/hashes.ts'
import { newSecret } from '../../lib/ids.ts'
import type { OutboundFetch } from '../../lib/outbound.ts'
import type { Store, Tx } from '../../store/store.ts'
import type { Vault } from '../../vault/vault.ts'
import type { ConnectionRow, upstreamQueries } from '../queries.ts'
import { type Answer, flawOfAnswer, readAnswer } from './answer.ts'
import { CALLBACK_PATH } from './client-identity.ts'
import { createClients, type EnteredClient } from './clients.ts'
import { discover } from './discover.ts'
import type { Grant, SignInServer } from './grant.ts'
import * as rows from './oauth-queries.ts'
import { providerFault, providerFetch } from './provider-fetch.ts'
import { scopeToAskFor } from './scopes.ts'
import { type Asked, exchangeCode, refusesClient } from './token-requests.ts'

/** The one person, in the one browser, that a sign-in belongs to from its start to its end. */
export interface SignedInPerson {
  userId: string
  /** Hash of the session. */
  sessionHash: string
}

export interface StartSignIn {
  slug: string
  /** Our own origin, where the service sends the person back to. */
  origin: string
  /** An application that the owner registered at the service; null where we make ourselves known. */
  client: EnteredClient | null
}

export type SignInEnd =
  | { end: 'signed_in'; slug: string }
  /** Nothing has changed, and why. */
  | { end: 'nothing_changed'; slug: string; message: string }
  /** No sign-in of this person waits for this answer: it is used, too late, somebody else's, or never was. */
  | { end: 'unknown' }

export interface SignIns {
  /** @returns where the person's browser goes to sign in. @throws AppError */
  start(person: SignedInPerson, asked: StartSignIn): Promise<{ url: string }>
  /** Takes what the service sent the person back with. */
  finish(person: SignedInPerson, params: URLSearchParams): Promise<SignInEnd>
  forgetOverdue(): Promise<void>
  /** Within the transaction that removes the connection. */
  forgetAll(tx: Tx, connectionId: string): void
}

const FINISH_WITHIN_MS = 10 * 60_000
/** Of one connection: a person may begin in several windows, but not without end. */
const MOST_ATTEMPTS = 5
const ATTEMPT_PURPOSE = 'sign-in-attempt'

export function createSignIns(deps: {
  store: Store
  vault: Vault
  audit: Audit
  outbound: OutboundFetch
  queries: ReturnType<typeof upstreamQueries>
  /** Comes to the server without a token. @returns its 401, or null. @throws AppError when it cannot be reached. */
  knock: (row: ConnectionRow) => Promise<Response | null>
  /** Tries what was given and keeps it. @throws AppError when the server does not take it. */
  keepGrant: (row: ConnectionRow, grant: Grant, actor: `user:${string}`) => Promise<void>
}): SignIns & Pick<ReturnType<typeof createClients>, 'forgetClient'> {
  const { store, vault, audit, outbound, queries, knock, keepGrant } = deps
  const clients = createClients(deps)

  /** @throws AppError */
  function signInRow(userId: string, slug: string): ConnectionRow {
    const row = queries.connectionBySlug(userId, slug)
    if (row?.authMethod === 'oauth') return row
    throw new AppError('not_found', 'There is no connection of that name that one signs in to.')
  }

  function keepAttempt(tx: Tx, row: ConnectionRow, { sessionHash }: SignedInPerson, state: string, asked: Asked): void {
    const earlier = rows.attemptsOf(tx.db, row.id)
    const oldest = earlier.slice(0, Math.max(0, earlier.length + 1 - MOST_ATTEMPTS))
    rows.deleteAttempts(
      tx,
      oldest.map((each) => each.stateHash),
    )
    for (const { secretId } of oldest) vault.remove(tx, secretId)
    rows.insertAttempt(tx, {
      stateHash: sha256Hex(state),
      connectionId: row.id,
      userId: row.userId,
      sessionHash,
      secretId: vault.seal(tx, { userId: row.userId, purpose: ATTEMPT_PURPOSE }, JSON.stringify(asked)),
      createdAt: tx.now,
      expiresAt: tx.now + FINISH_WITHIN_MS,
    })
  }

  /** Uses the attempt up: whatever comes of it, the same answer gets nothing again. */
  async function takeAsked({ sessionHash }: SignedInPerson, state: string): Promise<[ConnectionRow, Asked] | null> {
    const stateHash = sha256Hex(state)
    const attempt = rows.findAttempt(store.db, stateHash)
    if (!attempt) return null
    const sealed = await vault.open(attempt.secretId)
    return store.transaction((tx) => {
      const taken = rows.takeAttempt(tx, stateHash, sessionHash)
      if (!taken) return null
      vault.remove(tx, taken.secretId)
      const row = queries.connectionById(taken.connectionId)
      return row ? [row, JSON.parse(sealed) as Asked] : null
    })
  }

  async function exchange(row: ConnectionRow, asked: Asked, answer: Answer & { code: string }): Promise<Grant> {
    try {
      const ask = providerFetch(outbound, row.allowedPrivate)
      return await exchangeCode(asked, answer, store.clock.now(), ask)
    } catch (error) {
      if (refusesClient(error)) store.transaction((tx) => clients.forgetClient(tx, row.id, asked))
      const fault = providerFault(error, { without: [answer.code, asked.verifier, asked.client.client_secret ?? ''] })
      if (fault === null) throw error
      throw new AppError('bad_gateway', `${row.name} gave no access: ${fault}.`)
    }
  }

  function noteFailure(row: ConnectionRow, actor: `user:${string}`, reason: string): void {
    store.transaction((tx) =>
      audit.append(tx, {
        name: 'connection.sign_in_failed',
        userId: row.userId,
        actor,
        subject: row.id,
        details: { slug: row.slug, reason },
      }),
    )
  }

  return {
    async start(person, { slug, origin, client: entered }) {
      const row = signInRow(person.userId, slug)
      const ask = providerFetch(outbound, row.allowedPrivate)
      const found = await discover(row, await knock(row), ask)
      const scope = scopeToAskFor({
        challenge: found.challengedScope,
        supportedByResource: found.scopesOfResource,
        supportedByServer: found.server.scopes_supported,
        wider: row.oauthScope,
      })
      const inVain = rows.attemptsOf(store.db, row.id).length > 0
      const { client, source } = await clients.clientFor(row, found.server, { origin, scope, entered, inVain, ask })
      const state = newSecret()
      const redirectUri = origin + CALLBACK_PATH
      const { resource } = found
      const server = whatIsNeeded(found.server)
      const { authorizationUrl, codeVerifier: verifier } = await startAuthorization(server.issuer, {
        metadata: server,
        clientInformation: client,
        redirectUrl: redirectUri,
        state,
        ...(scope === undefined ? {} : { scope }),
        ...(resource === null ? {} : { resource }),
      })
      store.transaction((tx) => {
        if (!queries.connectionById(row.id)) throw new AppError('not_found', 'The connection was removed meanwhile.')
        const asked = { server, client, resource, scope: scope ?? null, verifier, redirectUri }
        keepAttempt(tx, row, person, state, asked)
        audit.append(tx, {
          name: 'connection.sign_in_started',
          userId: row.userId,
          actor: `user:${person.userId}`,
          subject: row.id,
          details: { slug, server: server.issuer, client: source },
        })
      })
      return { url: authorizationUrl.href }
    },

    async finish(person, params) {
      const answer = readAnswer(params)
      const taken = answer === null ? null : await takeAsked(person, answer.state)
      if (answer === null || taken === null) return { end: 'unknown' }
      const [row, asked] = taken
      const { slug } = row
      const actor = `user:${person.userId}` as const
      const flaw = flawOfAnswer(answer, asked.server)
      if (flaw !== null) {
        noteFailure(row, actor, flaw.reason)
        return { end: 'nothing_changed', slug, message: flaw.sentence }
      }
      try {
        const grant = await exchange(row, asked, { ...answer, code: answer.code ?? '' })
        await keepGrant(row, grant, actor)
        return { end: 'signed_in', slug }
      } catch (error) {
        if (!(error instanceof AppError)) throw error
        noteFailure(row, actor, 'no_access')
        return { end: 'nothing_changed', slug, message: error.message }
      }
    },

    async forgetOverdue() {
      store.quickTransaction((tx) => {
        for (const { secretId } of rows.deleteOverdueAttempts(tx)) vault.remove(tx, secretId)
      })
    },

    forgetAll(tx, connectionId) {
      for (const { secretId } of rows.attemptsOf(tx.db, connectionId)) vault.remove(tx, secretId)
      clients.forgetClients(tx, connectionId)
    },
    forgetClient: clients.forgetClient,
  }
}

/** The rest of the metadata is not kept: it may be long, and nobody reads it later. */
const whatIsNeeded = (server: SignInServer): SignInServer => ({
  issuer: server.issuer,
  authorization_endpoint: server.authorization_endpoint,
  token_endpoint: server.token_endpoint,
  response_types_supported: server.response_types_supported,
  token_endpoint_auth_methods_supported: server.token_endpoint_auth_methods_supported,
  code_challenge_methods_supported: server.code_challenge_methods_supported,
  authorization_response_iss_parameter_supported: server.authorization_response_iss_parameter_supported,
})
