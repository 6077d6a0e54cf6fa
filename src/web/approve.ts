import { ApprovalPage, CallStateFragment } from '../../views/pages/approval.tsx'
import type { RequestRow, Ruling } from '../approvals/approvals.ts'
import { UNINSTALL_DEFINITION_HASH } from '../calls/calls.ts'
import { AppError } from '../lib/errors.ts'
import { fragment, page, seeOther } from './page.ts'
import { type HumanRequest, param, type Route } from './routes.ts'
import type { WebRooms } from './web-rooms.ts'

const MAX_REASON_LENGTH = 2_000
const TOO_LATE =
  'Your click came too late and changed nothing: this was decided or had ended before. What happened stands below.'

export function approveRoutes({ approvals, frames, callProps }: WebRooms): Route<HumanRequest>[] {
  async function load(request: HumanRequest) {
    const found = await approvals.find(request.session.user.id, param(request, 'id'))
    if (!found) throw new AppError('not_found', 'There is no such request, or it belongs to another user.')
    const call = await callProps.detail(found.request, found.notes, request.session)
    // An agent writes links too: of what still waits no link says that it is over.
    const cameLate = request.url.searchParams.has('late') && !call.canDecide
    const frame = await frames.of(request.session, cameLate ? { kind: 'error', text: TOO_LATE } : null)
    return { row: found.request, call, frame }
  }

  return [
    {
      method: 'GET',
      path: '/approve/:id',
      async handle(request) {
        const { row, call, frame } = await load(request)
        const waitsItself = call.canDecide ? 1 : 0
        const ofAgent = (await approvals.waitingOfAgent(request.session.user.id, call.agent.id)).length - waitsItself
        return page(
          ApprovalPage({
            frame,
            call,
            earlier: await callProps.earlierThan(row, request.session),
            others: { ofAgent, all: frame.waitingCount - waitsItself },
          }),
        )
      },
    },
    {
      method: 'GET',
      path: '/approve/:id/state',
      handle: async (request) => fragment(CallStateFragment(await load(request))),
    },
    {
      method: 'POST',
      path: '/approve/:id/decision',
      says: ({ form }) => DECISIONS[form.get('decision') ?? ''] ?? 'Decide about a request',
      async handle(request) {
        const { session, form } = request
        const id = param(request, 'id')
        const ruling = readRuling(form)
        if (ruling.mode === 'always') await refuseAlwaysForOurOwn(session.user.id, id)
        const { decided, request: row } = await approvals.decide(session.user.id, id, ruling)
        // Decided already, by another tab or by time: the page says so.
        const late = !decided && !isAsWanted(row, ruling, session.user.id)
        return seeOther(`/approve/${encodeURIComponent(id)}${late ? '?late' : ''}`)
      },
    },
  ]

  async function refuseAlwaysForOurOwn(userId: string, id: string) {
    const found = await approvals.find(userId, id)
    if (found?.request.definitionHash !== UNINSTALL_DEFINITION_HASH) return
    throw new AppError('bad_request', 'Uninstalling can only be approved once at a time.')
  }
}

const DECISIONS: Record<string, string> = {
  once: 'Approve this call once',
  always: 'Approve this call and always allow the tool',
  deny: 'Deny this call',
}

/** Two clicks on one button are one decision, and nobody has to be told that the second came late. */
export const isAsWanted = ({ decisionMode, decidedBy }: RequestRow, { mode }: Ruling, userId: string) =>
  decisionMode === mode && decidedBy === `user:${userId}`

export function readRuling(form: URLSearchParams): Ruling {
  switch (form.get('decision')) {
    case 'once':
      return { mode: 'once' }
    case 'always':
      return { mode: 'always' }
    case 'deny':
      return { mode: 'deny', reason: form.get('reason')?.trim().slice(0, MAX_REASON_LENGTH).toWellFormed() || null }
    default:
      throw new AppError('bad_request', 'Choose Approve once, Always approve or Deny.')
  }
}
