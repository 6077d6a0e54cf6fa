/**
 * Owns the one path of a tool call, shared by every door: find, check, decide, ask, claim, run.
 * Promises that there is no second road to an upstream, and that a person is never asked about a call that could not run.
 * Deliberately touches no table and no network itself: it conducts the rooms that do.
 */
import {
  type Approvals,
  askerActor,
  type Missing,
  type Outcome,
  type RequestRow,
  type Verdict,
  type Work,
} from '../approvals/approvals.ts'
import type { Identity } from '../identity/identity.ts'
import type { Clock } from '../lib/clock.ts'
import { AppError, errorText } from '../lib/errors.ts'
import { sha256Hex } from '../lib/hashes.ts'
import type { JsonObject } from '../lib/json.ts'
import type { Logger } from '../lib/logger.ts'
import type { Policy } from '../policy/policy.ts'
import type { BoundTo, RunEnd, RunOptions, ToolHandle, Upstreams } from '../upstreams/upstreams.ts'
import { type BoundArguments, bindArguments } from './arguments.ts'
import { type Anybody, type Asking, askedCall, askerOf } from './caller.ts'
import { notFound, shown } from './not-found.ts'
import { UNINSTALL_DEFINITION_HASH, UNINSTALL_DEFINITION_JSON, UNINSTALL_TOOL } from './uninstall-tool.ts'

export { agentAnswer, OUTCOME_META, REQUEST_META } from './agent-answer.ts'
export { bindArguments, MAX_ARGUMENTS_BYTES } from './arguments.ts'
export type { Caller } from './caller.ts'
export { approvalUrl, connectUrl } from './links.ts'
export { UNINSTALL_DEFINITION_HASH, UNINSTALL_TOOL } from './uninstall-tool.ts'

export interface ToolCall {
  slug: string
  toolName: string
  arguments: JsonObject
  /** Source texts of numbers in the message that a double cannot hold. */
  inexactNumbers: readonly string[]
  /** The agent's own words for the human. */
  note: string | null
}

export interface CallOptions {
  signal: AbortSignal
  onProgress?: RunOptions['onProgress']
  /** How long to hold the call for a person's decision; 0 answers `approval_required` at once. */
  decisionMs?: number
  /** How long to wait for the end of a run, which goes on without us; unset, as long as it may take. */
  runMs?: number
}

export interface Calls {
  callTool(caller: Anybody, call: ToolCall, options: CallOptions): Promise<Outcome>
  /** Asks a person whether the connection may be removed, like any gated tool. */
  uninstall(caller: Anybody, call: { slug: string; note: string | null }, options: CallOptions): Promise<Outcome>
  awaitApproval(caller: Anybody, wait: { requestId: string; timeoutMs: number }, options: CallOptions): Promise<Outcome>
  /** The caller's request once it is decided, or over if it runs, or as it stands when the time is up. Null when there is none of theirs. */
  watch(
    caller: Anybody,
    wait: { requestId: string; timeoutMs: number },
    signal: AbortSignal,
  ): Promise<RequestRow | null>
}

/** An older definition is looked at again before a human-approved call runs. */
const DEFINITION_FRESH_MS = 5 * 60_000
/** Beyond the connection's own time limit, so that the run ends by its limit and not by the wait for it. */
const RUN_GRACE_MS = 5_000
/** Taking up what a person approved: longer than any server is asked for its tools, and any line is stood in. */
const PICK_UP_MS = 5 * 60_000

export function createCalls({
  clock,
  identity,
  policy,
  upstreams,
  approvals,
  logger,
}: {
  clock: Clock
  identity: Identity
  policy: Policy
  upstreams: Upstreams
  approvals: Approvals
  logger: Logger
}): Calls {
  approvals.onApproved((request) => {
    if (request.principalKind !== 'person') return
    pickUp(request).catch((error) =>
      logger.error('what a person approved could not be taken up', { request: request.id, error: errorText(error) }),
    )
  })

  function outOfReach({ id, kind }: Pick<Asking, 'id' | 'kind'>, connectionId: string): Verdict | null {
    // A person may use all that they have.
    if (kind === 'person') return null
    switch (identity.agents.standing(id, connectionId)) {
      case 'reaches':
        return null
      case 'limited':
        return { mode: 'void', why: 'The agent may not use this connection any more.' }
      case 'ended':
        return { mode: 'void', why: 'The agent that asked was revoked, or its time is over.' }
    }
  }

  /** A call may have been on its way when its agent was limited or revoked: what came of it is then no longer theirs to read. */
  function whyNotTheirs(principal: Asking, connectionId: string): string | null {
    const out = outOfReach(principal, connectionId)
    return out?.mode === 'void' ? `${out.why} The call had been sent already.` : null
  }

  function asTheyMayRead(principal: Asking, connectionId: string, outcome: Outcome): Outcome {
    const message = outcome.word === 'executed' ? whyNotTheirs(principal, connectionId) : null
    return message === null ? outcome : { word: 'unknown', requestId: outcome.requestId, message }
  }

  function rowAsTheyMayRead(row: RequestRow): RequestRow {
    const message = row.state === 'executed' ? whyNotTheirs(askerOf(row), row.connectionId) : null
    return message === null ? row : { ...row, state: 'unknown', message, result: null }
  }

  /** What a call is bound to, as it stands at this moment; asked inside the transaction that acts on it. */
  function verdict(principal: Asking, bound: BoundTo): Verdict {
    const { connectionId, toolName, definitionHash } = bound
    const out = outOfReach(principal, connectionId)
    if (out) return out
    switch (upstreams.isCurrent(bound)) {
      case 'removed':
        return { mode: 'void', why: 'The connection was removed.' }
      case 'redirected':
        return { mode: 'void', why: 'The connection now leads to another address or account.' }
      case 'redefined':
        return { mode: 'void', why: 'The definition of the tool changed after the request.' }
      case 'current':
        return policy.decide({ userId: principal.userId, connectionId, toolName, definitionHash })
    }
  }

  /** A definition that was read long ago may no longer be what the server does. */
  async function lookAgain(connectionId: string): Promise<string | null> {
    const connection = await upstreams.findById(connectionId)
    if (!connection) return null
    const ageMs = clock.now() - (connection.toolsFetchedAt ?? 0)
    // Fetched later than now: the clock was set back, and the age is not known.
    if (ageMs >= 0 && ageMs <= DEFINITION_FRESH_MS) return null
    try {
      await upstreams.refresh(connectionId, 'system')
      return null
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      return `The tool could not be looked at again before running it: ${error.message}`
    }
  }

  function toolWork(
    principal: Asking,
    handle: ToolHandle,
    bound: BoundTo,
    args: JsonObject,
    options: CallOptions,
  ): Work {
    const withSignal = (signal: AbortSignal) => ({
      signal,
      ...(options.onProgress ? { onProgress: options.onProgress } : {}),
    })
    return {
      gate: () => verdict(principal, bound),
      hindrance: () => handle.hindrance(),
      async prepare(signal) {
        // One that is not called at the moment is not asked for its tools either.
        const cannot = handle.hindrance() ?? (await lookAgain(bound.connectionId))
        if (cannot !== null) return notYet(cannot, principal)
        // In its place already when it is claimed: a server that fails meanwhile, or a line, must not cost the approval.
        const place = await handle.enter(principal.id, signal)
        if (typeof place === 'string') return notYet(place, principal)
        return {
          run: (until) => handle.run(args, { place }, withSignal(until)),
          giveBack: () => place.leave(false),
        }
      },
      run: (signal) => {
        const mayStill = () => outdated(verdict(principal, bound))
        return handle.run(args, { agent: principal.id, mayStill }, withSignal(signal))
      },
    }
  }

  function uninstallWork(principal: Asking, connection: { id: string; slug: string; fingerprint: string }): Work {
    return {
      gate() {
        const { id: connectionId, fingerprint } = connection
        const out = outOfReach(principal, connectionId)
        if (out) return out
        const bound = { connectionId, fingerprint, toolName: '', definitionHash: '' }
        if (upstreams.isCurrent(bound) === 'removed') return { mode: 'void', why: 'The connection was removed.' }
        return { mode: 'require_approval', source: 'default' }
      },
      hindrance: () => null,
      prepare: async () => ({ run, giveBack() {} }),
      run,
    }
    async function run(): Promise<RunEnd> {
      await upstreams.remove(connection.id, askerActor({ principalKind: principal.kind, principalId: principal.id }))
      const text = `${connection.slug} was uninstalled. Its credentials and policies are forgotten.`
      const structuredContent = { integration_id: connection.slug, installed: false, message: text }
      return { end: 'executed', result: { content: [{ type: 'text', text }], structuredContent } }
    }
  }

  async function refuse(
    caller: Anybody,
    call: ToolCall,
    { message, missing }: { message: string; missing?: Missing },
    bound?: BoundArguments,
  ): Promise<Outcome> {
    const connection = { id: '', slug: shown(call.slug), name: shown(call.slug), target: '', fingerprint: '' }
    const args = bound ?? { json: '{}', hash: sha256Hex('{}') }
    const tool = { name: shown(call.toolName), definitionHash: '' }
    const outcome = await approvals.refuse(askedCall(caller, connection, tool, args, call.note), message)
    return missing && outcome.word === 'invalid' ? { ...outcome, missing } : outcome
  }

  async function findOwn({ principal }: Anybody, requestId: string): Promise<RequestRow | null> {
    const { id, connections } = principal
    const row = await approvals.findOwn(id, requestId)
    const isBeyond = row && connections !== null && row.connectionId !== '' && !connections.has(row.connectionId)
    return isBeyond ? null : row
  }

  async function resumeWork(row: RequestRow, options: CallOptions): Promise<Work> {
    const principal = askerOf(row)
    if (row.toolName === UNINSTALL_TOOL.name && row.definitionHash === UNINSTALL_DEFINITION_HASH) {
      return uninstallWork(principal, { id: row.connectionId, slug: row.connectionSlug, fingerprint: row.fingerprint })
    }
    const lookup = await upstreams.tool(row.userId, row.connectionSlug, row.toolName)
    const args = JSON.parse(row.arguments ?? '{}') as JsonObject
    if (lookup.found === 'tool' && lookup.handle.connection.id === row.connectionId) {
      return toolWork(principal, lookup.handle, row, args, options)
    }
    const why =
      lookup.found === 'not_connected'
        ? 'The connection is not signed in to any more, and another sign-in may be another account.'
        : 'The tool or its connection is gone.'
    return {
      gate: () => gone(principal, row, why),
      hindrance: () => null,
      prepare: async () => ({ run: neverRuns, giveBack() {} }),
      run: neverRuns,
    }
  }

  /** For a request whose tool cannot be found any more: whatever the verdict, nothing runs. */
  function gone(principal: Asking, row: RequestRow, why: string): Verdict {
    const now = verdict(principal, row)
    return now.mode === 'void' ? now : { mode: 'void', why }
  }

  /** A person has no client that asks again: their own call runs once they have said yes. */
  async function pickUp(row: RequestRow): Promise<void> {
    const { signal } = new AbortController()
    await approvals.resume(row.id, await resumeWork(row, { signal }), { decisionMs: 0, runMs: PICK_UP_MS, signal })
  }

  return {
    async callTool(caller, call, options) {
      const lookup = await upstreams.reachableBy(caller.principal).tool(call.slug, call.toolName)
      const bound = bindArguments(call.arguments, call.inexactNumbers)
      if ('invalid' in bound) return refuse(caller, call, { message: bound.invalid })
      if (lookup.found !== 'tool') return refuse(caller, call, notFound(lookup, call), bound)
      const { handle } = lookup
      const broken = handle.check(bound.value)
      if (broken !== null) {
        const message = `The arguments do not fit the tool's input schema: ${broken}.`
        return refuse(caller, call, { message }, bound)
      }
      // A server that failed and may work again by now: nobody is asked about a call that could not run.
      await handle.lookIfDue()
      const { connection, definition, definitionHash } = handle
      const asked = askedCall(
        caller,
        { ...connection, target: connection.url },
        { name: definition.name, definitionHash },
        bound,
        call.note,
      )
      const boundTo = {
        connectionId: connection.id,
        fingerprint: connection.fingerprint,
        toolName: definition.name,
        definitionHash,
      }
      const work = toolWork(caller.principal, handle, boundTo, bound.value, options)
      const outcome = await approvals.carry(asked, work, {
        decisionMs: options.decisionMs ?? 0,
        runMs: options.runMs ?? connection.callTimeoutMs + RUN_GRACE_MS,
        signal: options.signal,
      })
      return asTheyMayRead(caller.principal, connection.id, outcome)
    },

    async uninstall(caller, { slug, note }, options) {
      const { userId } = caller.principal
      const connection = await upstreams.reachableBy(caller.principal).find(slug)
      const args = bindArguments({ integration_id: slug }, [])
      if ('invalid' in args || !connection) {
        const call = { slug, toolName: UNINSTALL_TOOL.name, arguments: {}, inexactNumbers: [], note }
        return refuse(caller, call, { message: 'No such integration is installed.', missing: 'integration' })
      }
      await upstreams.keepDefinition(userId, UNINSTALL_DEFINITION_HASH, UNINSTALL_DEFINITION_JSON)
      const tool = { name: UNINSTALL_TOOL.name, definitionHash: UNINSTALL_DEFINITION_HASH }
      const asked = askedCall(caller, { ...connection, target: connection.url }, tool, args, note)
      return approvals.carry(asked, uninstallWork(caller.principal, connection), {
        decisionMs: options.decisionMs ?? 0,
        runMs: RUN_GRACE_MS,
        signal: options.signal,
      })
    },

    async awaitApproval(caller, { requestId, timeoutMs }, options) {
      const row = await findOwn(caller, requestId)
      // The same words for an unknown id and for another's, so that guessing tells nothing.
      const message = 'There is no such request of yours.'
      if (!row) return { word: 'invalid', requestId: null, message, missing: 'request' }
      const outcome = await approvals.resume(row.id, await resumeWork(row, options), {
        decisionMs: timeoutMs,
        runMs: timeoutMs,
        // Clients give up at a minute, and giving up cancels the run; so the decision and the run share the time.
        inAllMs: timeoutMs,
        signal: options.signal,
      })
      return asTheyMayRead(caller.principal, row.connectionId, outcome)
    },

    async watch(caller, { requestId, timeoutMs }, signal) {
      const row = await findOwn(caller, requestId)
      return row && rowAsTheyMayRead(await approvals.watch(row.id, timeoutMs, signal))
    },
  }
}

/** Why a call that was allowed when it was asked, and had to wait for its turn, may not run by now. */
function outdated(verdict: Verdict): string | null {
  switch (verdict.mode) {
    case 'allow':
      return null
    case 'void':
      return verdict.why
    case 'deny':
      return 'The tool was set to deny while the call waited for its turn.'
    case 'require_approval':
      return 'The tool is not allowed any more: that changed while the call waited for its turn.'
  }
}

const notYet = (why: string, { kind }: Asking): string =>
  `${why} The approval still holds${kind === 'person' ? '.' : ': call agentport__await_approval again.'}`

async function neverRuns(): Promise<never> {
  throw new Error('A request whose tool is gone was about to run')
}
