import { type PriorDiscovery, SdkHttpError } from '@modelcontextprotocol/client'
import type { Actor, Audit, AuditEventName } from '../audit/audit.ts'
import { AppError } from '../lib/errors.ts'
import type { JsonValue } from '../lib/json.ts'
import type { OutboundFetch } from '../lib/outbound.ts'
import type { Store, Tx } from '../store/store.ts'
import type { Vault } from '../vault/vault.ts'
import { connectMessage, refusalInWords } from './connect-message.ts'
import { type Connection, type Credentials, fingerprintOf, presentConnection } from './connection.ts'
import type { Grant } from './oauth/grant.ts'
import { widerScope } from './oauth/scopes.ts'
import * as rows from './queries.ts'
import { RemoteMcp } from './remote-mcp.ts'
import { isUnauthorized } from './run-end.ts'
import { type Access, learntFact, targetOf } from './target.ts'
import { type DefinitionChange, storeTools } from './tool-store.ts'

interface Tried {
  listed: JsonValue[]
  learnt: PriorDiscovery
  /** The version of the protocol that was agreed on. */
  protocol: string
}

/** Which account a connection acts as: each is tried before it is kept, and keeping one leaves nothing of the one before. */
export function createAccounts({
  store,
  vault,
  audit,
  outbound,
  queries,
  heard,
}: {
  store: Store
  vault: Vault
  audit: Audit
  outbound: OutboundFetch
  queries: ReturnType<typeof rows.upstreamQueries>
  heard: {
    redirected(tx: Tx, connection: Connection, actor: Actor): void
    definitionChanged(tx: Tx, change: DefinitionChange, actor: Actor): void
    /** What is remembered of the account before is to be forgotten. */
    replaced(connectionId: string, secretId: string | null): void
  }
}) {
  /** Asks a server for its tools over a session of its own, so that a trial never disturbs calls under way. */
  async function tryOut(row: rows.ConnectionRow, access: Access, dial = outbound): Promise<Tried> {
    let session: RemoteMcp | null = null
    try {
      session = await RemoteMcp.connect(targetOf(row, access), dial, () => {})
      return { listed: await session.listTools(), learnt: session.learnt, protocol: session.protocolVersion }
    } finally {
      await session?.close()
    }
  }

  function keepTools(tx: Tx, row: rows.ConnectionRow, listed: Tried['listed'], actor: Actor): number {
    const { kept, changes } = storeTools(tx, { connection: row, listed, actor, audit })
    for (const change of changes) heard.definitionChanged(tx, change, actor)
    return kept
  }

  /** Another account, or the same one proven anew, which nobody can tell: what was approved for the one before is void. */
  function keep(
    { id, userId, slug }: rows.ConnectionRow,
    secret: string,
    tried: Tried | null,
    { name, actor, set = {} }: { name: AuditEventName; actor: Actor; set?: Partial<rows.ConnectionRow> },
  ): { tools: number } {
    return store.transaction((tx) => {
      const current = queries.connectionById(id)
      if (!current) throw new AppError('not_found', 'The connection was removed meanwhile.')
      const secretId = vault.seal(tx, { userId, purpose: 'connection' }, secret)
      const fresh = { ...current, ...set, secretId }
      if (tried) fresh.protocol = learntFact(tried.learnt, tx.now)
      fresh.fingerprint = fingerprintOf(fresh)
      rows.updateConnection(tx, id, fresh)
      if (current.secretId) vault.remove(tx, current.secretId)
      audit.append(tx, { name, userId, actor, subject: id, details: { slug } })
      heard.redirected(tx, presentConnection(fresh), actor)
      tx.afterCommit(() => heard.replaced(id, current.secretId))
      return { tools: tried ? keepTools(tx, fresh, tried.listed, actor) : rows.countTools(tx.db, id) }
    })
  }

  /** @throws AppError, with what the service says about it. */
  async function tryCredentials(row: rows.ConnectionRow, credentials: Credentials | null): Promise<Tried> {
    try {
      return await tryOut(row, { credentials })
    } catch (error) {
      throw refusalInWords(error, credentials)
    }
  }

  /**
   * Comes without a token, and goes on until it is refused: some servers greet everybody, and ask who it is only when the tools are to
   * be listed. @returns the 401; null where nobody is refused. @throws AppError when the server cannot be reached.
   */
  async function knock(row: rows.ConnectionRow): Promise<Response | null> {
    let refusal: Response | null = null
    const noting: OutboundFetch = async (...request) => {
      const response = await outbound(...request)
      if (response.status === 401) refusal ??= new Response(null, { status: 401, headers: response.headers })
      return response
    }
    try {
      await tryOut(row, { credentials: null }, noting)
    } catch (error) {
      const isThere = error instanceof SdkHttpError && error.status < 500
      if (refusal === null && !isThere) throw new AppError('bad_gateway', connectMessage(error))
    }
    return refusal
  }

  return {
    tryOut,
    knock,
    tryCredentials,
    keepTools,

    /** @throws AppError */
    async setCredentials(row: rows.ConnectionRow, credentials: Credentials, actor: Actor): Promise<{ tools: number }> {
      const tried = await tryCredentials(row, credentials)
      return keep(row, JSON.stringify(credentials), tried, { name: 'connection.credentials_set', actor })
    },

    /**
     * The service has just vouched for it, so it is kept also where the server cannot be asked for its tools at the moment;
     * but not where that server refuses it: what worked before goes on working. @throws AppError
     */
    async keepGrant(row: rows.ConnectionRow, grant: Grant, actor: Actor): Promise<void> {
      let needed: string | null = null
      let tried: Tried | null = null
      let lastError: string | null = null
      const bearer = {
        token: async () => grant.accessToken,
        insteadOf: async () => null,
        accepted() {},
        needs: (scope: string | null) => {
          needed = scope
        },
      }
      try {
        tried = await tryOut(row, { bearer })
      } catch (error) {
        if (isUnauthorized(error))
          throw new AppError('bad_gateway', `${row.name} refuses the access that it has just given (401).`)
        lastError = connectMessage(error)
      }
      const wider = widerScope(grant.scope, row.oauthScope, needed)
      const set = {
        oauthStatus: wider === null ? ('signed_in' as const) : ('wider_access_needed' as const),
        oauthScope: wider ?? row.oauthScope,
        lastError,
      }
      keep(row, JSON.stringify(grant), tried, { name: 'connection.signed_in', actor, set })
    },
  }
}
