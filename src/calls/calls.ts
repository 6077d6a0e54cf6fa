/**
 * Owns the one path of a tool call, shared by every door: find, check, decide, ask, claim, run.
 * Promises that there is no second road to an upstream, and that a person is never asked about a call that could not run.
 * Deliberately touches no table and no network itself: it conducts the rooms that do.
 */
import type { Approvals, AskedCall, Outcome, RequestRow, Verdict, Work } from '../approvals/approvals.ts'
import type { Identity, Principal } from '../identity/identity.ts'
import type { Clock } from '../lib/clock.ts'
import { AppError } from '../lib/errors.ts'
import { sha256Hex } from '../lib/hashes.ts'
import type { JsonObject } from '../lib/json.ts'
import type { Policy } from '../policy/policy.ts'
import type {
  BoundTo,
  Connection,
  RunEnd,
  RunOptions,
  ToolHandle,
  ToolLookup,
  Upstreams,
} from '../upstreams/upstreams.ts'
import { type BoundArguments, bindArguments } from './arguments.ts'
import { UNINSTALL_DEFINITION_HASH, UNINSTALL_DEFINITION_JSON, UNINSTALL_TOOL } from './uninstall-tool.ts'

export { MAX_ARGUMENTS_BYTES } from './arguments.ts'
export { UNINSTALL_DEFINITION_HASH, UNINSTALL_TOOL } from './uninstall-tool.ts'

/** Who calls, and from where. */
export interface Caller {
  principal: Principal
  address: string | null
  program: string | null
}

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
}

export interface Calls {
  callTool(caller: Caller, call: ToolCall, options: CallOptions): Promise<Outcome>
  /** Asks a person whether the connection may be removed, like any gated tool. */
  uninstall(caller: Caller, call: { slug: string; note: string | null }, options: CallOptions): Promise<Outcome>
  awaitApproval(caller: Caller, wait: { requestId: string; timeoutMs: number }, options: CallOptions): Promise<Outcome>
}

/** An older definition is looked at again before a human-approved call runs. */
const DEFINITION_FRESH_MS = 5 * 60_000
/** Beyond the connection's own time limit, so that the run ends by its limit and not by the wait for it. */
const RUN_GRACE_MS = 5_000
const MOST_NAME_SHOWN = 256

export function createCalls({
  clock,
  identity,
  policy,
  upstreams,
  approvals,
}: {
  clock: Clock
  identity: Identity
  policy: Policy
  upstreams: Upstreams
  approvals: Approvals
}): Calls {
  function outOfReach(principalId: string, connectionId: string): Verdict | null {
    switch (identity.agents.standing(principalId, connectionId)) {
      case 'reaches':
        return null
      case 'limited':
        return { mode: 'void', why: 'The agent may not use this connection any more.' }
      case 'ended':
        return { mode: 'void', why: 'The agent that asked was revoked, or its time is over.' }
    }
  }

  /** A call may have been on its way when its agent was limited or revoked: what came of it is then no longer theirs to read. */
  function asTheyMayRead(principalId: string, connectionId: string, outcome: Outcome): Outcome {
    if (outcome.word !== 'executed') return outcome
    const out = outOfReach(principalId, connectionId)
    if (out?.mode !== 'void') return outcome
    return { word: 'unknown', requestId: outcome.requestId, message: `${out.why} The call had been sent already.` }
  }

  /** What a call is bound to, as it stands at this moment; asked inside the transaction that acts on it. */
  function verdict(principal: Pick<Principal, 'id' | 'userId'>, bound: BoundTo): Verdict {
    const { connectionId, toolName, definitionHash } = bound
    const out = outOfReach(principal.id, connectionId)
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
    principal: Pick<Principal, 'id' | 'userId'>,
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
        if (cannot !== null) return notYet(cannot)
        // In its place already when it is claimed: a server that fails meanwhile, or a line, must not cost the approval.
        const place = await handle.enter(principal.id, signal)
        if (typeof place === 'string') return notYet(place)
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

  function uninstallWork(
    principal: Pick<Principal, 'id' | 'kind' | 'userId'>,
    connection: { id: string; slug: string; fingerprint: string },
  ): Work {
    return {
      gate() {
        const { id: connectionId, fingerprint } = connection
        const out = outOfReach(principal.id, connectionId)
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
      await upstreams.remove(connection.id, `${principal.kind}:${principal.id}`)
      const text = `${connection.slug} was uninstalled. Its credentials and policies are forgotten.`
      const structuredContent = { integration_id: connection.slug, installed: false, message: text }
      return { end: 'executed', result: { content: [{ type: 'text', text }], structuredContent } }
    }
  }

  function refuse(caller: Caller, call: ToolCall, message: string, bound?: BoundArguments): Promise<Outcome> {
    const connection = { id: '', slug: shown(call.slug), name: shown(call.slug), target: '', fingerprint: '' }
    const args = bound ?? { json: '{}', hash: sha256Hex('{}') }
    return approvals.refuse(
      askedCall(caller, connection, { name: shown(call.toolName), definitionHash: '' }, args, call.note),
      message,
    )
  }

  async function resumeWork(row: RequestRow, options: CallOptions): Promise<Work> {
    const principal = { id: row.principalId, kind: row.principalKind, userId: row.userId }
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
  function gone(principal: Pick<Principal, 'id' | 'userId'>, row: RequestRow, why: string): Verdict {
    const now = verdict(principal, row)
    return now.mode === 'void' ? now : { mode: 'void', why }
  }

  return {
    async callTool(caller, call, options) {
      const lookup = await upstreams.reachableBy(caller.principal).tool(call.slug, call.toolName)
      const bound = bindArguments(call.arguments, call.inexactNumbers)
      if ('invalid' in bound) return refuse(caller, call, bound.invalid)
      if (lookup.found !== 'tool') return refuse(caller, call, notFound(lookup, call), bound)
      const { handle } = lookup
      const broken = handle.check(bound.value)
      if (broken !== null)
        return refuse(caller, call, `The arguments do not fit the tool's input schema: ${broken}.`, bound)
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
        runMs: connection.callTimeoutMs + RUN_GRACE_MS,
        signal: options.signal,
      })
      return asTheyMayRead(caller.principal.id, connection.id, outcome)
    },

    async uninstall(caller, { slug, note }, options) {
      const { userId } = caller.principal
      const connection = await upstreams.reachableBy(caller.principal).find(slug)
      const args = bindArguments({ integration_id: slug }, [])
      if ('invalid' in args || !connection) {
        const call = { slug, toolName: UNINSTALL_TOOL.name, arguments: {}, inexactNumbers: [], note }
        return refuse(caller, call, 'No such integration is installed.')
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
      const { id, connections } = caller.principal
      const row = await approvals.findOwn(id, requestId)
      if (!row || (connections !== null && row.connectionId !== '' && !connections.has(row.connectionId))) {
        // The same words for an unknown id and for another's, so that guessing tells nothing.
        return { word: 'invalid', requestId: null, message: 'There is no such request of yours.' }
      }
      const outcome = await approvals.resume(row.id, await resumeWork(row, options), {
        decisionMs: timeoutMs,
        runMs: timeoutMs,
        // Clients give up at a minute, and giving up cancels the run; so the decision and the run share the time.
        inAllMs: timeoutMs,
        signal: options.signal,
      })
      return asTheyMayRead(id, row.connectionId, outcome)
    },
  }
}

const shown = (name: string): string => name.slice(0, MOST_NAME_SHOWN).toWellFormed()

function askedCall(
  { principal, address, program }: Caller,
  { id, slug, name, target, fingerprint }: AskedCall['connection'],
  tool: AskedCall['tool'],
  { json, hash }: AskedCall['arguments'],
  note: string | null,
): AskedCall {
  return {
    asker: {
      principalId: principal.id,
      principalKind: principal.kind,
      principalName: principal.name,
      userId: principal.userId,
      address,
      program,
    },
    connection: { id, slug, name, target, fingerprint },
    tool,
    arguments: { json, hash },
    note,
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

const notYet = (why: string): string => `${why} The approval still holds: call agentport__await_approval again.`

async function neverRuns(): Promise<never> {
  throw new Error('A request whose tool is gone was about to run')
}

function whatIsMissing({ authMethod, oauthStatus }: Connection): string {
  if (authMethod !== 'oauth') return 'not connected yet: its owner has to enter a credential'
  if (oauthStatus === 'not_signed_in') return 'not connected yet: its owner has to sign in'
  return 'not connected any more: the service does not accept the sign-in, and its owner has to sign in again'
}

function notFound(lookup: Exclude<ToolLookup, { found: 'tool' }>, call: ToolCall): string {
  const near = (names: string[]) =>
    names.length > 0 ? ` Did you mean ${names.map((name) => JSON.stringify(name)).join(', ')}?` : ''
  switch (lookup.found) {
    case 'no_connection':
      return `No integration ${JSON.stringify(shown(call.slug))} is installed.${near(lookup.near)} agentport__list_installed_integrations lists what is.`
    case 'not_connected':
      return `${lookup.connection.slug} is ${whatIsMissing(lookup.connection)}. agentport__start_oauth_flow gives the link to share.`
    case 'no_tool':
      return `${lookup.connection.slug} has no tool ${JSON.stringify(shown(call.toolName))}.${near(lookup.near)} agentport__list_integration_tools lists them.`
  }
}
