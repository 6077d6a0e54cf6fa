/**
 * Owns the answer to "who is asking": people in `humans/`, their agents in `agents/`.
 * Promises that neither is ever taken for the other: a person's session is no credential at /mcp, an agent's key opens no page.
 * Deliberately holds no rights: every row has one owning user, and that is all there is to check here.
 */
import type { Audit } from '../audit/audit.ts'
import type { Logger } from '../lib/logger.ts'
import type { OutboundFetch } from '../lib/outbound.ts'
import type { Store } from '../store/store.ts'
import { type Agents, createAgents } from './agents/agents.ts'
import { createOAuth, type OAuth } from './agents/oauth.ts'
import { createHumans, type Humans } from './humans/humans.ts'
import { createPersonalTokens, type PersonalTokens } from './humans/personal-tokens.ts'

export type { Agent, Agents, Principal, Reach } from './agents/agents.ts'
export {
  type AuthorizationRequest,
  answerUri,
  type OAuth,
  type OAuthClient,
  OAuthError,
  type OAuthErrorCode,
  type Own,
  placeOfRedirectUri,
} from './agents/oauth.ts'
export type {
  Appearance,
  Humans,
  Provenance,
  Session,
  SetupLink,
  SignedInBrowser,
  SignIn,
  SignInResult,
  User,
} from './humans/humans.ts'
export { APPEARANCES, proofMatches } from './humans/humans.ts'
export { type Person, personOf } from './humans/person.ts'
export {
  type PersonalToken,
  type PersonalTokens,
  TOKEN_SCOPES,
  type TokenHolder,
  type TokenScope,
} from './humans/personal-tokens.ts'

export interface Identity {
  humans: Humans
  personalTokens: PersonalTokens
  agents: Agents
  oauth: OAuth
}

export function createIdentity(rooms: {
  store: Store
  audit: Audit
  outbound: OutboundFetch
  logger: Logger
  tokenKey: Uint8Array
}): Identity {
  const agents = createAgents(rooms)
  const personalTokens = createPersonalTokens(rooms)
  const humans = createHumans({ ...rooms, personalTokens })
  return { humans, personalTokens, agents, oauth: createOAuth({ ...rooms, agents }) }
}
