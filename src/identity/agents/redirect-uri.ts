/** Where an answer may go: rules of OAuth 2.1 §2.3 and of RFC 8252 for programs on a person's own machine. Pure. */

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]'])
const PRIVATE_USE_SCHEME = /^[a-z][a-z0-9+.-]*:$/
/** Schemes that a browser treats specially, so that "leading on" to them would do something in or to the browser itself. */
const NOT_A_PROGRAM = new Set(
  'about blob chrome chrome-extension data devtools edge file filesystem ftp intent jar javascript mailto moz-extension resource sms tel vbscript view-source ws wss'
    .split(' ')
    .map((scheme) => `${scheme}:`),
)
const MAX_LENGTH = 2_000

/** Null when the URI may be registered, else what is wrong with it. */
export function flawOfRedirectUri(uri: string): string | null {
  if (uri.length > MAX_LENGTH) return `is longer than ${MAX_LENGTH} characters`
  if (!URL.canParse(uri) || /[\s\p{C}]/u.test(uri)) return 'is not an absolute URI'
  const url = new URL(uri)
  if (uri.includes('#')) return 'has a fragment'
  if (url.username || url.password) return 'holds a user name'
  if (url.protocol === 'https:') return null
  if (url.protocol === 'http:') {
    return LOOPBACK.has(url.hostname) ? null : 'is plain http to another machine; use https, or http to 127.0.0.1'
  }
  return PRIVATE_USE_SCHEME.test(url.protocol) && !NOT_A_PROGRAM.has(url.protocol)
    ? null
    : 'has a scheme that leads to no program'
}

/** Exact, but for the port of a loopback address, which a program learns only when it starts to listen (RFC 8252 §7.3). */
export function redirectUriMatches(registered: string, asked: string): boolean {
  if (registered === asked) return true
  if (flawOfRedirectUri(asked) !== null) return false
  const [one, other] = [new URL(registered), new URL(asked)]
  if (one.protocol !== 'http:' || !LOOPBACK.has(one.hostname) || one.hostname !== other.hostname) return false
  return withoutPort(registered) === withoutPort(asked)
}

/** Of the text and not of the parsed URL, which would make one of several spellings. */
const withoutPort = (uri: string): string => uri.replace(/^(http:\/\/(?:\[[^\]]*\]|[^/:?]*))(?::\d*)?/, '$1')

/** Where a person sees it lead: the host, or the program's own scheme. */
export function placeOfRedirectUri(uri: string): { kind: 'this_machine' | 'site' | 'program'; name: string } {
  const url = new URL(uri)
  if (url.protocol === 'http:') return { kind: 'this_machine', name: url.host }
  if (url.protocol === 'https:') return { kind: 'site', name: url.host }
  return { kind: 'program', name: url.protocol.slice(0, -1) }
}
