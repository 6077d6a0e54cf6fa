import { isLoopbackName } from './config.ts'

/** Where we are reached: the public origin, and this machine's own names for the port we listen on. */
export interface OwnAddresses {
  origin: URL
  /** Null when we listen on no loopback address. */
  loopbackPort: number | null
}

const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]']

/** A page that rebinds its name to us still says its own name as Host. Pure. */
export function hostIsOurs(host: string | null, own: OwnAddresses): boolean {
  if (host === null) return false
  const wanted = host.toLowerCase()
  return wanted === own.origin.host || loopbackHosts(own).includes(wanted)
}

/** For callers that are no pages of ours: a browser sends its page's origin, other programs send none. Pure. */
export function originMayCall(origin: string | null, own: OwnAddresses): boolean {
  if (origin === null) return true
  return origin === own.origin.origin || loopbackHosts(own).some((host) => origin === `http://${host}`)
}

export type FormVerdict = 'ours' | 'foreign'

/**
 * Whether a state change comes from a page of ours. Browsers say so in Sec-Fetch-Site, and `same-site` is not enough:
 * another port of localhost is the same site. Only where a browser sends none (plain http off loopback) does Origin decide. Pure.
 */
export function formComesFromUs(headers: Headers, own: OwnAddresses): FormVerdict {
  const site = headers.get('sec-fetch-site')
  if (site !== null) return site === 'same-origin' ? 'ours' : 'foreign'
  return headers.get('origin') === own.origin.origin ? 'ours' : 'foreign'
}

/**
 * Whether what a person may see is asked for by a page of ours or opened as a page of its own. Another origin cannot read what it embeds or
 * fetches from here, but how long that takes and whether it comes says what a search found. Pure.
 */
export function isOursOrOpened(headers: Headers): boolean {
  const site = headers.get('sec-fetch-site')
  if (site === null || site === 'same-origin' || site === 'none') return true
  const [mode, dest] = [headers.get('sec-fetch-mode'), headers.get('sec-fetch-dest')]
  return (mode === null || mode === 'navigate') && (dest === null || dest === 'document')
}

/** The address of the same page at the public origin, when this one is another name of ours. Cookies and passkeys live there only. */
export function canonicalAddress(url: URL, host: string | null, own: OwnAddresses): string | null {
  if (host === null || host.toLowerCase() === own.origin.host) return null
  return own.origin.origin + url.pathname + url.search
}

function loopbackHosts({ loopbackPort }: OwnAddresses): string[] {
  if (loopbackPort === null) return []
  return LOOPBACK_NAMES.map((name) => (loopbackPort === 80 ? name : `${name}:${loopbackPort}`))
}

export const listensOnLoopback = (host: string): boolean => isLoopbackName(host) || host === '0.0.0.0' || host === '::'
