import { callerNetwork } from '../../lib/addresses.ts'
import { AppError, errorText } from '../../lib/errors.ts'
import { newId } from '../../lib/ids.ts'
import type { Logger } from '../../lib/logger.ts'
import type { OutboundFetch } from '../../lib/outbound.ts'
import type { Store, Tx } from '../../store/store.ts'
import { type ClientMetadata, isDocumentId, readClientDocument, readClientMetadata } from './client-metadata.ts'
import { OAuthError } from './oauth-errors.ts'
import * as rows from './oauth-queries.ts'

export interface OAuthClient {
  id: string
  name: string
  redirectUris: string[]
  /** A document is proof of who publishes the program: the host of its id. A registration proves nothing. */
  source: 'registered' | 'document'
}

const HOUR_MS = 60 * 60_000
/** Anybody may register, so nobody may fill the table. */
const MOST_PER_HOUR_FROM_ONE_CALLER = 20
const MOST_PER_HOUR = 200
const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json(?:\s*;|$)/i
const MAX_DOCUMENT_BYTES = 64 * 1024
const DOCUMENT_WITHIN_MS = 5_000
const DOCUMENT_FRESH_MS = HOUR_MS
/** At 45 KB the most. */
const MOST_DOCUMENTS_IN_MIND = 100
const UNUSED_KEPT_MS = 24 * HOUR_MS

/** Programs that may ask for a sign-in. */
export function createOAuthClients({
  store,
  outbound,
  logger,
}: {
  store: Store
  outbound: OutboundFetch
  logger: Logger
}) {
  /** Documents by client id. Any page may send a browser here to ask about another one: a row is made once a person has said yes. */
  const documents = new Map<string, rows.ClientRow>()

  const present = (row: rows.ClientRow): OAuthClient => ({
    id: row.id,
    name: row.name,
    redirectUris: JSON.parse(row.redirectUris) as string[],
    source: row.source,
  })

  const rowOf = (
    row: Omit<rows.ClientRow, 'name' | 'redirectUris'>,
    { name, redirectUris }: ClientMetadata,
  ): rows.ClientRow => ({ ...row, name, redirectUris: JSON.stringify(redirectUris) })

  function keepInMind(row: rows.ClientRow): void {
    documents.delete(row.id)
    documents.set(row.id, row)
    const oldest = documents.keys().next()
    if (documents.size > MOST_DOCUMENTS_IN_MIND && !oldest.done) documents.delete(oldest.value)
  }

  async function fetchDocument(id: string): Promise<rows.ClientRow> {
    let value: unknown
    try {
      const response = await outbound(
        id,
        { headers: { accept: 'application/json' }, signal: AbortSignal.timeout(DOCUMENT_WITHIN_MS) },
        { allowedPrivate: null, maxBytes: MAX_DOCUMENT_BYTES },
      )
      if (response.status !== 200) {
        await response.body?.cancel()
        throw new Error(`it answered ${response.status}`)
      }
      // Elsewhere on a good host anybody may have put a text; only a program's publisher says that it is JSON.
      const type = response.headers.get('content-type') ?? ''
      if (!JSON_TYPE.test(type)) {
        await response.body?.cancel()
        throw new Error(`it is of the type ${type}`)
      }
      value = await response.json()
    } catch (error) {
      logger.info('the document of a program cannot be read', { client: id, error: errorText(error) })
      throw new AppError('bad_gateway', `The description of this program cannot be read at ${id}.`)
    }
    const now = store.clock.now()
    const facts = {
      id,
      source: 'document' as const,
      createdAt: now,
      createdFrom: null,
      staleAt: now + DOCUMENT_FRESH_MS,
    }
    const row = rowOf(facts, readClientDocument(id, value))
    keepInMind(row)
    return row
  }

  return {
    /** RFC 7591. @throws OAuthError */
    async register(metadata: unknown, address: string | null): Promise<OAuthClient & { createdAt: number }> {
      const read = readClientMetadata(metadata)
      const from = address && callerNetwork(address)
      return store.quickTransaction((tx) => {
        const since = tx.now - HOUR_MS
        const tooMany =
          rows.countRegistrations(tx, since, from) >= MOST_PER_HOUR_FROM_ONE_CALLER ||
          rows.countRegistrations(tx, since, undefined) >= MOST_PER_HOUR
        if (tooMany)
          throw new OAuthError(
            'temporarily_unavailable',
            'Too many programs registered in the last hour. Try again later.',
            3_600,
          )
        const facts = {
          id: newId(),
          source: 'registered' as const,
          createdAt: tx.now,
          createdFrom: from,
          staleAt: null,
        }
        const row = rowOf(facts, read)
        rows.putClient(tx, row)
        return { ...present(row), createdAt: tx.now }
      })
    },
    /** @throws AppError bad_gateway, OAuthError when its document cannot be read or is not good. */
    async find(id: string): Promise<OAuthClient | null> {
      const row = documents.get(id) ?? rows.findClient(store.db, id)
      const isFresh = row && (row.staleAt === null || row.staleAt > store.clock.now())
      if (isFresh) return present(row)
      return isDocumentId(id) ? present(await fetchDocument(id)) : null
    },
    /** As it was found last, when a person lets the program in. */
    keepLetIn(tx: Tx, id: string): void {
      const row = documents.get(id)
      if (row) rows.putClient(tx, row)
    },
    async findKnown(id: string): Promise<OAuthClient | null> {
      const row = rows.findClient(store.db, id)
      return row ? present(row) : null
    },
    /** Of a described program only its document could tell. */
    isKnown: (id: string): boolean => isDocumentId(id) || rows.findClient(store.db, id) !== undefined,
    forgetUnused(): void {
      store.quickTransaction((tx) => rows.deleteUnusedClients(tx, tx.now - UNUSED_KEPT_MS))
    },
  }
}
