import { z } from 'zod'
import type { Caller, Calls } from '../../calls/calls.ts'
import type { Catalogue } from '../../catalogue/catalogue.ts'
import type { Identity } from '../../identity/identity.ts'
import type { Policy } from '../../policy/policy.ts'
import type { Upstreams } from '../../upstreams/upstreams.ts'
import { operationsFor } from '../operation.ts'

/** What the operations for agents are handed. */
export interface AgentRooms {
  catalogue: Catalogue
  /** Not the whole of it: an agent's limits hold wherever it asks. */
  upstreams: Pick<Upstreams, 'reachableBy'>
  policy: Policy
  identity: Identity
  calls: Calls
  origin: string
}

export const agentOperation = operationsFor<Caller>()

export const IntegrationId = z.string().min(1).max(200)
export const CONNECTION = 'Id of an installed integration. A second account has an id of its own, as github-work'
