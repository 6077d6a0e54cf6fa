/**
 * Owns the services behind us: installed connections, their tools and definitions, and the sessions toward them.
 * Promises one pooled session per connection and account, addresses only where a person allowed them, and an honest end for every call.
 * Deliberately decides nothing about whether a call may run: `run` is called by the one path of a call, after policy and approval.
 */
import type { Actor, Audit } from '../audit/audit.ts'
import { DeadlinePassed, withDeadline } from '../lib/deadline.ts'
import { AppError, errorText } from '../lib/errors.ts'
import { newId } from '../lib/ids.ts'
import type { Logger } from '../lib/logger.ts'
import type { OutboundFetch } from '../lib/outbound.ts'
import type { Store, Tx } from '../store/store.ts'
import type { Vault } from '../vault/vault.ts'
import {
  allowedPrivateOf,
  type Connection,
  type Credentials,
  checkSlug,
  checkTokenPlace,
  checkUrl,
  fingerprintOf,
  presentConnection,
  type TokenPlace,
} from './connection.ts'
import { DefinitionCache } from './definition-cache.ts'
import * as rows from './queries.ts'
import { type Asking, type Reachable, reachableBy } from './reachable.ts'
import { CONNECT_TIMEOUT_MS, RemoteMcp } from './remote-mcp.ts'
import { Rereads } from './rereads.ts'
import { endFromError } from './run-end.ts'
import { createRunner } from './runner.ts'
import { SessionPool } from './session-pool.ts'
import { learntFact, targetOf } from './target.ts'
import { createToolCatalog, type ToolCatalog } from './tool-catalog.ts'
import type { ToolDefinition } from './tool-definition.ts'
import { type DefinitionChange, storeTools } from './tool-store.ts'

export type { Connection, Credentials, TokenPlace } from './connection.ts'
export type { Asking, Reachable } from './reachable.ts'
export type { RunEnd } from './run-end.ts'
export type { RunOptions } from './runner.ts'
export { type ListedTool, type ToolHandle, type ToolLookup, toolFacts } from './tool-catalog.ts'
export type { ToolDefinition, ToolHints } from './tool-definition.ts'
export type { DefinitionChange } from './tool-store.ts'

export interface NewConnection {
  userId: string
  slug: string
  integrationId: string
  name: string
  url: string
  auth: { method: 'none' } | { method: 'token'; place: TokenPlace; credentials: Credentials | null }
  allowPrivateNetwork: boolean
  actor: Actor
}

/** What a call was asked for: one connection, its URL and account, one tool, and the definition it had. */
export interface BoundTo {
  connectionId: string
  fingerprint: string
  toolName: string
  definitionHash: string
}

export interface Upstreams extends ToolCatalog {
  /** Connects, reads the tools and keeps both, or keeps nothing. @throws AppError */
  add(connection: NewConnection): Promise<{ connection: Connection; tools: number }>
  /** Tries the credentials and keeps them, or keeps what there was. @throws AppError */
  setCredentials(userId: string, slug: string, credentials: Credentials, actor: Actor): Promise<{ tools: number }>
  /** Reads the tools again. @throws AppError bad_gateway when the server cannot be asked. */
  refresh(connectionId: string, actor: Actor): Promise<{ tools: number }>
  remove(connectionId: string, actor: Actor): Promise<void>
  connections(userId: string): Promise<(Connection & { toolCount: number })[]>
  everyConnection(): Promise<Connection[]>
  findById(connectionId: string): Promise<Connection | null>
  find(userId: string, slug: string): Promise<(Connection & { toolCount: number; token: TokenPlace | null }) | null>
  /** A definition as it was, by its hash. */
  definition(userId: string, hash: string): Promise<ToolDefinition | null>
  /** Keeps a definition that no server listed, for requests about our own tools. */
  keepDefinition(userId: string, hash: string, json: string): Promise<void>
  /** Whether the handle still stands for what is stored; synchronous, for use inside a transaction. */
  isCurrent(bound: BoundTo): 'current' | 'removed' | 'redirected' | 'redefined'
  /** What an agent sees of them. */
  reachableBy(asking: Asking): Reachable
  onRemoved(act: (tx: Tx, connection: Connection, actor: Actor) => void): void
  onRedirected(act: (tx: Tx, connection: Connection, actor: Actor) => void): void
  onDefinitionChanged(act: (tx: Tx, change: DefinitionChange, actor: Actor) => void): void
  forgetIdleSessions(unusedSince: number): Promise<void>
  close(): Promise<void>
}

/** For all pages together: a server that drips must not hold up the others. */
const REFRESH_LIMIT_MS = 30_000
const DEFAULT_CALL_TIMEOUT_MS = 60_000
const DEFAULT_RESULT_LIMIT_BYTES = 1024 * 1024

export function createUpstreams(deps: {
  store: Store
  vault: Vault
  audit: Audit
  outbound: OutboundFetch
  logger: Logger
}): Upstreams {
  const { store, vault, audit, outbound, logger } = deps
  const queries = rows.upstreamQueries(store)
  const definitions = new DefinitionCache(queries.definition)
  const listeners = {
    removed: [] as Parameters<Upstreams['onRemoved']>[0][],
    redirected: [] as Parameters<Upstreams['onRedirected']>[0][],
    definitionChanged: [] as Parameters<Upstreams['onDefinitionChanged']>[0][],
  }
  const refreshing = new Map<string, Promise<{ tools: number }>>()
  const rereads = new Rereads(store.clock, (id) => {
    refresh(id, 'system').catch((error) =>
      logger.info('tools changed but cannot be read', { connection: id, error: errorText(error) }),
    )
  })
  const pool = new SessionPool({
    outbound,
    logger,
    now: () => store.clock.now(),
    onToolsChanged: (id) => rereads.changed(id),
  })
  const run = createRunner({ store, vault, pool })
  const lookup = createToolCatalog({ store, queries, definitions, run })

  const present = (row: rows.ConnectionRow) => ({
    ...presentConnection(row),
    toolCount: rows.countTools(store.db, row.id),
  })

  /** Asks a server for its tools over a session of its own, so that a trial never disturbs calls under way. */
  async function tryOut(row: rows.ConnectionRow, credentials: Credentials | null) {
    let session: RemoteMcp | null = null
    try {
      session = await RemoteMcp.connect(targetOf(row, credentials), outbound, () => {})
      return { listed: await session.listTools(), learnt: session.learnt }
    } catch (error) {
      if (error instanceof AppError) throw error
      throw new AppError('bad_gateway', connectMessage(error))
    } finally {
      await session?.close()
    }
  }

  function keepTools(
    tx: Tx,
    row: rows.ConnectionRow,
    listedTools: Awaited<ReturnType<typeof tryOut>>['listed'],
    actor: Actor,
  ): number {
    const { kept, changes } = storeTools(tx, { connection: row, listed: listedTools, actor, audit })
    for (const change of changes) for (const act of listeners.definitionChanged) act(tx, change, actor)
    return kept
  }

  function refresh(connectionId: string, actor: Actor): Promise<{ tools: number }> {
    const underWay = refreshing.get(connectionId)
    if (underWay) return underWay
    const done = refreshNow(connectionId, actor).finally(() => refreshing.delete(connectionId))
    refreshing.set(connectionId, done)
    return done
  }

  async function refreshNow(connectionId: string, actor: Actor): Promise<{ tools: number }> {
    const row = queries.connectionById(connectionId)
    if (!row) throw new AppError('not_found', 'There is no such connection.')
    let listedTools: Awaited<ReturnType<RemoteMcp['listTools']>>
    try {
      listedTools = await withDeadline(
        run.withSession(row, (session) => session.listTools()),
        REFRESH_LIMIT_MS,
      )
    } catch (error) {
      const message = connectMessage(error)
      store.transaction((tx) => void rows.updateConnection(tx, connectionId, { lastError: message }))
      throw new AppError('bad_gateway', message)
    }
    return store.transaction((tx) => {
      const current = queries.connectionById(connectionId)
      if (current?.fingerprint !== row.fingerprint)
        throw new AppError('conflict', 'The connection was changed meanwhile.')
      return { tools: keepTools(tx, current, listedTools, actor) }
    })
  }

  const upstreams: Upstreams = {
    async add({ userId, slug, integrationId, name, url: urlText, auth, allowPrivateNetwork, actor }) {
      checkSlug(slug)
      const withToken = auth.method === 'token'
      const url = checkUrl(urlText, { withToken, allowPrivate: allowPrivateNetwork })
      if (withToken) checkTokenPlace(auth.place)
      const credentials = withToken ? auth.credentials : null
      const draft: rows.ConnectionRow = {
        id: newId(),
        userId,
        slug,
        integrationId,
        name,
        url: url.href,
        authMethod: auth.method,
        tokenHeader: withToken ? auth.place.header : null,
        tokenFormat: withToken ? auth.place.format : null,
        secretId: null,
        allowedPrivate: allowedPrivateOf(url, allowPrivateNetwork),
        callTimeoutMs: DEFAULT_CALL_TIMEOUT_MS,
        resultLimitBytes: DEFAULT_RESULT_LIMIT_BYTES,
        fingerprint: '',
        addedAt: store.clock.now(),
        toolsFetchedAt: null,
        lastError: null,
        protocol: null,
      }
      if (queries.connectionBySlug(userId, slug)) throw slugTaken(slug)
      const complete = !withToken || credentials !== null
      const tried = complete ? await tryOut(draft, credentials) : null
      return store.transaction((tx) => {
        if (queries.connectionBySlug(userId, slug)) throw slugTaken(slug)
        const secretId = credentials
          ? vault.seal(tx, { userId, purpose: 'connection' }, JSON.stringify(credentials))
          : null
        const row = { ...draft, secretId, addedAt: tx.now, protocol: tried ? learntFact(tried.learnt, tx.now) : null }
        row.fingerprint = fingerprintOf(row)
        rows.insertConnection(tx, row)
        audit.append(tx, {
          name: 'connection.added',
          userId,
          actor,
          subject: row.id,
          details: { slug, integration: integrationId, url: row.url, auth: auth.method, private: row.allowedPrivate },
        })
        const tools = tried ? keepTools(tx, row, tried.listed, actor) : 0
        return { connection: presentConnection(row), tools }
      })
    },

    async setCredentials(userId, slug, credentials, actor) {
      const row = queries.connectionBySlug(userId, slug)
      if (row?.authMethod !== 'token')
        throw new AppError('not_found', 'There is no connection of that name that takes a token.')
      const tried = await tryOut(row, credentials)
      return store.transaction((tx) => {
        const current = queries.connectionById(row.id)
        if (!current) throw new AppError('not_found', 'The connection was removed meanwhile.')
        const secretId = vault.seal(tx, { userId, purpose: 'connection' }, JSON.stringify(credentials))
        const fresh = { ...current, secretId, protocol: learntFact(tried.learnt, tx.now) }
        fresh.fingerprint = fingerprintOf(fresh)
        rows.updateConnection(tx, row.id, fresh)
        if (current.secretId) vault.remove(tx, current.secretId)
        audit.append(tx, { name: 'connection.credentials_set', userId, actor, subject: row.id, details: { slug } })
        for (const act of listeners.redirected) act(tx, presentConnection(fresh), actor)
        tx.afterCommit(() => pool.drop(row.id))
        return { tools: keepTools(tx, fresh, tried.listed, actor) }
      })
    },

    refresh,

    async remove(connectionId, actor) {
      store.transaction((tx) => {
        for (const tool of rows.toolsOf(tx.db, connectionId)) rows.unindexTool(tx, tool.rowId)
        const row = rows.deleteConnection(tx, connectionId)
        if (!row) throw new AppError('not_found', 'There is no such connection.')
        if (row.secretId) vault.remove(tx, row.secretId)
        audit.append(tx, {
          name: 'connection.removed',
          userId: row.userId,
          actor,
          subject: row.id,
          details: { slug: row.slug },
        })
        for (const act of listeners.removed) act(tx, presentConnection(row), actor)
        tx.afterCommit(() => pool.drop(row.id))
      })
    },

    async connections(userId) {
      return rows.connectionsOf(store.db, userId).map(present)
    },
    async everyConnection() {
      return rows.allConnections(store.db).map(presentConnection)
    },
    async findById(connectionId) {
      const row = queries.connectionById(connectionId)
      return row ? presentConnection(row) : null
    },
    async find(userId, slug) {
      const row = queries.connectionBySlug(userId, slug)
      if (!row) return null
      const token = row.tokenHeader && row.tokenFormat ? { header: row.tokenHeader, format: row.tokenFormat } : null
      return { ...present(row), token }
    },

    ...lookup,

    async definition(userId, hash) {
      return definitions.find(userId, hash)?.definition ?? null
    },
    async keepDefinition(userId, hash, json) {
      if (definitions.find(userId, hash)) return
      store.quickTransaction((tx) => rows.keepDefinitionRow(tx, { hash, userId, json }))
    },

    isCurrent({ connectionId, fingerprint, toolName, definitionHash }) {
      const row = queries.connectionById(connectionId)
      if (!row) return 'removed'
      if (row.fingerprint !== fingerprint) return 'redirected'
      return queries.tool(connectionId, toolName)?.definitionHash === definitionHash ? 'current' : 'redefined'
    },

    reachableBy: (asking) => reachableBy(asking, upstreams),
    onRemoved: (act) => void listeners.removed.push(act),
    onRedirected: (act) => void listeners.redirected.push(act),
    onDefinitionChanged: (act) => void listeners.definitionChanged.push(act),
    async forgetIdleSessions(unusedSince) {
      pool.sweep(unusedSince)
    },
    close: () => pool.close(),
  }
  return upstreams
}

const slugTaken = (slug: string) =>
  new AppError('conflict', `There is already a connection called ${slug}. Choose another id for this account (--as).`)

function connectMessage(error: unknown): string {
  if (error instanceof AppError) return error.message
  if (error instanceof DeadlinePassed) return 'The server did not answer in time.'
  const end = endFromError(error, { sent: true, timeoutMs: CONNECT_TIMEOUT_MS })
  return end.end === 'executed' ? '' : end.message
}
