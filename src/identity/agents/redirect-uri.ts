/** Where an answer may go: rules of OAuth 2.1 §2.3 and of RFC 8252 for programs on a person's own machine. Pure. */

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]'])
/** All that RFC 3986 lets stand in a URI. Programs and browsers differ over anything else, such as a backslash or a letter of another alphabet. */
const ABSOLUTE_URI = /^[a-z][a-z0-9+.-]*:[\w.~:/?#[\]@!$&'()*+,;=%-]*$/i
const AUTHORITY = /^[^:]+:\/\/([^/?#]*)/
/** Schemes that a browser or a system carries out by itself, so that "leading on" to them would do something in or to it. */
const NOT_A_PROGRAM = new Set(
  'about afp android-app applescript blob brave chrome chrome-extension cid content data devtools edge facetime feed file filesystem ftp geo gopher help hcp imap intent irc ircs itms itms-apps jar javascript ldap ldaps livescript magnet mailto market mhtml mid mk mms moz-extension ms-its news nfs nntp opera pop rdp res resource rtsp safari-extension sftp shell sip sips smb sms ssh tel telnet urn vbs vbscript view-source vivaldi vnc webcal ws wss wyciwyg x-man-page'
    .split(' ')
    .map((scheme) => `${scheme}:`),
)
/** Those of Windows and its office programs, which take orders. */
const OF_THE_SYSTEM = /^(?:ms|search|x-apple)-|-ms:$/
/** What an answer adds (RFC 6749 §4.1.2, RFC 9207): each may be there once only. */
const OF_THE_ANSWER = ['code', 'state', 'iss', 'error', 'error_description']
const MAX_LENGTH = 2_000

/** Null when the URI may be registered, else what is wrong with it. */
export function flawOfRedirectUri(uri: string): string | null {
  if (uri.length > MAX_LENGTH) return `is longer than ${MAX_LENGTH} characters`
  if (!ABSOLUTE_URI.test(uri) || !URL.canParse(uri)) return 'is not an absolute URI'
  if (uri.includes('#')) return 'has a fragment'
  const url = new URL(uri)
  const authority = AUTHORITY.exec(uri)?.[1] ?? ''
  if (authority.includes('@')) return 'holds a user name'
  if (OF_THE_ANSWER.some((name) => url.searchParams.has(name))) return 'has a parameter that the answer needs'
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return flawOfScheme(url.protocol, authority)
  // Half the spellings of an address are there to be taken for another.
  if (authority.toLowerCase().replace(/:\d*$/, '') !== url.hostname) return 'has a host that is not written plainly'
  if (url.protocol === 'https:' || LOOPBACK.has(url.hostname)) return null
  return 'is plain http to another machine; use https, or http to 127.0.0.1'
}

/** RFC 8252 §7.1 wants a domain name in reverse; editors and agents in the field have plain names, and then at least the form of a place. */
function flawOfScheme(scheme: string, authority: string): string | null {
  const leadsNowhere = NOT_A_PROGRAM.has(scheme) || OF_THE_SYSTEM.test(scheme)
  return leadsNowhere || (!scheme.includes('.') && authority === '') ? 'has a scheme that leads to no program' : null
}

/** Exact, but for the port of a loopback address, which a program learns only when it starts to listen (RFC 8252 §7.3). */
export function redirectUriMatches(registered: string, asked: string): boolean {
  // Looked at again, since what may be registered has grown narrower before.
  if (flawOfRedirectUri(asked) !== null) return false
  if (registered === asked) return true
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
