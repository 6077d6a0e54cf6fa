import { stopwatch } from '../lib/clock.ts'
import { withDeadline } from '../lib/deadline.ts'
import { AppError } from '../lib/errors.ts'
import type { Store } from '../store/store.ts'
import type { Vault } from '../vault/vault.ts'
import type { createAccounts } from './accounts.ts'
import { connectMessage } from './connect-message.ts'
import type { Credentials } from './connection.ts'
import type { Bearer } from './oauth/access-tokens.ts'
import * as rows from './queries.ts'
import type { Access } from './target.ts'
import { usableTools } from './tool-store.ts'

/** What came of connecting to a server once, as the account that is stored. */
export type Trial = { tookMs: number } & (
  | {
      works: true
      /** The version that both agreed on. */
      protocol: string
      tools: number
      /** How many definitions are others than those stored. */
      definitions: { added: number; changed: number; gone: number }
    }
  /** The message is safe to show, and says what to do. */
  | { works: false; message: string }
)

const TRIAL_LIMIT_MS = 30_000

/** Tries connections over sessions of their own. Nothing of what is found is kept, but for an access token that had to be renewed. */
export function createTrials({
  store,
  vault,
  queries,
  tryOut,
  bearerOf,
}: {
  store: Store
  vault: Vault
  queries: ReturnType<typeof rows.upstreamQueries>
  tryOut: ReturnType<typeof createAccounts>['tryOut']
  bearerOf: (row: rows.ConnectionRow) => Bearer
}) {
  async function accessOf(row: rows.ConnectionRow): Promise<Access> {
    if (row.authMethod === 'oauth') return { bearer: { ...bearerOf(row), needs() {} } }
    return { credentials: row.secretId ? (JSON.parse(await vault.open(row.secretId)) as Credentials) : null }
  }

  return {
    /** @throws AppError not_found */
    async try(connectionId: string): Promise<Trial> {
      const row = queries.connectionById(connectionId)
      if (!row) throw new AppError('not_found', 'There is no such connection.')
      const since = stopwatch()
      const tookMs = () => Math.round(stopwatch() - since)
      const access = await accessOf(row)
      try {
        const { listed, protocol } = await withDeadline(tryOut(row, access), TRIAL_LIMIT_MS)
        const now = usableTools(listed)
        const stored = new Map(rows.toolsOf(store.db, row.id).map((tool) => [tool.name, tool.definitionHash]))
        const common = [...now.values()].filter(({ name }) => stored.has(name))
        const changed = common.filter(({ name, hash }) => stored.get(name) !== hash).length
        const definitions = { added: now.size - common.length, changed, gone: stored.size - common.length }
        return { works: true, protocol, tools: now.size, definitions, tookMs: tookMs() }
      } catch (error) {
        return { works: false, message: connectMessage(error), tookMs: tookMs() }
      }
    },
  }
}
