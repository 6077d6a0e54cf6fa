import type { AuthorizationServerMetadata, FetchLike } from '@modelcontextprotocol/client'
import { AppError } from '../../lib/errors.ts'
import type { Store, Tx } from '../../store/store.ts'
import type { Vault } from '../../vault/vault.ts'
import type { ConnectionRow } from '../queries.ts'
import { CALLBACK_PATH, CLIENT_DOCUMENT_PATH, isDocumentReadable, register } from './client-identity.ts'
import type { Client, Grant } from './grant.ts'
import * as rows from './oauth-queries.ts'
import { providerFault } from './provider-fetch.ts'

/** An application that the owner registered at the service by hand. */
export interface EnteredClient {
  id: string
  secret: string | null
}

export interface KnownClient {
  client: Client
  source: 'entered' | 'document' | 'registered'
}

interface SigningIn {
  origin: string
  /** Somebody went to sign in there and never came back, perhaps since the service no longer knew us: then another way is tried. */
  inVain: boolean
  scope: string | undefined
  entered: EnteredClient | null
  ask: FetchLike
}

const PURPOSE = 'client-registration'
/** One that is about to end would end between the sign-in and the exchange. */
const STILL_GOOD_FOR_MS = 15 * 60_000

/** Who we are toward an authorization server; what it gave to one connection is used for no other, and toward no other server. */
export function createClients({ store, vault }: { store: Store; vault: Vault }) {
  function keep(
    { id: connectionId, userId }: ConnectionRow,
    issuer: string,
    source: 'entered' | 'registered',
    { origin }: SigningIn,
    { client, expiresAt }: { client: Client; expiresAt: number | null },
  ): KnownClient {
    store.transaction((tx) => {
      remove(tx, connectionId, issuer)
      const secretId = vault.seal(tx, { userId, purpose: PURPOSE }, JSON.stringify(client))
      rows.insertRegistration(tx, {
        connectionId,
        userId,
        issuer,
        source,
        clientId: client.client_id,
        secretId,
        redirectUri: origin + CALLBACK_PATH,
        createdAt: tx.now,
        expiresAt,
      })
    })
    return { client, source }
  }

  function remove(tx: Tx, connectionId: string, issuer: string): void {
    const row = rows.deleteRegistration(tx, connectionId, issuer)
    if (row) vault.remove(tx, row.secretId)
  }

  async function known(row: ConnectionRow, issuer: string, { origin }: SigningIn): Promise<KnownClient | null> {
    const kept = rows.findRegistration(store.db, row.id, issuer)
    const isGood =
      kept &&
      kept.redirectUri === origin + CALLBACK_PATH &&
      (kept.expiresAt === null || kept.expiresAt > store.clock.now() + STILL_GOOD_FOR_MS)
    return isGood ? { client: JSON.parse(await vault.open(kept.secretId)) as Client, source: kept.source } : null
  }

  return {
    /** In the order of the MCP specification: known beforehand, by our document, by registering. @throws AppError */
    async clientFor(
      row: ConnectionRow,
      server: AuthorizationServerMetadata,
      signingIn: SigningIn,
    ): Promise<KnownClient> {
      const { issuer } = server
      const { origin, scope, entered, inVain, ask } = signingIn
      if (entered) {
        const client = { client_id: entered.id, ...(entered.secret === null ? {} : { client_secret: entered.secret }) }
        return keep(row, issuer, 'entered', signingIn, { client, expiresAt: null })
      }
      const kept = await known(row, issuer, signingIn)
      if (kept?.source === 'entered') return kept
      const canRegister = server.registration_endpoint !== undefined
      if (!(inVain && canRegister) && (await isDocumentReadable(server, origin, ask)))
        return { client: { client_id: origin + CLIENT_DOCUMENT_PATH }, source: 'document' }
      if (kept && !inVain) return kept
      if (!canRegister) {
        throw new AppError(
          'unprocessable',
          `${row.name} lets only applications in that were registered there by hand. Register one, and enter its client id below.`,
        )
      }
      try {
        return keep(row, issuer, 'registered', signingIn, await register(server, origin, scope, ask))
      } catch (error) {
        const fault = providerFault(error)
        if (fault === null) throw error
        throw new AppError('bad_gateway', `${row.name} cannot be signed in to: ${fault}.`)
      }
    },

    /** The server has refused this very client. */
    forgetClient(tx: Tx, connectionId: string, { server, client }: Pick<Grant, 'server' | 'client'>): void {
      if (rows.findRegistration(tx.db, connectionId, server.issuer)?.clientId === client.client_id)
        remove(tx, connectionId, server.issuer)
    },
    forgetClients(tx: Tx, connectionId: string): void {
      for (const { secretId } of rows.registrationsOf(tx, connectionId)) vault.remove(tx, secretId)
    },
  }
}
