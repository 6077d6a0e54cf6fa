import { z } from 'zod'
import type { Caller } from '../../calls/calls.ts'
import { AppError } from '../../lib/errors.ts'
import { isJsonObject } from '../../lib/json.ts'
import { APPROVAL_MODES } from '../../policy/policy.ts'
import { type ListedTool, type Reachable, toolFacts } from '../../upstreams/upstreams.ts'
import { type Operation, reply } from '../operation.ts'
import { detail } from '../refusals.ts'
import { type AgentRooms, agentOperation, CONNECTION } from './agent-operations.ts'
import { AwaitAnswer, awaitAnswer } from './await-answer.ts'
import { ApprovalRequired, CallResult, Denied, NotRun, outcomeReply } from './outcome-reply.ts'

const Schema = z.record(z.string(), z.unknown())

const Tool = z
  .looseObject({
    name: z.string(),
    title: z.string().nullable(),
    description: z.string().nullable(),
    inputSchema: Schema,
    outputSchema: Schema.nullable(),
    annotations: Schema.nullable(),
    integration_id: z.string(),
    execution_mode: z.enum(APPROVAL_MODES).describe('What the owner says about it'),
  })
  .describe('As its server describes it')
  .meta({ id: 'Tool' })

const PAGE = 500
const DEFAULT_WAIT_S = 45
const LONGEST_WAIT_S = 240

export function toolOperations({ upstreams, policy, calls, origin }: AgentRooms): Operation<Caller>[] {
  function present(tool: ListedTool): z.input<typeof Tool> {
    const { raw, name, title, description, inputSchema, outputSchema } = tool.definition
    return {
      ...raw,
      name,
      title,
      description,
      inputSchema,
      outputSchema,
      annotations: isJsonObject(raw.annotations) ? raw.annotations : null,
      // Ours last: a server behind us cannot speak for us.
      integration_id: tool.connection.slug,
      execution_mode: policy.decide(toolFacts(tool)).mode,
    }
  }

  async function list(reachable: Reachable, slug: string | null): Promise<z.input<typeof Tool>[]> {
    const tools: z.input<typeof Tool>[] = []
    for (;;) {
      const page = await reachable.searchTools({ slug, query: null, limit: PAGE, offset: tools.length })
      tools.push(...page.map(present))
      if (page.length < PAGE) return tools
    }
  }

  return [
    agentOperation(
      {
        id: 'listTools',
        method: 'GET',
        path: '/api/tools',
        summary: 'The tools of all installed integrations',
        answers: { 200: { description: 'All that this key may use', body: z.array(Tool) } },
      },
      async ({ principal }) => reply(200, await list(upstreams.reachableBy(principal), null)),
    ),
    agentOperation(
      {
        id: 'listToolsOfOne',
        method: 'GET',
        path: '/api/tools/{integration_id}',
        summary: 'The tools of one installed integration',
        params: { integration_id: CONNECTION },
        answers: {
          200: { description: 'All of them; none while it is not connected', body: z.array(Tool) },
          404: detail('No such integration is installed'),
        },
      },
      async ({ principal }, { params }) => {
        const reachable = upstreams.reachableBy(principal)
        const connection = await reachable.find(params.integration_id)
        if (!connection)
          throw new AppError('not_found', 'No such integration is installed. GET /api/installed lists what is.')
        return reply(200, await list(reachable, connection.slug))
      },
    ),
    agentOperation(
      {
        id: 'callTool',
        method: 'POST',
        path: '/api/tools/{integration_id}/call',
        summary: 'Call a tool',
        description:
          'Where a person has to approve, the answer is 403 with the link to share. Await their word, and send the same call again: it runs once.',
        params: { integration_id: CONNECTION },
        body: z.object({
          tool_name: z.string().min(1).max(300),
          args: z.record(z.string(), z.unknown()).optional().describe("As the tool's inputSchema has them"),
          additional_info: z
            .string()
            .max(10_000)
            .nullish()
            .describe('For the person who approves: what you are doing and why. Never sent to the tool'),
        }),
        answers: {
          200: { description: 'It ran, and this is its result', body: CallResult },
          403: {
            description: 'A person has to approve, or it is not to be',
            body: z.union([ApprovalRequired, Denied]),
          },
          404: { description: 'There is no such integration or tool', body: NotRun },
          409: { description: 'The same call is running already, or its request was voided', body: NotRun },
          422: { description: 'Not connected, or the arguments do not fit the tool', body: NotRun },
          429: { description: 'Too many requests of this key wait for people', body: NotRun },
          502: { description: 'It failed before it ran, or its end is not known: outcome says which', body: NotRun },
        },
      },
      async (caller, { params, body, raw, inexactNumbers, signal }) => {
        const { tool_name: toolName, additional_info: note } = body
        // As they came: what is shown and hashed is what was sent.
        const args = isJsonObject(raw) && isJsonObject(raw.args) ? raw.args : {}
        const slug = params.integration_id
        const call = { slug, toolName, arguments: args, inexactNumbers, note: note?.trim() ? note : null }
        const outcome = await calls.callTool(caller, call, { signal })
        return outcomeReply(outcome, { integrationId: slug, toolName, origin })
      },
    ),
    agentOperation(
      {
        id: 'awaitApproval',
        method: 'POST',
        path: '/api/tool-approvals/requests/{approval_request_id}/await',
        summary: 'Wait for a person’s decision',
        description:
          'Answers once it is decided or, of a call that runs, once it has ended; else as it stands when the time is up. It runs nothing. A long wait sends white space in front of its JSON, so that nothing on the way gives up. Going away ends the wait, not the request.',
        params: { approval_request_id: 'From the answer that asked for approval' },
        body: z.object({
          timeout_seconds: z
            .number()
            .positive()
            .nullish()
            .describe(`How long to wait, ${DEFAULT_WAIT_S} by default, ${LONGEST_WAIT_S} at most`),
        }),
        bodyOptional: true,
        answers: {
          200: { description: 'Where it stands', body: AwaitAnswer },
          404: detail('There is no such request of this key'),
        },
      },
      async (caller, { params, body, signal }) => {
        const requestId = params.approval_request_id
        const notFound = () => new AppError('not_found', 'There is no such request of yours.')
        const now = await calls.watch(caller, { requestId, timeoutMs: 0 }, signal)
        if (!now || awaitAnswer(now) === null) throw notFound()
        const timeoutMs = Math.min(body.timeout_seconds ?? DEFAULT_WAIT_S, LONGEST_WAIT_S) * 1000
        const gone = new AbortController()
        const wait = calls.watch(caller, { requestId, timeoutMs }, AbortSignal.any([signal, gone.signal]))
        const later = wait.then((row) => {
          const answer = row && awaitAnswer(row)
          if (!answer) throw new Error('A request that was awaited is gone from the store')
          return answer
        })
        return { status: 200 as const, later, onGone: () => gone.abort() }
      },
    ),
  ]
}
