/**
 * Owns the agents: programs that call for a user, with an API key or signed in by OAuth, and how far each may reach.
 * Promises that identity is resolved afresh at each request, and that a revocation or a limit is felt at once, inside its own transaction.
 * Deliberately says nothing of tools: what an agent may call among the connections it reaches is policy's to say.
 */
import type { Actor, Audit } from '../../audit/audit.ts'
import { AppError } from '../../lib/errors.ts'
import { sha256Hex } from '../../lib/hashes.ts'
import { newId, newSecret } from '../../lib/ids.ts'
import type { Store, Tx } from '../../store/store.ts'
import type { Provenance } from '../humans/humans.ts'
import * as rows from './queries.ts'

/** Whoever calls, always of one user. */
export interface Principal {
  id: string
  kind: 'api_key' | 'oauth_client'
  userId: string
  name: string
  /** Ids of the connections it may use; null for all. */
  connections: ReadonlySet<string> | null
  /** What it last said that it is. */
  program: string | null
}

export interface Agent {
  id: string
  kind: 'api_key' | 'oauth_client'
  name: string
  /** The first characters of an API key. */
  prefix: string | null
  clientId: string | null
  connections: readonly string[] | null
  createdAt: number
  expiresAt: number | null
  /** Null too where that was before it was written down. */
  firstUsedAt: number | null
  lastUsedAt: number | null
  lastUsedFrom: string | null
  /** Its own claim: the name it gives itself in the protocol or, before it has, its User-Agent. */
  program: string | null
  revokedAt: number | null
}

/** How far an agent may reach, and for how long. */
export interface Reach {
  /** Ids; null for all, also those to come. */
  connections: readonly string[] | null
  expiresAt: number | null
}

export interface Agents {
  /** @returns the key itself, which is shown once and never again. @throws AppError bad_request */
  createKey(userId: string, name: string, actor: Actor, reach?: Reach): Promise<{ id: string; key: string }>
  /** As part of a larger act. */
  addSignedIn(tx: Tx, signedIn: { userId: string; clientId: string; name: string; reach: Reach }): string
  /** All that there ever were, the newest first. */
  list(userId: string): Promise<Agent[]>
  /** Those not revoked, the newest first. */
  unrevoked(userId: string): Promise<Agent[]>
  /** Those revoked last come first, a page from behind `before`: they only get more. */
  revoked(userId: string, before: rows.AgentPlace | null): Promise<{ agents: Agent[]; older: rows.AgentPlace | null }>
  find(userId: string, id: string): Promise<Agent | null>
  /** @throws AppError bad_request, not_found. */
  rename(userId: string, id: string, name: string, actor: Actor): Promise<void>
  /** @throws AppError not_found. */
  limit(userId: string, id: string, reach: Reach, actor: Actor): Promise<void>
  /** @throws AppError not_found when there is no such live agent. */
  revoke(userId: string, id: string, actor: Actor): Promise<void>
  /** As part of a larger act; whether there was anything to revoke. */
  revokeWithin(tx: Tx, userId: string, id: string, actor: Actor): boolean
  /** Whose credential this is now; null when it is nobody's. */
  resolve(credential: string, from: Provenance): Promise<Principal | null>
  /** What it calls itself in the protocol; one that changes its name all the time is not followed. */
  noteProgram(principal: Principal, program: string): void
  /** The same principal with the limits it has now; null when it is no more. Synchronous. */
  current(principal: Principal): Principal | null
  /** Synchronous, for use inside a transaction. */
  isLive(principalId: string): boolean
  /** When the next agent's time is over; null when none ends by itself. */
  nextEnd(): number | null
  /** Whether it is live and may use the connection; synchronous, for use inside a transaction. */
  standing(principalId: string, connectionId: string): 'reaches' | 'limited' | 'ended'
  /** `act` runs inside the transaction that revokes. */
  onRevoked(act: (tx: Tx, revoked: { principalId: string; userId: string; actor: Actor }) => void): void
  /** `act` runs inside the transaction that limits. */
  onLimited(act: (tx: Tx, limited: { principalId: string; connections: readonly string[]; actor: Actor }) => void): void
  /** `act` hears of every change of a user's agents and of each one's first use, once stored; null means that anything may have changed. */
  onChange(act: (userId: string | null) => void): () => void
}

export const KEY_PREFIX = 'ap_'
export const ACCESS_TOKEN_PREFIX = 'apa_'
const MAX_NAME_LENGTH = 80
const REVOKED_PER_PAGE = 50
/** Last use is shown to people; a write a minute is exact enough. */
const TOUCH_EVERY_MS = 60_000
/** Another name or address is written down at once, but an agent may have another in each request. */
const MOST_NOTED_A_MINUTE = 10

/** @throws AppError bad_request */
function checkedName(name: string, what: 'key' | 'agent'): string {
  const label = name.trim()
  if (label && label.length <= MAX_NAME_LENGTH) return label
  throw new AppError('bad_request', `Give the ${what} a name of 1 to ${MAX_NAME_LENGTH} characters.`)
}

const readConnections = (json: string | null): string[] | null =>
  json === null ? null : (JSON.parse(json) as string[])
const readReach = (json: string | null): Principal['connections'] => {
  const connections = readConnections(json)
  return connections === null ? null : new Set(connections)
}

export function createAgents({ store, audit }: { store: Store; audit: Audit }): Agents {
  const queries = rows.agentQueries(store)
  const onRevoked: Parameters<Agents['onRevoked']>[0][] = []
  const onLimited: Parameters<Agents['onLimited']>[0][] = []
  const listeners = new Set<(userId: string | null) => void>()
  const tell = (userId: string | null) => {
    for (const act of listeners) act(userId)
  }
  store.onOutsideChange(() => tell(null))
  /** By agent that calls. */
  const noted = new Map<string, { since: number; times: number }>()
  const notFound = () => new AppError('not_found', 'There is no such key or agent, or it is revoked already.')

  function mayNote(id: string): boolean {
    const now = store.clock.now()
    const minute = noted.get(id)
    if (!minute || Math.abs(now - minute.since) >= TOUCH_EVERY_MS) {
      noted.set(id, { since: now, times: 1 })
      return true
    }
    minute.times++
    return minute.times <= MOST_NOTED_A_MINUTE
  }

  function add(
    tx: Tx,
    row: Pick<rows.AgentRow, 'userId' | 'kind' | 'name'> & Partial<rows.AgentRow>,
    reach: Reach,
  ): string {
    const id = newId()
    rows.insertAgent(tx, {
      prefix: null,
      keyHash: null,
      clientId: null,
      firstUsedAt: null,
      lastUsedAt: null,
      lastUsedFrom: null,
      program: null,
      revokedAt: null,
      ...row,
      id,
      connections: reach.connections === null ? null : JSON.stringify(reach.connections),
      expiresAt: reach.expiresAt,
      createdAt: tx.now,
    })
    tx.afterCommit(() => tell(row.userId))
    return id
  }

  /** Of one that is not revoked. */
  function change(tx: Tx, userId: string, id: string, set: Partial<rows.AgentRow>): rows.AgentRow | undefined {
    const row = rows.updateAgent(tx, userId, id, set)
    if (row) tx.afterCommit(() => tell(userId))
    return row
  }

  function present({ userId: _, keyHash: __, connections, ...row }: rows.AgentRow): Agent {
    return { ...row, connections: readConnections(connections) }
  }

  function revokeWithin(tx: Tx, userId: string, id: string, actor: Actor): boolean {
    const row = change(tx, userId, id, { revokedAt: tx.now })
    if (!row) return false
    tx.afterCommit(() => noted.delete(id))
    const name = row.kind === 'api_key' ? 'key.revoked' : 'agent.revoked'
    audit.append(tx, { name, userId, actor, subject: id, details: {} })
    for (const act of onRevoked) act(tx, { principalId: id, userId, actor })
    return true
  }

  return {
    async createKey(userId, name, actor, reach = { connections: null, expiresAt: null }) {
      const label = checkedName(name, 'key')
      const key = KEY_PREFIX + newSecret()
      const id = store.transaction((tx) => {
        const prefix = key.slice(0, KEY_PREFIX.length + 6)
        const added = add(tx, { userId, kind: 'api_key', name: label, prefix, keyHash: sha256Hex(key) }, reach)
        audit.append(tx, { name: 'key.created', userId, actor, subject: added, details: { name: label } })
        return added
      })
      return { id, key }
    },
    addSignedIn(tx, { userId, clientId, name, reach }) {
      const id = add(tx, { userId, kind: 'oauth_client', name, clientId }, reach)
      const details = { client: clientId, name, connections: reach.connections?.length ?? null, until: reach.expiresAt }
      audit.append(tx, { name: 'agent.signed_in', userId, actor: `oauth_client:${id}`, subject: id, details })
      return id
    },

    async list(userId) {
      return rows.agentsOf(store.db, userId).map(present)
    },
    async unrevoked(userId) {
      return rows.unrevokedOf(store.db, userId).map(present)
    },
    async revoked(userId, before) {
      // One more than is shown tells whether there is a next page.
      const found = rows.revokedOf(store.db, userId, before, REVOKED_PER_PAGE + 1)
      const page = found.slice(0, REVOKED_PER_PAGE)
      const last = page.at(-1)
      const older = found.length > page.length && last ? { revokedAt: last.revokedAt ?? 0, id: last.id } : null
      return { agents: page.map(present), older }
    },
    async find(userId, id) {
      const row = rows.findAgent(store.db, userId, id)
      return row ? present(row) : null
    },

    async rename(userId, id, name, actor) {
      const label = checkedName(name, 'agent')
      store.transaction((tx) => {
        if (!change(tx, userId, id, { name: label })) throw notFound()
        audit.append(tx, { name: 'agent.changed', userId, actor, subject: id, details: { name: label } })
      })
    },
    async limit(userId, id, { connections, expiresAt }, actor) {
      store.transaction((tx) => {
        const json = connections === null ? null : JSON.stringify(connections)
        if (!change(tx, userId, id, { connections: json, expiresAt })) throw notFound()
        const details = { connections: json, until: expiresAt }
        audit.append(tx, { name: 'agent.changed', userId, actor, subject: id, details })
        if (connections !== null) for (const act of onLimited) act(tx, { principalId: id, connections, actor })
      })
    },
    async revoke(userId, id, actor) {
      store.transaction((tx) => {
        if (!revokeWithin(tx, userId, id, actor)) throw notFound()
      })
    },
    revokeWithin,

    async resolve(credential, from) {
      const now = store.clock.now()
      const row = credential.startsWith(KEY_PREFIX)
        ? queries.byKey(sha256Hex(credential), now)
        : credential.startsWith(ACCESS_TOKEN_PREFIX)
          ? queries.byAccessToken(sha256Hex(credential), now)
          : undefined
      if (!row) return null
      const touched = row.lastUsedAt !== null && Math.abs(now - row.lastUsedAt) < TOUCH_EVERY_MS
      if (!touched || (row.lastUsedFrom !== from.address && mayNote(row.id))) {
        store.quickTransaction((tx) => {
          rows.touchAgent(tx, row.id, from)
          if (row.lastUsedAt === null) tx.afterCommit(() => tell(row.userId))
        })
      }
      const { id, kind, userId, name, program } = row
      return { id, kind, userId, name, connections: readReach(row.connections), program }
    },
    current(principal) {
      const limits = queries.limitsOf(principal.id, store.clock.now())
      return limits ? { ...principal, connections: readReach(limits.connections) } : null
    },
    noteProgram({ id, userId }, program) {
      if (!mayNote(id)) return
      store.quickTransaction((tx) => void change(tx, userId, id, { program }))
    },
    isLive: (id) => queries.limitsOf(id, store.clock.now()) !== undefined,
    nextEnd: () => rows.nextEnd(store.db, store.clock.now()),
    standing(id, connectionId) {
      const limits = queries.limitsOf(id, store.clock.now())
      if (!limits) return 'ended'
      const connections = readConnections(limits.connections)
      return connections === null || connections.includes(connectionId) ? 'reaches' : 'limited'
    },
    onRevoked(act) {
      onRevoked.push(act)
    },
    onLimited(act) {
      onLimited.push(act)
    },
    onChange(act) {
      listeners.add(act)
      return () => listeners.delete(act)
    },
  }
}
