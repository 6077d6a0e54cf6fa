import type { VNode } from 'preact'
import { renderFragment, renderPage } from '../../views/render.ts'

/** Everything a page may do: our own files, our own forms, our own connections. No inline script or style, no frame around us. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "manifest-src 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ')

const PAGE_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'cache-control': 'no-store',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=(), payment=()',
  // Our own forms still send their origin; nobody else learns an address of ours.
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
}

export const page = (vnode: VNode, status = 200): Response =>
  new Response(renderPage(vnode), { status, headers: PAGE_HEADERS })

export const fragment = (vnode: VNode): Response => new Response(renderFragment(vnode), { headers: PAGE_HEADERS })

/** After a form: the browser asks for the page anew, and reloading it repeats nothing. */
export const seeOther = (path: string, headers: Record<string, string> = {}): Response =>
  new Response(null, { status: 303, headers: { location: path, 'cache-control': 'no-store', ...headers } })

/** A path of ours, or the home page: where a link leads after sign-in must not be somebody else's choice. */
export function localPath(path: string | null): string {
  if (!path?.startsWith('/') || /^\/[/\\]/.test(path) || /[\p{Cc}\\]/u.test(path)) return '/'
  const url = new URL(path, 'http://local.invalid')
  // Dots are resolved by now, and "/.//evil.example" has become a host.
  return url.host === 'local.invalid' && !url.pathname.startsWith('//') ? url.pathname + url.search : '/'
}
