/** Scopes as RFC 6749 §3.3 has them, from people we do not know. Pure. */

const TOKEN = /^[\x21\x23-\x5b\x5d-\x7e]{1,256}$/
const MOST_SCOPES = 100

/** Each once, in the order they came; what is no scope is left out. */
export function readScopes(text: string | null | undefined): string[] {
  const scopes = (text ?? '').split(' ').filter((scope) => TOKEN.test(scope))
  return [...new Set(scopes)].slice(0, MOST_SCOPES)
}

export interface ScopeSources {
  /** Of the 401 that asks to sign in. */
  challenge: string | null
  /** Of the resource's metadata. */
  supportedByResource: readonly string[] | undefined
  /** Of the authorization server's metadata. */
  supportedByServer: readonly string[] | undefined
  /** What the server said it needs beyond that, when a call was refused. */
  wider: string | null
}

/**
 * What to ask a person to grant, as the MCP specification has it: what the challenge names, else all that the resource knows, else
 * nothing, which leaves it to the server. Beside that `offline_access`, without which some servers give no refresh token.
 */
export function scopeToAskFor({
  challenge,
  supportedByResource,
  supportedByServer,
  wider,
}: ScopeSources): string | undefined {
  const challenged = readScopes(challenge)
  const base = challenged.length > 0 ? challenged : readScopes(supportedByResource?.join(' '))
  const scopes = [...new Set([...base, ...readScopes(wider)])]
  if (scopes.length === 0) return undefined
  if (supportedByServer?.includes('offline_access') && !scopes.includes('offline_access')) scopes.push('offline_access')
  return scopes.join(' ')
}

/**
 * What to ask for at the next sign-in, after a call was refused as beyond what was granted.
 * Null when everything that the server names was granted already: asking again would change nothing.
 */
export function widerScope(granted: string | null, known: string | null, needed: string | null): string | null {
  const has = new Set(readScopes(granted))
  const missing = readScopes(needed).filter((scope) => !has.has(scope))
  if (missing.length === 0) return null
  return [...new Set([...readScopes(known), ...readScopes(granted), ...missing])].slice(0, MOST_SCOPES).join(' ')
}
