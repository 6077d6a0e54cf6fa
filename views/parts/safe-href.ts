/** Links and form targets come from data here and there; a scheme such as javascript: must never reach an attribute. */

/** An address on this server, or null. Backslashes and control characters turn "/\evil" into another host in browsers. */
export function localPath(href: string): string | null {
  return /^\/(?![/\\])[^\\\p{Cc}\s]*$/u.test(href) ? href : null
}

/** An https address as the URL parser writes it, or null. */
export function httpsUrl(href: string): string | null {
  const url = URL.canParse(href) ? new URL(href) : null
  return url?.protocol === 'https:' && url.username === '' && url.password === '' ? url.href : null
}
