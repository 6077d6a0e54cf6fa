import type { VNode } from 'preact'
import { renderToString } from 'preact-render-to-string'

/** A whole document. */
export function renderPage(vnode: VNode): string {
  return `<!doctype html>${renderToString(vnode)}`
}

/** A piece that htmx swaps into a page. */
export function renderFragment(vnode: VNode): string {
  return renderToString(vnode)
}
