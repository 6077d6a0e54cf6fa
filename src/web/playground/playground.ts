import { PlaygroundPage, PlaygroundToolsPage } from '../../../views/pages/playground.tsx'
import { type Answer, type ArgumentsForm, PlaygroundCallPage } from '../../../views/pages/playground-call.tsx'
import { AgentAnswer } from '../../../views/parts/agent-answer.tsx'
import type { Begun } from '../../../views/parts/begun-with.tsx'
import { type Outcome, outcomeOf, type RequestRow } from '../../approvals/approvals.ts'
import { agentAnswer, bindArguments, UNINSTALL_DEFINITION_HASH } from '../../calls/calls.ts'
import { personOf } from '../../identity/identity.ts'
import { AppError } from '../../lib/errors.ts'
import { isJsonObject, type JsonObject } from '../../lib/json.ts'
import type { ToolHandle } from '../../upstreams/upstreams.ts'
import { fragment, page, seeOther } from '../page.ts'
import { type HumanRequest, param, type Route } from '../routes.ts'
import type { WebRooms } from '../web-rooms.ts'
import { argumentsForm } from './arguments-form.ts'
import { createFormTickets } from './form-tickets.ts'

const MOST_TOOLS = 100
/** What answers at once is shown at once; for the rest the page waits. */
const RUN_MS = 1_500
/** Looking at a tool again before it runs takes as long as its server does. */
const RUN_APPROVED_MS = 20_000

interface Refusal {
  status: number
  error?: string
  broken?: string
}

/** A person tries a tool by hand: by the one path of every call, as a principal of their own. */
export function playgroundRoutes(rooms: WebRooms): Route<HumanRequest>[] {
  const { upstreams, policy, approvals, calls, frames, callProps, clock, config } = rooms
  const tickets = createFormTickets(clock)

  async function choose({ session, url }: HumanRequest, slug: string | null) {
    const frame = await frames.of(session)
    const connections = await upstreams.connections(session.user.id)
    if (slug === null) return page(PlaygroundPage({ frame, connections }))
    const connection = connections.find((each) => each.slug === slug)
    if (!connection) throw new AppError('not_found', 'There is no connection of that name.')
    const query = url.searchParams.get('query')?.trim() ?? ''
    const found = (await upstreams.tools(connection.id)).filter(({ definition: { name, title } }) =>
      `${name}\n${title ?? ''}`.toLowerCase().includes(query.toLowerCase()),
    )
    const tools = found.slice(0, MOST_TOOLS).map(({ definition: { name, title, hints }, definitionHash }) => {
      const facts = { userId: session.user.id, connectionId: connection.id, toolName: name, definitionHash }
      return { name, title, hints, mode: policy.decide(facts).mode }
    })
    return page(PlaygroundToolsPage({ frame, connection, query, tools, more: found.length - tools.length }))
  }

  /** @throws AppError when there is nothing that could be called. */
  async function toolOf({ session }: HumanRequest, slug: string, name: string): Promise<ToolHandle> {
    const lookup = await upstreams.tool(session.user.id, slug, name)
    switch (lookup.found) {
      case 'tool':
        return lookup.handle
      case 'not_connected':
        throw new AppError(
          'conflict',
          'Nobody is signed in to this connection, so its tools cannot run. Its page says how.',
        )
      default:
        throw new AppError('not_found', 'There is no such tool, or not any more. Choose another in the playground.')
    }
  }

  async function callPage(
    { session }: HumanRequest,
    handle: ToolHandle,
    form: ArgumentsForm,
    shown: { begun?: Begun | null; refusal?: Refusal; answer?: Answer | null } = {},
  ) {
    const { connection, definition, definitionHash } = handle
    const userId = session.user.id
    const { mode } = policy.decide({ userId, connectionId: connection.id, toolName: definition.name, definitionHash })
    const props = {
      frame: await frames.of(session),
      connection,
      tool: { ...definition, mode },
      definition: JSON.stringify(definition.raw),
      definitionHash,
      ticket: tickets.issue(session),
      form,
      begun: shown.begun ?? null,
      error: shown.refusal?.error ?? null,
      broken: shown.refusal?.broken ?? null,
      answer: shown.answer ?? null,
    }
    return page(PlaygroundCallPage(props), shown.refusal?.status ?? 200)
  }

  async function callOf({ session }: HumanRequest, id: string): Promise<RequestRow> {
    const found = await approvals.find(session.user.id, id)
    if (!found || found.request.definitionHash === UNINSTALL_DEFINITION_HASH)
      throw new AppError('not_found', 'There is no such call, or it is none to try.')
    return found.request
  }

  /** An agent chose these arguments, and leads its owner to them by a link: a form of theirs says so. */
  function begunWith(row: RequestRow | undefined): Begun | null {
    if (!row || row.principalKind === 'person' || row.arguments === null) return null
    return { id: row.id, agent: { name: row.principalName }, argumentsJson: row.arguments }
  }

  /** Of the person's own calls; what an agent got is on its call's page. */
  async function answerOf({ session }: HumanRequest, row: RequestRow): Promise<Answer | null> {
    if (row.principalKind !== 'person') return null
    const outcome: Outcome = row.state === 'pending' ? { word: 'approval_required', requestId: row.id } : outcomeOf(row)
    const told = agentAnswer(outcome, config.origin)
    return {
      call: await callProps.detail(row, [], session),
      told: {
        outcome: outcome.word,
        isError: told.isError === true,
        text: outcome.word === 'executed' && row.result !== null ? null : textOf(told),
      },
    }
  }

  function run(request: HumanRequest, handle: ToolHandle, value: JsonObject): Promise<Outcome> {
    const call = {
      slug: handle.connection.slug,
      toolName: handle.definition.name,
      arguments: value,
      inexactNumbers: [],
      note: null,
    }
    const caller = { principal: personOf(request.session), ...request.from }
    // Whoever closes the page has asked for the call all the same.
    const { signal } = new AbortController()
    return calls.callTool(caller, call, { signal, runMs: RUN_MS })
  }

  async function submitted(request: HumanRequest) {
    const { form: sent, session } = request
    const handle = await toolOf(request, sent.get('connection') ?? '', decoded(sent.get('tool') ?? ''))
    const begun = begunWith((await approvals.find(session.user.id, sent.get('begun') ?? ''))?.request)
    const { connection, definition, definitionHash } = handle
    const forms = argumentsForm(definition.inputSchema)
    if (sent.get('do') !== 'run') return callPage(request, handle, forms.turned(sent), { begun })
    const { form, value } = forms.read(sent)
    const refuse = (refusal: Refusal) => callPage(request, handle, form, { begun, refusal })
    if (value === null) return refuse({ status: 422 })
    if (sent.get('definition') !== definitionHash) return refuse({ status: 409, error: CHANGED })
    const bound = bindArguments(value, [])
    if ('invalid' in bound) return refuse({ status: 422, error: bound.invalid })
    const broken = handle.check(bound.value)
    if (broken !== null) return refuse({ status: 422, broken })
    const what = [connection.id, definition.name, bound.hash].join(' ')
    const outcome = await tickets.once(session, sent.get('ticket') ?? '', what, () => run(request, handle, bound.value))
    if (outcome === null) return refuse({ status: 409, error: TOO_OLD })
    if (outcome.word === 'invalid' || outcome.requestId === null)
      return refuse({ status: 422, ...('message' in outcome ? { broken: outcome.message } : {}) })
    const id = encodeURIComponent(outcome.requestId)
    const waits = outcome.word === 'approval_required' || (outcome.word === 'pending' && !outcome.running)
    return seeOther(waits ? `/approve/${id}` : `/playground?call=${id}#answer`)
  }

  return [
    {
      method: 'GET',
      path: '/playground',
      async handle(request) {
        const { searchParams } = request.url
        const id = searchParams.get('call')
        if (id !== null) {
          const row = await callOf(request, id)
          const handle = await toolOf(request, row.connectionSlug, row.toolName)
          // The name may lead to another account by now; and what an agent could not reach is not reached by its link either.
          if (handle.connection.id !== row.connectionId)
            throw new AppError('not_found', 'The connection that this call was meant for is not there.')
          const value = row.arguments === null ? null : (JSON.parse(row.arguments) as JsonObject)
          const form = argumentsForm(handle.definition.inputSchema).holding(value)
          return callPage(request, handle, form, { begun: begunWith(row), answer: await answerOf(request, row) })
        }
        const slug = searchParams.get('connection')
        const tool = searchParams.get('tool')
        if (slug === null || tool === null) return choose(request, slug)
        const handle = await toolOf(request, slug, tool)
        return callPage(request, handle, argumentsForm(handle.definition.inputSchema).holding(null))
      },
    },
    {
      method: 'GET',
      path: '/playground/answer',
      async handle(request) {
        const answer = await answerOf(request, await callOf(request, request.url.searchParams.get('call') ?? ''))
        if (!answer) throw new AppError('not_found', 'There is no such call of yours.')
        return fragment(AgentAnswer(answer))
      },
    },
    {
      method: 'POST',
      path: '/playground',
      says: ({ form }) => (form.get('do') === 'run' ? 'Run a tool by hand' : 'Write the arguments otherwise'),
      handle: submitted,
    },
    {
      // Where what was approved could not run at once, or the server stopped before it did.
      method: 'POST',
      path: '/approve/:id/run',
      says: () => 'Run your own call, which you have approved',
      async handle(request) {
        const row = await callOf(request, param(request, 'id'))
        const caller = { principal: personOf(request.session), ...request.from }
        const { signal } = new AbortController()
        const wait = { requestId: row.id, timeoutMs: RUN_APPROVED_MS }
        const outcome = await calls.awaitApproval(caller, wait, { signal })
        if (outcome.word === 'failed' && (await callOf(request, row.id)).state === 'approved')
          throw new AppError('bad_gateway', outcome.message)
        return seeOther(`/approve/${encodeURIComponent(row.id)}`)
      },
    },
  ]
}

const CHANGED = 'Its server changed this tool since you opened the page. Look it over, and run it again.'
const TOO_OLD = 'Nothing ran: this form is from before a restart, or too old. Look it over, and run it again.'

/** A form would change the line breaks of a name, so it comes encoded. */
function decoded(name: string): string {
  try {
    return decodeURIComponent(name)
  } catch {
    return ''
  }
}

function textOf({ content }: JsonObject): string {
  const [first] = Array.isArray(content) ? content : []
  return isJsonObject(first) && typeof first.text === 'string' ? first.text : ''
}
