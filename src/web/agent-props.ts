import type { AgentSummary } from '../../views/types.ts'
import type { Agent, OAuth } from '../identity/identity.ts'
import { programClaim } from './program-claim.ts'

/** An agent as the pages show it. @param connections all that its user has installed. */
export async function agentSummary(
  agent: Agent,
  { oauth, connections, now }: { oauth: OAuth; connections: readonly { id: string; name: string }[]; now: number },
): Promise<AgentSummary> {
  const { id, name, prefix, program, createdAt, lastUsedAt, lastUsedFrom, expiresAt } = agent
  const client = agent.clientId === null ? null : await oauth.findKnown(agent.clientId)
  const within = agent.connections
  return {
    id,
    kind: agent.kind === 'api_key' ? 'key' : 'program',
    name,
    prefix,
    claim: client && programClaim(client),
    program,
    createdAt,
    lastUsedAt,
    lastUsedFrom,
    expiresAt,
    ended: endOf(agent, now),
    reach: within && connections.filter((connection) => within.includes(connection.id)).map(({ name }) => name),
  }
}

function endOf({ revokedAt, expiresAt }: Agent, now: number): AgentSummary['ended'] {
  if (revokedAt !== null) return { how: 'revoked', at: revokedAt }
  return expiresAt !== null && expiresAt <= now ? { how: 'expired', at: expiresAt } : null
}
