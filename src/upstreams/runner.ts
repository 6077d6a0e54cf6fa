import { ProtocolError, SdkError, SdkErrorCode, SdkHttpError } from '@modelcontextprotocol/client'
import { unlessAborted } from '../lib/deadline.ts'
import { isJsonObject, type JsonObject } from '../lib/json.ts'
import type { Store } from '../store/store.ts'
import type { Vault } from '../vault/vault.ts'
import type { Credentials } from './connection.ts'
import type { CachedDefinition } from './definition-cache.ts'
import type { Bearer } from './oauth/access-tokens.ts'
import { type ConnectionRow, updateConnection } from './queries.ts'
import type { RemoteCall, RemoteMcp } from './remote-mcp.ts'
import { limitResult } from './result-limit.ts'
import { endFromError, isUnauthorized, type RunEnd } from './run-end.ts'
import type { SessionPool } from './session-pool.ts'
import { learntFact, targetOf } from './target.ts'

export interface RunOptions {
  /** Aborting forwards a cancellation; if the call was already sent its end is then `unknown`. */
  signal: AbortSignal
  onProgress?: RemoteCall['onProgress']
  /** What is left of the connection's time limit; unset, all of it. */
  timeoutMs?: number
}

export function createRunner({
  store,
  vault,
  pool,
  bearerOf,
  standing,
  called,
}: {
  store: Store
  vault: Vault
  pool: SessionPool
  bearerOf: (row: ConnectionRow) => Bearer
  /** How a connection stands now; undefined when it is gone. */
  standing: (connectionId: string) => ConnectionRow | undefined
  /** Hears how each call went; an error of null is an answer. */
  called: (row: ConnectionRow, error: unknown) => void
}) {
  async function target(row: ConnectionRow) {
    if (row.authMethod === 'oauth') return targetOf(row, { bearer: bearerOf(row) }, store.clock.now())
    const credentials = row.secretId ? (JSON.parse(await vault.open(row.secretId)) as Credentials) : null
    return targetOf(row, { credentials }, store.clock.now())
  }

  async function openSession(row: ConnectionRow, ask: 'remembered' | 'anew') {
    const found = await pool.get(row, async () => {
      const remembered = await target(row)
      return ask === 'anew' ? { ...remembered, prior: null } : remembered
    })
    // Whatever had to ask the server about its protocol keeps the answer for the next.
    if (found.isNew && found.session.target.prior === null) {
      const protocol = learntFact(found.session.learnt, store.clock.now())
      store.quickTransaction((tx) => void updateConnection(tx, row.id, { protocol }))
    }
    return found
  }

  /**
   * Works over the pooled session. A server that has forgotten the session, or speaks another protocol by now, says so before
   * doing anything, so then, and only then, the work is tried once more over a new one.
   */
  async function withSession<T>(row: ConnectionRow, work: (session: RemoteMcp) => Promise<T>): Promise<T> {
    const { session, isNew } = await openSession(row, 'remembered')
    try {
      return await work(session)
    } catch (error) {
      if (!saysForgotten(error, session)) throw error
      pool.discard(row.id, session)
      // A remembered server of the newer protocol was not even greeted yet: that the session is new proves nothing.
      if (isNew && session.target.prior?.kind !== 'modern') throw error
      return work((await openSession(row, 'anew')).session)
    }
  }

  async function call(
    row: ConnectionRow,
    cached: CachedDefinition,
    args: JsonObject,
    options: RunOptions,
  ): Promise<RunEnd> {
    const { timeoutMs = row.callTimeoutMs } = options
    let sent = false
    let result: JsonObject
    try {
      const running = withSession(row, (session) => {
        options.signal.throwIfAborted()
        const answer = session.callTool({
          name: cached.definition.name,
          arguments: args,
          inputSchema: cached.definition.inputSchema,
          timeoutMs,
          signal: options.signal,
          onSent: () => {
            sent = true
          },
          ...(options.onProgress ? { onProgress: options.onProgress } : {}),
        })
        return answer.catch((error: unknown) => {
          if (saysForgotten(error, session)) sent = false
          throw error
        })
      })
      result = await unlessAborted(running, options.signal)
    } catch (error) {
      if (options.signal.aborted) return cancelled(sent)
      // Whoever has to sign in is the connection's own to say, and a renewed token is no trouble of the server's.
      if (row.authMethod === 'oauth' && isUnauthorized(error)) return tokenRefused(standing(row.id))
      called(row, error)
      return endFromError(error, { sent, timeoutMs })
    }
    called(row, null)
    // Whatever is wrong with the answer, the call has run.
    return { end: 'executed', result: limitResult(marked(withoutOurWords(result), cached), row.resultLimitBytes) }
  }

  return { call, withSession }
}

/** By now it was renewed, unless that could not be. */
function tokenRefused(row: ConnectionRow | undefined): RunEnd {
  const next =
    row?.oauthStatus === 'sign_in_needed'
      ? `${row.lastError ?? 'The owner has to sign in again.'} agentport__start_oauth_flow gives the link to share.`
      : 'It may be repeated, with a newer token.'
  return { end: 'failed', message: `The server refused the access token (401), so the call did not run. ${next}` }
}

const cancelled = (sent: boolean): RunEnd =>
  sent
    ? {
        end: 'unknown',
        message: 'The call was cancelled after it had been sent; the server may or may not have finished it.',
      }
    : { end: 'failed', message: 'The call was cancelled before it was sent.' }

/**
 * 404 is the specification's word for a forgotten session; servers in the field also answer 400, and name what they miss: the session,
 * or another protocol. -32022 means another protocol version. All are said before anything is done; any other refusal ends the call.
 */
function saysForgotten(error: unknown, session: RemoteMcp): boolean {
  if (error instanceof ProtocolError) return error.code === -32022
  if (error instanceof SdkHttpError) {
    if (error.status === 404 && session.hasSessionId) return true
    return (error.status === 404 || error.status === 400) && MISSES_SESSION.test(String(error.data.text ?? ''))
  }
  return error instanceof SdkError && error.code === SdkErrorCode.NotConnected
}
const MISSES_SESSION = /session|initializ|protocol.?version/i

/**
 * What a server cannot say for us: `_meta` under our prefix, and the kind of the result. An `input_required` passed on would have our
 * own server ask the client for what a stranger likes.
 */
function withoutOurWords({ resultType: _, ...result }: JsonObject): JsonObject {
  if (!isJsonObject(result._meta)) return result
  const kept = Object.entries(result._meta).filter(([key]) => !key.startsWith('agentport/'))
  return { ...result, _meta: Object.fromEntries(kept) }
}

/** The tool has run, so a result that breaks its own schema is delivered, with a mark beside it. */
function marked(result: JsonObject, { checkOutput }: CachedDefinition): JsonObject {
  const violation = checkOutput?.(result) ?? null
  if (violation === null) return result
  const meta = isJsonObject(result._meta) ? result._meta : {}
  return { ...result, _meta: { ...meta, 'agentport/output_schema_violation': violation } }
}
