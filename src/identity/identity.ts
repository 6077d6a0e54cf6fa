/**
 * Owns the answer to "who is asking": people in `humans/`, their agents in `agents/`.
 * Promises that neither is ever taken for the other: a person's session is no credential at /mcp, an agent's key opens no page.
 * Deliberately holds no rights: every row has one owning user, and that is all there is to check here.
 */
import type { Audit } from '../audit/audit.ts'
import type { Store } from '../store/store.ts'
import { type Agents, createAgents } from './agents/agents.ts'
import { createHumans, type Humans } from './humans/humans.ts'

export type { Agents, ApiKey, Principal } from './agents/agents.ts'
export type { Humans, Provenance, Session, SetupLink, SignIn, SignInResult, User } from './humans/humans.ts'
export { proofMatches } from './humans/humans.ts'

export interface Identity {
  humans: Humans
  agents: Agents
}

export function createIdentity(rooms: { store: Store; audit: Audit }): Identity {
  return { humans: createHumans(rooms), agents: createAgents(rooms) }
}
