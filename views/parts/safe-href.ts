/** Links and form targets come from data here and there; a scheme such as javascript: must never reach an attribute. */

/** An address on this server, or null. Backslashes and control characters turn "/\evil" into another host in browsers. */
export function localPath(href: string): string | null {
  return /^\/(?![/\\])[^\\\p{Cc}\s]*$/u.test(href) ? href : null
}

/** An address outside this server, of a site or of a program that has a scheme of its own, or null for what a browser would carry out itself. */
export function elsewhere(href: string): string | null {
  const carriedOut = /^(?:javascript|data|vbscript|blob|file|filesystem|about|view-source):/i
  return URL.canParse(href) && !carriedOut.test(new URL(href).protocol) && !/[\s\p{C}]/u.test(href) ? href : null
}

/** An https address as the URL parser writes it, or null. */
export function httpsUrl(href: string): string | null {
  const url = URL.canParse(href) ? new URL(href) : null
  return url?.protocol === 'https:' && url.username === '' && url.password === '' ? url.href : null
}
