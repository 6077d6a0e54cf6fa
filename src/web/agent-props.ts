import type { AgentSummary } from '../../views/types.ts'
import type { Agent } from '../identity/identity.ts'

/** An agent as the pages show it. @param connections all that its user has installed. */
export function agentSummary(
  agent: Agent,
  connections: readonly { id: string; name: string }[],
  now: number,
): AgentSummary {
  const { id, name, prefix, program, createdAt, lastUsedAt, lastUsedFrom, expiresAt, revokedAt } = agent
  return {
    id,
    kind: agent.kind === 'api_key' ? 'key' : 'program',
    name,
    prefix,
    publisher: agent.clientId !== null && URL.canParse(agent.clientId) ? new URL(agent.clientId).host : null,
    program,
    createdAt,
    lastUsedAt,
    lastUsedFrom,
    expiresAt,
    ended:
      revokedAt !== null
        ? { how: 'revoked', at: revokedAt }
        : expiresAt !== null && expiresAt <= now
          ? { how: 'expired', at: expiresAt }
          : null,
    reach:
      agent.connections &&
      connections
        .filter((connection) => agent.connections?.includes(connection.id))
        .map((connection) => connection.name),
  }
}
