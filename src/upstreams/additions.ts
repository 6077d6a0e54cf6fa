import type { Actor, Audit } from '../audit/audit.ts'
import { AppError } from '../lib/errors.ts'
import { newId } from '../lib/ids.ts'
import { hostAndPort } from '../lib/outbound.ts'
import type { Store, Tx } from '../store/store.ts'
import type { Vault } from '../vault/vault.ts'
import type { createAccounts } from './accounts.ts'
import {
  type Connection,
  type Credentials,
  checkOpened,
  checkSlug,
  checkTokenPlace,
  checkUrl,
  fingerprintOf,
  presentConnection,
  type TokenPlace,
} from './connection.ts'
import * as rows from './queries.ts'
import { learntFact } from './target.ts'
import { usableTools } from './tool-store.ts'

export interface NewConnection {
  userId: string
  slug: string
  integrationId: string
  name: string
  url: string
  auth:
    | { method: 'none' }
    | { method: 'token'; place: TokenPlace; credentials: Credentials | null }
    | { method: 'oauth' }
  allowPrivateNetwork: boolean
  /** Further `host:port`s in the owner's network, such as the one where one signs in. */
  alsoOpened?: readonly string[]
  actor: Actor
}

/** Checked, and connected to unless somebody has to sign in first; nothing of it is kept yet. */
export interface PreparedConnection {
  readonly id: string
  /** Hashes of the definitions that its server listed, by name. */
  readonly tools: ReadonlyMap<string, string>
  /** As part of a larger act. @throws AppError conflict when the slug was taken meanwhile. */
  addWithin(tx: Tx): { connection: Connection; tools: number }
}

const DEFAULT_CALL_TIMEOUT_MS = 60_000
const DEFAULT_RESULT_LIMIT_BYTES = 1024 * 1024

/** How connections come to be: whatever can fail, above all the network, comes before anything is written. */
export function createAdditions({
  store,
  vault,
  audit,
  queries,
  accounts,
}: {
  store: Store
  vault: Vault
  audit: Audit
  queries: ReturnType<typeof rows.upstreamQueries>
  accounts: Pick<ReturnType<typeof createAccounts>, 'tryCredentials' | 'keepTools'>
}) {
  /** @throws AppError */
  async function prepare(wanted: NewConnection): Promise<PreparedConnection> {
    const { userId, slug, integrationId, auth, actor } = wanted
    const draft = draftOf(wanted, store.clock.now())
    const credentials = auth.method === 'token' ? auth.credentials : null
    if (queries.connectionBySlug(userId, slug)) throw slugTaken(slug)
    const complete = auth.method === 'none' || credentials !== null
    const tried = complete ? await accounts.tryCredentials(draft, credentials) : null
    const listed = usableTools(tried?.listed ?? [])
    return {
      id: draft.id,
      tools: new Map([...listed.values()].map(({ name, hash }) => [name, hash])),
      addWithin(tx) {
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
        const tools = tried ? accounts.keepTools(tx, row, tried.listed, actor) : 0
        return { connection: presentConnection(row), tools }
      },
    }
  }

  return { prepare }
}

/** @throws AppError bad_request */
function draftOf(wanted: NewConnection, now: number): rows.ConnectionRow {
  const { userId, slug, integrationId, name, auth, allowPrivateNetwork, alsoOpened = [] } = wanted
  checkSlug(slug)
  const url = checkUrl(wanted.url, { withToken: auth.method !== 'none', allowPrivate: allowPrivateNetwork })
  const place = auth.method === 'token' ? auth.place : null
  if (place) checkTokenPlace(place)
  const opened = [...(allowPrivateNetwork ? [hostAndPort(url)] : []), ...alsoOpened.map(checkOpened)]
  return {
    id: newId(),
    userId,
    slug,
    integrationId,
    name,
    url: url.href,
    authMethod: auth.method,
    tokenHeader: place?.header ?? null,
    tokenFormat: place?.format ?? null,
    secretId: null,
    oauthStatus: null,
    oauthScope: null,
    renewingUntil: null,
    allowedPrivate: opened.length > 0 ? opened.join(' ') : null,
    callTimeoutMs: DEFAULT_CALL_TIMEOUT_MS,
    resultLimitBytes: DEFAULT_RESULT_LIMIT_BYTES,
    fingerprint: '',
    addedAt: now,
    toolsFetchedAt: null,
    lastError: null,
    protocol: null,
  }
}

const slugTaken = (slug: string) =>
  new AppError('conflict', `There is already a connection called ${slug}. Choose another id for this account (--as).`)
