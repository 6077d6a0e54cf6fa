import type { Approvals } from '../approvals/approvals.ts'
import { type Decision, decide, type Policy, type PolicyRow } from '../policy/policy.ts'
import type { Upstreams } from '../upstreams/upstreams.ts'

/** How a tool stands, without a look at its definition. */
export interface Standing extends Decision {
  connectionId: string
  toolName: string
  definitionHash: string
  /** Within its connection. */
  position: number
  rule: PolicyRow | null
  lastCalledAt: number | null
}

interface Rooms {
  upstreams: Upstreams
  policy: Policy
  approvals: Approvals
}

/** Every tool of a user, by connection. */
export async function standingsOf({ upstreams, policy, approvals }: Rooms, userId: string): Promise<Standing[]> {
  const key = (tool: { connectionId: string; toolName: string }) => `${tool.connectionId} ${tool.toolName}`
  const rules = new Map((await policy.rulesOfUser(userId)).map((rule) => [key(rule), rule]))
  const calls = new Map((await approvals.history.lastCalls(userId)).map((call) => [key(call), call.at]))
  const positions = new Map<string, number>()
  return (await upstreams.toolHashes(userId)).map(({ connectionId, name: toolName, definitionHash }) => {
    const position = positions.get(connectionId) ?? 0
    positions.set(connectionId, position + 1)
    const named = key({ connectionId, toolName })
    const rule = rules.get(named) ?? null
    const lastCalledAt = calls.get(named) ?? null
    return { connectionId, toolName, definitionHash, position, rule, lastCalledAt, ...decide(rule, { definitionHash }) }
  })
}
