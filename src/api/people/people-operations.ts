import { z } from 'zod'
import type { Approvals } from '../../approvals/approvals.ts'
import type { Identity, TokenHolder } from '../../identity/identity.ts'
import { AppError } from '../../lib/errors.ts'
import type { Policy } from '../../policy/policy.ts'
import type { Upstreams } from '../../upstreams/upstreams.ts'
import { operationsFor } from '../operation.ts'

/** What the operations for people's own scripts are handed. */
export interface PeopleRooms {
  upstreams: Upstreams
  policy: Policy
  identity: Identity
  approvals: Approvals
}

export const personOperation = operationsFor<TokenHolder>()

export const actorOf = ({ id }: TokenHolder) => `personal_token:${id}` as const

/**
 * What tightens, and nothing else: a tool that then asks or is denied where it was allowed, and an agent that may call no more.
 * Removing a connection does not: it forgets what was denied there, and a reinstall only asks.
 * @throws AppError forbidden
 */
export function mustTighten({ scope }: TokenHolder): void {
  if (scope !== 'tighten') throw new AppError('forbidden', 'This token may only read. Make one that may also tighten.')
}

export const Time = z.iso.datetime().describe('UTC')
export const timeOf = (at: number): string => new Date(at).toISOString()
export const timeOrNull = (at: number | null): string | null => (at === null ? null : timeOf(at))
