/** Attributes that keep a part of a page current over the server's event stream. Without JavaScript they do nothing. */

type Attributes = Record<string, string>

/**
 * Listens to the server for the whole page.
 * A hidden tab lets its connection go (browsers allow six per origin over HTTP/1.1), unless it is the one whose title counts.
 */
export function eventStream(options: { inBackground: boolean }): Attributes {
  return {
    'hx-sse:connect': '/events',
    'hx-swap': 'none',
    ...(options.inBackground ? { 'hx-config': '{"sse":{"pauseOnBackground":false}}' } : {}),
  }
}

/**
 * Fetches itself again when calls or agents changed, and after each (re)connect, since events may have been missed meanwhile.
 * @param everyMs at the most; the last change is never left out.
 */
export function refetchOnChange(path: string, changed: 'calls' | 'agents' = 'calls', everyMs = 400): Attributes {
  return {
    'hx-get': path,
    'hx-trigger': `${changed}-changed from:body throttle:${everyMs}ms, htmx:sse:after:connection from:body`,
    'hx-swap': 'innerMorph',
    'hx-status:4xx': 'swap:none',
    'hx-status:5xx': 'swap:none',
  }
}
