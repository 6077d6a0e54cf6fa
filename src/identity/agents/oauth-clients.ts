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
const MOST_PER_HOUR_FROM_ONE_ADDRESS = 20
const MOST_PER_HOUR = 200
const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json(?:\s*;|$)/i
const MAX_DOCUMENT_BYTES = 64 * 1024
const DOCUMENT_WITHIN_MS = 5_000
const DOCUMENT_FRESH_MS = HOUR_MS
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
  const present = (row: rows.ClientRow): OAuthClient => ({
    id: row.id,
    name: row.name,
    redirectUris: JSON.parse(row.redirectUris) as string[],
    source: row.source,
  })

  function keep(
    tx: Tx,
    row: Pick<rows.ClientRow, 'id' | 'source' | 'createdFrom' | 'staleAt'>,
    { name, redirectUris }: ClientMetadata,
  ): OAuthClient {
    const whole = { ...row, name, redirectUris: JSON.stringify(redirectUris), createdAt: tx.now }
    rows.putClient(tx, whole)
    return present(whole)
  }

  async function fetchDocument(id: string): Promise<OAuthClient> {
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
    const metadata = readClientDocument(id, value)
    return store.quickTransaction((tx) =>
      keep(tx, { id, source: 'document', createdFrom: null, staleAt: tx.now + DOCUMENT_FRESH_MS }, metadata),
    )
  }

  return {
    /** RFC 7591. @throws OAuthError */
    async register(metadata: unknown, from: string | null): Promise<OAuthClient & { createdAt: number }> {
      const read = readClientMetadata(metadata)
      return store.quickTransaction((tx) => {
        const since = tx.now - HOUR_MS
        const tooMany =
          rows.countRegistrations(tx, since, from) >= MOST_PER_HOUR_FROM_ONE_ADDRESS ||
          rows.countRegistrations(tx, since, undefined) >= MOST_PER_HOUR
        if (tooMany)
          throw new OAuthError(
            'temporarily_unavailable',
            'Too many programs registered in the last hour. Try again later.',
            3_600,
          )
        const client = keep(tx, { id: newId(), source: 'registered', createdFrom: from, staleAt: null }, read)
        return { ...client, createdAt: tx.now }
      })
    },
    /** @throws AppError bad_gateway, OAuthError when its document cannot be read or is not good. */
    async find(id: string): Promise<OAuthClient | null> {
      const row = rows.findClient(store.db, id)
      const isFresh = row && (row.staleAt === null || row.staleAt > store.clock.now())
      if (isFresh) return present(row)
      return isDocumentId(id) ? fetchDocument(id) : null
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
