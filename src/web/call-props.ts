import type { AgentKind, AnsweredCalls, CallDetail, CallSummary, Decision, Earlier } from '../../views/types.ts'
import type { Approvals, NoteRow, PastCall, RequestRow } from '../approvals/approvals.ts'
import { UNINSTALL_DEFINITION_HASH } from '../calls/calls.ts'
import type { Identity, Session } from '../identity/identity.ts'
import type { ToolDefinition, Upstreams } from '../upstreams/upstreams.ts'
import { picturesIn } from './pictures.ts'
import { programClaim } from './program-claim.ts'
import { hides, type ToolProps } from './tool-props.ts'

const MOST_RESULT_SHOWN = 64 * 1024
/** Of those that were answered before. */
const MOST_LATEST = 5
const NOT_KEPT = JSON.stringify('(not kept)')
const NO_HINTS = { readOnly: null, destructive: null, idempotent: null, openWorld: null }

/** Requests as the pages show them. The definition is the one that was asked with, not today's. */
export function createCallProps(
  { upstreams, identity, approvals }: { upstreams: Upstreams; identity: Identity; approvals: Approvals },
  toolProps: ToolProps,
) {
  const definitionOf = (row: PastCall) => upstreams.definition(row.userId, row.definitionHash)

  /** While a decision waits: afterwards the definition that it was about is the one that was seen. */
  async function changeIn({ userId, connectionId, definitionHash }: RequestRow, definition: ToolDefinition | null) {
    if (!definition) return null
    const asked = { connection: { id: connectionId, userId }, definition, definitionHash }
    return (await toolProps.changeOf(asked)).change
  }

  async function summary(row: PastCall, session: Session): Promise<CallSummary> {
    return summarize(row, await definitionOf(row), session)
  }

  async function answered(calls: PastCall[], session: Session): Promise<AnsweredCalls> {
    const count = (is: (call: PastCall) => boolean) => calls.filter(is).length
    const denied = count(({ decisionMode }) => decisionMode === 'deny')
    const approved = count(({ decisionMode }) => decisionMode !== null && decisionMode !== 'deny')
    const latest = await Promise.all(calls.slice(0, MOST_LATEST).map((row) => summary(row, session)))
    return { approved, denied, expired: calls.length - denied - approved, latest }
  }

  /** How the like of it was answered before. */
  async function earlierThan(row: RequestRow, session: Session): Promise<Earlier> {
    const { calls, more, alike } = await approvals.history.earlier(row)
    return {
      same: await answered(
        calls.filter(({ isSame }) => isSame),
        session,
      ),
      others: await answered(
        calls.filter(({ isSame }) => !isSame),
        session,
      ),
      outOf: more ? calls.length : null,
      alike: alike && {
        id: alike.call.id,
        askedAt: alike.call.askedAt,
        decision: decisionOf(alike.call, session),
        argumentsJson: alike.arguments,
      },
    }
  }

  async function kindOf({ principalKind, principalId, userId }: RequestRow): Promise<AgentKind> {
    if (principalKind === 'person') return { is: 'person' }
    if (principalKind === 'api_key') return { is: 'key' }
    const clientId = (await identity.agents.find(userId, principalId))?.clientId ?? null
    const client = clientId === null ? null : await identity.oauth.findKnown(clientId)
    return { is: 'program', claim: client && programClaim(client) }
  }

  return {
    earlierThan,

    summaries: (requests: PastCall[], session: Session): Promise<CallSummary[]> =>
      Promise.all(requests.map((row) => summary(row, session))),

    async detail(row: RequestRow, notes: NoteRow[], session: Session): Promise<CallDetail> {
      const definition = await definitionOf(row)
      const base = summarize(row, definition, session)
      const canDecide = row.state === 'pending'
      return {
        ...base,
        agent: {
          ...base.agent,
          kind: await kindOf(row),
          address: row.address,
          program: row.program,
        },
        connection: { ...base.connection, target: row.target },
        tool: {
          ...base.tool,
          description: definition?.description ?? null,
          hints: definition?.hints ?? NO_HINTS,
          hasDefinition: definition !== null,
          isOurs: row.definitionHash === UNINSTALL_DEFINITION_HASH,
          hidesText: definition !== null && hides(definition),
          change: canDecide ? await changeIn(row, definition) : null,
        },
        argumentsJson: row.arguments ?? NOT_KEPT,
        argumentsHash: row.argumentsHash,
        notes: notes.map(({ text, at }) => ({ text, at })),
        message: row.message,
        rule: row.rule,
        sentAt: row.claimedAt,
        result: row.result === null ? null : presentResult(row.result, row.isError === true),
        canDecide,
        // Allowing uninstallation for ever would outlive neither the connection nor its own use.
        canAlways: canDecide && row.definitionHash !== UNINSTALL_DEFINITION_HASH,
      }
    },
  }
}

/** Arguments have to be seen whole before a decision; a result is over, and a page of a megabyte helps nobody. */
function presentResult(json: string, isError: boolean): CallDetail['result'] {
  const sizeBytes = Buffer.byteLength(json)
  const pictures = picturesIn(json)
  if (sizeBytes <= MOST_RESULT_SHOWN) return { json, isError, sizeBytes, pictures }
  const text = `${json.slice(0, MOST_RESULT_SHOWN)}\n[The page ends here; the agent got all ${sizeBytes} bytes.]`
  return {
    json: JSON.stringify({ content: [{ type: 'text', text: text.toWellFormed() }] }),
    isError,
    sizeBytes,
    pictures,
  }
}

function summarize(row: PastCall, definition: ToolDefinition | null, session: Session): CallSummary {
  return {
    id: row.id,
    state: row.state,
    outcome: row.outcome ?? row.state,
    isError: row.isError === true,
    connection: { slug: row.connectionSlug, name: row.connectionName },
    tool: {
      name: row.toolName,
      title: definition?.title ?? null,
      destructive: definition?.hints.destructive === true,
    },
    agent: { id: row.principalId, name: row.principalName, isYou: row.principalKind === 'person' },
    askedAt: row.askedAt,
    expiresAt: row.expiresAt,
    settledAt: row.settledAt,
    durationMs: row.durationMs,
    decision: decisionOf(row, session),
  }
}

function decisionOf(row: PastCall, session: Session): Decision | null {
  if (row.decisionMode === null || row.decidedAt === null) return null
  const by = row.decidedBy === `user:${session.user.id}` ? session.user.email : (row.decidedBy ?? '')
  return { mode: row.decisionMode, by, at: row.decidedAt, reason: row.reason }
}
