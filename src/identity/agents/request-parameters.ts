import { OAuthError } from './oauth-errors.ts'

/** What a request says, by the names that we read; null for what it leaves out. */
export type Asked<Name extends string> = Record<Name, string | null>

/**
 * As RFC 6749 §3.1 and §3.2 have it: what is sent without a value was not sent, what we do not know is not looked at, and what we know
 * comes once. Pure.
 * @returns what comes more than once as left out, and by name.
 */
export function readParameters<Name extends string>(
  params: URLSearchParams,
  names: readonly Name[],
): { asked: Asked<Name>; repeated: Name[] } {
  const repeated = names.filter((name) => params.getAll(name).length > 1)
  const asked = names.map((name) => [name, repeated.includes(name) ? null : params.get(name) || null])
  return { asked: Object.fromEntries(asked) as Asked<Name>, repeated }
}

/** What a program sends in person. @throws OAuthError when a parameter is repeated, or the program proves itself by what we do not check. */
export function readProgramRequest<Name extends string>(params: URLSearchParams, names: readonly Name[]): Asked<Name> {
  const { asked, repeated } = readParameters<Name | Secret>(params, [...names, ...SECRETS])
  if (repeated.length > 0) throw new OAuthError('invalid_request', `${repeated[0]} is given more than once.`)
  // Whoever shows a secret believes that it protects something.
  if (SECRETS.some((name) => asked[name] !== null))
    throw new OAuthError('invalid_client', 'Programs have no secret here: send client_id only.')
  return asked
}
const SECRETS = ['client_secret', 'client_assertion'] as const
type Secret = (typeof SECRETS)[number]

/** The one parameter that may come several times (RFC 8707 §2). */
export const resourcesOf = (params: URLSearchParams): string[] =>
  params.getAll('resource').filter((resource) => resource !== '')

/** @throws OAuthError when it is missing. */
export function required<Name extends string>(asked: Asked<Name>, name: Name): string {
  const value = asked[name]
  if (value === null) throw new OAuthError('invalid_request', `${name} is missing.`)
  return value
}
