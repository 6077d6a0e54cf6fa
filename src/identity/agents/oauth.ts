/**
 * Owns the OAuth 2.1 authorization server: programs ask, a person lets them in, and they get tokens for /mcp and nothing else.
 * Promises single-use codes bound to program, address and PKCE, rotating refresh tokens whose reuse ends the sign-in, and hashes only.
 * Deliberately knows no HTTP, and asks nobody: who the person is, and that they said yes, is proven before `consent` is called.
 */
import type { Audit } from '../../audit/audit.ts'
import { failPoint } from '../../lib/fail-point.ts'
import { hmacBase64url, sameHash, sha256Base64url, sha256Hex } from '../../lib/hashes.ts'
import { newSecret } from '../../lib/ids.ts'
import type { Logger } from '../../lib/logger.ts'
import type { OutboundFetch } from '../../lib/outbound.ts'
import type { Store, Tx } from '../../store/store.ts'
import { ACCESS_TOKEN_PREFIX, type Agents, type Reach } from './agents.ts'
import {
  type AuthorizationRequest,
  answerUri,
  type CheckedRequest,
  checkAuthorizationRequest,
  isResource,
  readAuthorizationRequest,
} from './authorization-request.ts'
import { createOAuthClients, type OAuthClient } from './oauth-clients.ts'
import { OAuthError } from './oauth-errors.ts'
import * as rows from './oauth-queries.ts'
import { signInsOf } from './queries.ts'
import { type Asked, readProgramRequest, required, resourcesOf } from './request-parameters.ts'

export { type AuthorizationRequest, answerUri, type CheckedRequest } from './authorization-request.ts'
export type { OAuthClient } from './oauth-clients.ts'
export { OAuthError, type OAuthErrorCode } from './oauth-errors.ts'
export { placeOfRedirectUri } from './redirect-uri.ts'

export interface Tokens {
  accessToken: string
  refreshToken: string
  expiresInS: number
}

export interface OAuth {
  /** RFC 7591. @throws OAuthError */
  register(metadata: unknown, from: string | null): Promise<OAuthClient & { createdAt: number }>
  /** @throws AppError bad_gateway, OAuthError when the program's own document cannot be read. */
  check(params: URLSearchParams, own: Own): Promise<CheckedRequest>
  /** As it was when it was last let in; asks nobody. */
  findKnown(clientId: string): Promise<OAuthClient | null>
  /** The person's yes. @returns where the browser goes with the code. */
  consent(userId: string, request: AuthorizationRequest, reach: Reach, own: Own): Promise<string>
  /** The person's no. @returns where the browser goes with it. */
  refuse(userId: string, request: AuthorizationRequest, own: Own): Promise<string>
  /** RFC 6749 §4.1.3 and §6. @throws OAuthError */
  token(params: URLSearchParams, own: Own): Promise<Tokens>
  /** RFC 7009: whatever the token was, it is good for nothing afterwards. @throws OAuthError */
  revoke(params: URLSearchParams): Promise<void>
  forgetOverdue(): Promise<void>
}

/** Who we are toward programs: the issuer, and the one resource that tokens are for. */
export interface Own {
  issuer: string
  resource: string
}

const CODE_WITHIN_MS = 60_000
/** A second use of a code is noticed for as long as tokens that came of the first may live. */
const CODE_KEPT_MS = 24 * 60 * 60_000
const ACCESS_MS = 60 * 60_000
const REFRESH_MS = 30 * 24 * 60 * 60_000
/** Two windows of one program may refresh at once; both then get the same successor. */
const RACE_MS = 30_000
const CODE_VERIFIER = /^[A-Za-z0-9._~-]{43,128}$/
/** Each leaves rows behind, for an hour or for thirty days, and a program that is let in must not be able to fill the disk. */
const MOST_ACCESS_TOKENS = 100
const TOKEN_PARAMETERS = [
  'grant_type',
  'client_id',
  'code',
  'code_verifier',
  'redirect_uri',
  'refresh_token',
  'scope',
] as const
type TokenRequest = Asked<(typeof TOKEN_PARAMETERS)[number]>

export function createOAuth(deps: {
  store: Store
  audit: Audit
  agents: Agents
  outbound: OutboundFetch
  logger: Logger
  /** Successors of refresh tokens are derived with it, so that a token kept as a hash only can still be given a second time. */
  tokenKey: Uint8Array
}): OAuth {
  const { store, audit, agents, tokenKey } = deps
  const clients = createOAuthClients(deps)

  agents.onRevoked((tx, { principalId }) => rows.deleteTokensOf(tx, principalId))

  function issue(tx: Tx, agent: { id: string; userId: string }, refreshToken: string): Tokens {
    failPoint('grant used')
    const accessToken = ACCESS_TOKEN_PREFIX + newSecret()
    const owner = { agentId: agent.id, userId: agent.userId, usedAt: null }
    rows.insertToken(tx, { ...owner, tokenHash: sha256Hex(accessToken), kind: 'access', expiresAt: tx.now + ACCESS_MS })
    rows.insertToken(tx, {
      ...owner,
      tokenHash: sha256Hex(refreshToken),
      kind: 'refresh',
      expiresAt: tx.now + REFRESH_MS,
    })
    return { accessToken, refreshToken, expiresInS: ACCESS_MS / 1000 }
  }

  const successorOf = (refreshToken: string): string => `apr_${hmacBase64url(tokenKey, refreshToken)}`

  /** @returns the refusal instead of throwing it where the transaction has something to keep all the same. */
  function exchangeCode(tx: Tx, asked: TokenRequest, clientId: string): Tokens | OAuthError {
    const codeHash = sha256Hex(required(asked, 'code'))
    const verifier = required(asked, 'code_verifier')
    const refused = new OAuthError(
      'invalid_grant',
      'The code is not valid: it is unknown, used, too old, or not for this request.',
    )
    const code = rows.findCode(tx, codeHash)
    if (!code || code.clientId !== clientId) return refused
    const isFirst = rows.useCode(tx, codeHash) !== undefined
    // Used up even so: whoever knows the code and not the rest of it gets no second try.
    if (!isTheirs(code, asked.redirect_uri, verifier)) return refused
    if (!isFirst) {
      // Whoever had it first is not to be told from whoever has it now. Who only saw the code ends nothing (OAuth 2.1 §4.1.3).
      if (code.usedAt !== null && code.agentId !== null) endReused(tx, code.userId, code.agentId, 'code')
      return refused
    }
    const { userId, clientName: name } = code
    // A program that registered itself is one installation: signing in again takes the place of its last time.
    for (const earlier of clientIsOneInstallation(tx, clientId) ? signInsOf(tx.db, userId, clientId) : [])
      agents.revokeWithin(tx, userId, earlier.id, 'system')
    const connections = code.connections === null ? null : (JSON.parse(code.connections) as string[])
    const id = agents.addSignedIn(tx, {
      userId,
      clientId,
      name,
      reach: { connections, expiresAt: code.agentExpiresAt },
    })
    rows.noteAgentOfCode(tx, codeHash, id)
    return issue(tx, { id, userId }, `apr_${newSecret()}`)
  }

  const clientIsOneInstallation = (tx: Tx, clientId: string): boolean =>
    rows.findClient(tx.db, clientId)?.source === 'registered'

  function exchangeRefreshToken(tx: Tx, asked: TokenRequest, clientId: string): Tokens | OAuthError {
    const token = required(asked, 'refresh_token')
    const tokenHash = sha256Hex(token)
    const refused = new OAuthError('invalid_grant', 'The refresh token is not valid any more. Sign in again.')
    const known = rows.findToken(tx, tokenHash)
    if (known?.kind !== 'refresh' || known.expiresAt <= tx.now || !agents.isLive(known.agentId)) return refused
    if (rows.agentClientId(tx, known.agentId) !== clientId) return refused
    const agent = { id: known.agentId, userId: known.userId }
    const successor = successorOf(token)
    if (known.usedAt !== null && !isRace(tx, known.usedAt, successor)) {
      endReused(tx, known.userId, known.agentId, 'refresh_token')
      return refused
    }
    if (rows.countAccessTokens(tx, agent.id) >= MOST_ACCESS_TOKENS)
      return new OAuthError('temporarily_unavailable', 'There are too many tokens of this program already.', 600)
    rows.useRefreshToken(tx, tokenHash)
    return issue(tx, agent, successor)
  }

  function isRace(tx: Tx, usedAt: number, successor: string): boolean {
    const usedFor = tx.now - usedAt
    return usedFor >= 0 && usedFor <= RACE_MS && rows.findToken(tx, sha256Hex(successor))?.usedAt === null
  }

  function endReused(tx: Tx, userId: string, agentId: string, what: string): void {
    if (!agents.revokeWithin(tx, userId, agentId, 'system')) return
    audit.append(tx, { name: 'agent.reuse_noticed', userId, actor: 'system', subject: agentId, details: { what } })
  }

  return {
    register: clients.register,

    async check(params, own) {
      const request = readAuthorizationRequest(params)
      const clientId = request.asked.client_id
      const client = clientId === null ? null : await clients.find(clientId)
      return checkAuthorizationRequest(request, client, own.resource)
    },

    findKnown: clients.findKnown,

    async consent(userId, request, { connections, expiresAt }, { issuer }) {
      const code = newSecret()
      store.transaction((tx) => {
        rows.insertCode(tx, {
          codeHash: sha256Hex(code),
          userId,
          clientId: request.clientId,
          clientName: request.clientName,
          redirectUri: request.redirectUri,
          codeChallenge: request.codeChallenge,
          connections: connections === null ? null : JSON.stringify(connections),
          agentExpiresAt: expiresAt,
          expiresAt: tx.now + CODE_WITHIN_MS,
          usedAt: null,
          agentId: null,
        })
        clients.keepLetIn(tx, request.clientId)
        const details = { name: request.clientName, redirect: request.redirectUri }
        audit.append(tx, { name: 'agent.let_in', userId, actor: `user:${userId}`, subject: request.clientId, details })
      })
      return answerUri(request, issuer, { code })
    },
    async refuse(userId, request, { issuer }) {
      store.transaction((tx) => {
        const details = { name: request.clientName }
        audit.append(tx, {
          name: 'agent.kept_out',
          userId,
          actor: `user:${userId}`,
          subject: request.clientId,
          details,
        })
      })
      return answerUri(request, issuer, { error: 'access_denied', error_description: 'The person said no.' })
    },

    async token(params, { resource }) {
      const asked = readProgramRequest(params, TOKEN_PARAMETERS)
      const grantType = required(asked, 'grant_type')
      const exchange =
        grantType === 'authorization_code' ? exchangeCode : grantType === 'refresh_token' ? exchangeRefreshToken : null
      if (!exchange)
        throw new OAuthError('unsupported_grant_type', 'grant_type must be authorization_code or refresh_token.')
      const clientId = required(asked, 'client_id')
      // Told apart from a bad code or token, so that a program that was forgotten here registers anew by itself.
      if (!clients.isKnown(clientId))
        throw new OAuthError('invalid_client', 'This program is not known here. Register it anew.')
      if (!resourcesOf(params).every((each) => isResource(each, resource)))
        throw new OAuthError('invalid_target', `Tokens are given for ${resource} only.`)
      const result = store.transaction((tx) => exchange(tx, asked, clientId))
      if (result instanceof OAuthError) throw result
      failPoint('tokens stored')
      return result
    },

    async revoke(params) {
      const asked = readProgramRequest(params, ['token', 'client_id'])
      const tokenHash = sha256Hex(required(asked, 'token'))
      // Who leaves it out must not believe that the token is revoked.
      const clientId = required(asked, 'client_id')
      store.transaction((tx) => {
        const known = rows.findToken(tx, tokenHash)
        // As RFC 7009 §2.2 has it, an unknown token is as good as revoked; so is one of another program.
        if (!known || rows.agentClientId(tx, known.agentId) !== clientId) return
        if (known.kind === 'access') rows.deleteToken(tx, tokenHash)
        else agents.revokeWithin(tx, known.userId, known.agentId, `oauth_client:${known.agentId}`)
      })
    },

    async forgetOverdue() {
      store.quickTransaction((tx) => {
        rows.deleteCodesBefore(tx, tx.now - CODE_KEPT_MS)
        rows.deleteTokensBefore(tx, tx.now)
        // Nothing brings these back but another sign-in.
        for (const { id, userId } of rows.agentsWithoutTokens(tx)) agents.revokeWithin(tx, userId, id, 'system')
      })
      clients.forgetUnused()
    },
  }
}

/** RFC 6749 §4.1.3 and RFC 7636 §4.6; OAuth 2.1 §10.2 lets the address be left out, since the verifier says as much. */
function isTheirs(code: rows.CodeRow, redirectUri: string | null, verifier: string): boolean {
  const sameAddress = redirectUri === null || redirectUri === code.redirectUri
  return sameAddress && CODE_VERIFIER.test(verifier) && sameHash(sha256Base64url(verifier), code.codeChallenge)
}
