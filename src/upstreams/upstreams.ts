/**
 * Owns the services behind us: installed connections, signing in to them, their tools and definitions, and the sessions toward them.
 * Promises one pooled session per connection and account, addresses only where a person allowed them, and an honest end for every call.
 * Deliberately decides nothing about whether a call may run: `run` is called by the one path of a call, after policy and approval.
 */
import type { Actor, Audit } from '../audit/audit.ts'
import { withDeadline } from '../lib/deadline.ts'
import { AppError, errorText } from '../lib/errors.ts'
import type { Logger } from '../lib/logger.ts'
import type { OutboundFetch } from '../lib/outbound.ts'
import type { Store, Tx } from '../store/store.ts'
import type { Vault } from '../vault/vault.ts'
import { createAccounts } from './accounts.ts'
import { createAdditions, type NewConnection, type PreparedConnection } from './additions.ts'
import { connectMessage } from './connect-message.ts'
import { type Connection, type Credentials, presentConnection, type TokenPlace } from './connection.ts'
import { type ConnectionSettings, settingsWithin } from './connection-settings.ts'
import { DefinitionCache } from './definition-cache.ts'
import { ConnectionHealth, type Health } from './health.ts'
import { createAccessTokens } from './oauth/access-tokens.ts'
import { createSignIns, type SignIns } from './oauth/sign-ins.ts'
import * as rows from './queries.ts'
import { type Asking, type Reachable, reachableBy } from './reachable.ts'
import type { RemoteMcp } from './remote-mcp.ts'
import { Rereads } from './rereads.ts'
import { createRunner } from './runner.ts'
import { createSeenTools, type SeenTools } from './seen-tools.ts'
import { SessionPool } from './session-pool.ts'
import { createToolCatalog, type ToolCatalog } from './tool-catalog.ts'
import type { ToolDefinition } from './tool-definition.ts'
import type { DefinitionChange } from './tool-store.ts'
import { createTrials, type Trial } from './trials.ts'

export type { NewConnection, PreparedConnection } from './additions.ts'
export type { Connection, Credentials, OAuthStatus, TokenPlace } from './connection.ts'
export { checkOpened, checkSlug } from './connection.ts'
export type { ConnectionSettings } from './connection-settings.ts'
export { type DefinitionDiff, type DefinitionPart, type Difference, diffDefinitions } from './definition-diff.ts'
export type { Health } from './health.ts'
export { CALLBACK_PATH, CLIENT_DOCUMENT_PATH, clientDocument } from './oauth/client-identity.ts'
export type { SignInEnd, SignIns } from './oauth/sign-ins.ts'
export type { Asking, Reachable } from './reachable.ts'
export type { RunEnd } from './run-end.ts'
export type { RunOptions } from './runner.ts'
export { nearNames } from './search-words.ts'
export { toolListHash } from './seen-tools.ts'
export { type ListedTool, type ToolLookup, toolFacts } from './tool-catalog.ts'
export type { ToolDefinition, ToolHints } from './tool-definition.ts'
export type { ToolHandle } from './tool-handle.ts'
export type { DefinitionChange } from './tool-store.ts'
export type { Trial } from './trials.ts'

export type InstalledConnection = Connection & { toolCount: number; health: Health }

/** What a call was asked for: one connection, its URL and account, one tool, and the definition it had. */
export interface BoundTo {
  connectionId: string
  fingerprint: string
  toolName: string
  definitionHash: string
}

export interface Upstreams extends ToolCatalog, SeenTools {
  /** Connects, reads the tools and keeps both, or keeps nothing. What is signed in to is connected to later. @throws AppError */
  add(connection: NewConnection): Promise<{ connection: Connection; tools: number }>
  /** The part of adding that can fail: nothing is kept until `addWithin`. @throws AppError */
  prepare(connection: NewConnection): Promise<PreparedConnection>
  /** Tries the credentials and keeps them, or keeps what there was. @throws AppError */
  setCredentials(userId: string, slug: string, credentials: Credentials, actor: Actor): Promise<{ tools: number }>
  readonly signIns: Pick<SignIns, 'start' | 'finish' | 'forgetOverdue'>
  /** Reads the tools again. @throws AppError bad_gateway when the server cannot be asked. */
  refresh(connectionId: string, actor: Actor): Promise<{ tools: number }>
  /** Connects to its server once and reads the tools, and keeps nothing of it. @throws AppError not_found */
  try(connectionId: string): Promise<Trial>
  remove(connectionId: string, actor: Actor): Promise<void>
  /** As part of a larger act. @throws AppError not_found */
  removeWithin(tx: Tx, connectionId: string, actor: Actor): void
  /** By slug. */
  settingsWithin(tx: Tx, userId: string): ConnectionSettings[]
  connections(userId: string): Promise<InstalledConnection[]>
  everyConnection(): Promise<Connection[]>
  findById(connectionId: string): Promise<Connection | null>
  find(userId: string, slug: string): Promise<(InstalledConnection & { token: TokenPlace | null }) | null>
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
  /** Asks servers that had trouble, or were used lately, whether they are there. */
  checkQuietly(): Promise<void>
  close(): Promise<void>
}

/** For all pages together: a server that drips must not hold up the others. */
const REFRESH_LIMIT_MS = 30_000

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
  const health = new ConnectionHealth(
    store.clock,
    (row) => run.withSession(row, (session) => session.knock()),
    keepLastError,
  )
  const forget = (tx: Tx, { id }: Connection) => tx.afterCommit(() => health.forget(id))
  listeners.removed.push(forget)
  listeners.redirected.push(forget)
  const pool = new SessionPool({
    outbound:
      (id) =>
      async (...request) => {
        const response = await outbound(...request)
        health.answered(id, response.status, response.headers)
        return response
      },
    logger,
    now: () => store.clock.now(),
    onToolsChanged: (id) => rereads.changed(id),
  })
  const accounts = createAccounts({
    store,
    vault,
    audit,
    outbound,
    queries,
    heard: {
      redirected: (...happened) => listeners.redirected.forEach((act) => void act(...happened)),
      definitionChanged: (...happened) => listeners.definitionChanged.forEach((act) => void act(...happened)),
      replaced(connectionId, secretId) {
        pool.drop(connectionId)
        if (secretId !== null) accessTokens.forget(secretId)
      },
    },
  })
  const { keepTools } = accounts
  const additions = createAdditions({ store, vault, audit, queries, accounts })
  const signIns = createSignIns({ ...deps, queries, knock: accounts.knock, keepGrant: accounts.keepGrant })
  const accessTokens = createAccessTokens({ ...deps, queries, onClientRefused: signIns.forgetClient })
  const { bearerOf } = accessTokens
  const trials = createTrials({ store, vault, queries, tryOut: accounts.tryOut, bearerOf })
  const run = createRunner({
    store,
    vault,
    pool,
    bearerOf,
    standing: queries.connectionById,
    called: (row, error) => health.called(row, error),
  })
  const lookup = createToolCatalog({ store, queries, definitions, run, health })

  const present = (row: rows.ConnectionRow): InstalledConnection => ({
    ...presentConnection(row),
    toolCount: rows.countTools(store.db, row.id),
    health: health.of(row),
    lastError: health.lastErrorOf(row),
  })

  function keepLastError(connectionId: string, lastError: string | null): void {
    if (queries.connectionById(connectionId)?.lastError === lastError) return
    try {
      store.quickTransaction((tx) => void rows.updateConnection(tx, connectionId, { lastError }))
    } catch (error) {
      // It is told beside the end of a call, which must not be lost for it.
      logger.info('what went wrong last cannot be kept', { connection: connectionId, error: errorText(error) })
    }
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
      health.looked(row, error)
      keepLastError(connectionId, message)
      throw new AppError('bad_gateway', message)
    }
    health.looked(row, null)
    return store.transaction((tx) => {
      const current = queries.connectionById(connectionId)
      if (current?.fingerprint !== row.fingerprint)
        throw new AppError('conflict', 'The connection was changed meanwhile.')
      return { tools: keepTools(tx, current, listedTools, actor) }
    })
  }

  function removeWithin(tx: Tx, connectionId: string, actor: Actor): void {
    for (const tool of rows.toolsOf(tx.db, connectionId)) rows.unindexTool(tx, tool.rowId)
    signIns.forgetAll(tx, connectionId)
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
    tx.afterCommit(() => {
      pool.drop(row.id)
      if (row.secretId !== null) accessTokens.forget(row.secretId)
    })
  }

  const upstreams: Upstreams = {
    try: trials.try,
    prepare: additions.prepare,
    async add(connection) {
      const prepared = await additions.prepare(connection)
      return store.transaction((tx) => prepared.addWithin(tx))
    },

    async setCredentials(userId, slug, credentials, actor) {
      const row = queries.connectionBySlug(userId, slug)
      if (row?.authMethod !== 'token')
        throw new AppError('not_found', 'There is no connection of that name that takes a token.')
      return accounts.setCredentials(row, credentials, actor)
    },

    signIns,
    refresh,

    async remove(connectionId, actor) {
      store.transaction((tx) => removeWithin(tx, connectionId, actor))
    },
    removeWithin,

    settingsWithin,
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
    ...createSeenTools({ store, queries }),

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
    async checkQuietly() {
      await health.checkQuietly(rows.allConnections(store.db))
    },
    close: () => pool.close(),
  }
  return upstreams
}
