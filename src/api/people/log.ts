import { z } from 'zod'
import { type CallFilter, ENDINGS, type PastCall, readPlace, writePlace } from '../../approvals/approvals.ts'
import type { TokenHolder } from '../../identity/identity.ts'
import { AppError } from '../../lib/errors.ts'
import { type Operation, reply } from '../operation.ts'
import { problem } from '../refusals.ts'
import { listOf, notOurs, PageQuery } from './paging.ts'
import { type PeopleRooms, personOperation, Time, timeOf, timeOrNull } from './people-operations.ts'

const Ending = z
  .enum(ENDINGS)
  .describe(
    'How it stands or ended; tool_error where the tool ran and said that it failed, refused where nobody was asked',
  )

const Entry = z.object({
  id: z.string(),
  ending: Ending,
  outcome: z.string().nullable().describe('The word that its agent was told, once it is over'),
  agent: z
    .object({ id: z.string(), kind: z.enum(['api_key', 'oauth_client', 'person']), name: z.string() })
    .describe('A person is its owner, by hand, and has the id of the user'),
  connection: z.object({ id: z.string(), name: z.string() }),
  tool_name: z.string(),
  asked_at: Time,
  expires_at: Time.nullable().describe('When waiting, or the approval, lapses'),
  decision: z
    .object({
      mode: z.enum(['once', 'always', 'deny', 'policy']),
      by: z.string(),
      at: Time,
      reason: z.string().nullable(),
    })
    .nullable(),
  settled_at: Time.nullable(),
  duration_ms: z.number().nullable(),
})

const WholeEntry = Entry.extend({
  address: z.string().nullable(),
  program: z.string().nullable().describe('What the agent called itself'),
  target: z.string().describe('The address of the server'),
  arguments: z.unknown().describe('As they were, or would be, sent; null once they are no longer kept'),
  arguments_hash: z.string().describe('SHA-256 of their canonical JSON (RFC 8785)'),
  notes: z.array(z.object({ text: z.string(), at: Time })).describe("The agent's own words"),
  message: z.string().nullable().describe('Why it failed, lapsed or was refused'),
  result: z.unknown().describe('As the server gave it; null where there is none, or it is no longer kept'),
  result_hash: z.string().nullable(),
})

const Filter = PageQuery.extend({
  agent_id: z.string().max(256).optional(),
  connection_id: z.string().max(256).optional(),
  tool_name: z.string().max(256).optional(),
  ending: Ending.optional(),
  from: z.iso.datetime().optional().describe('Asked at this time or later, as 2026-11-23T08:00:00Z'),
  until: z.iso.datetime().optional().describe('Asked before this time'),
})

export const logOperations = ({ approvals }: PeopleRooms): Operation<TokenHolder>[] => [
  personOperation(
    {
      id: 'listLog',
      method: 'GET',
      path: '/api/human/log',
      summary: 'The calls of your agents, the newest first',
      query: Filter,
      answers: {
        200: { description: 'A page of them', body: listOf(Entry) },
        400: problem('That cursor is not one of ours'),
      },
    },
    async ({ userId }, { query }) => {
      const before = query.cursor === undefined ? null : readPlace(query.cursor)
      if (query.cursor !== undefined && !before) throw notOurs()
      const filter = filterOf(query)
      const { calls, older } = await approvals.history.calls(userId, filter, before, query.limit)
      const total = await approvals.history.count(userId, filter)
      return reply(200, {
        items: calls.map(present),
        next_cursor: older && writePlace(older),
        total: total.calls,
        total_is_exact: total.isExact,
      })
    },
  ),
  personOperation(
    {
      id: 'getLogEntry',
      method: 'GET',
      path: '/api/human/log/{id}',
      summary: 'One call, with what was sent and answered',
      params: { id: 'Its id' },
      answers: { 200: { description: 'It', body: WholeEntry }, 404: problem('There is no such call') },
    },
    async ({ userId }, { params }) => {
      const found = await approvals.find(userId, params.id)
      if (!found) throw new AppError('not_found', 'There is no such call.')
      const { request, notes } = found
      return reply(200, {
        ...present(request),
        address: request.address,
        program: request.program,
        target: request.target,
        arguments: parsed(request.arguments),
        arguments_hash: request.argumentsHash,
        notes: notes.map(({ text, at }) => ({ text, at: timeOf(at) })),
        message: request.message,
        result: parsed(request.result),
        result_hash: request.resultHash,
      })
    },
  ),
]

function present(call: PastCall): z.input<typeof Entry> {
  const { id, state, isError, outcome, principalId, principalKind, principalName, connectionSlug, connectionName } =
    call
  const { decisionMode, decidedAt, decidedBy, reason } = call
  return {
    id,
    ending: state === 'executed' && isError === true ? 'tool_error' : state,
    outcome,
    agent: { id: principalId, kind: principalKind, name: principalName },
    connection: { id: connectionSlug, name: connectionName },
    tool_name: call.toolName,
    asked_at: timeOf(call.askedAt),
    expires_at: timeOrNull(call.expiresAt),
    decision:
      decisionMode === null || decidedAt === null
        ? null
        : { mode: decisionMode, by: decidedBy ?? '', at: timeOf(decidedAt), reason },
    settled_at: timeOrNull(call.settledAt),
    duration_ms: call.durationMs,
  }
}

function filterOf(query: z.output<typeof Filter>): CallFilter {
  const { agent_id, connection_id, tool_name, ending, from, until } = query
  return {
    ...(agent_id === undefined ? {} : { principalId: agent_id }),
    ...(connection_id === undefined ? {} : { connectionSlug: connection_id }),
    ...(tool_name === undefined ? {} : { toolName: tool_name }),
    ...(ending === undefined ? {} : { ending }),
    ...(from === undefined ? {} : { from: Date.parse(from) }),
    ...(until === undefined ? {} : { until: Date.parse(until) }),
  }
}

const parsed = (json: string | null): unknown => (json === null ? null : JSON.parse(json))
