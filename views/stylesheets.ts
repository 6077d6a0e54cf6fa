/** In the order they build on each other; each is served at /assets/<name>. */
export const STYLESHEETS = [
  'agentport.css',
  'frame.css',
  'controls.css',
  'exact-text.css',
  'lists.css',
  'monogram.css',
  'approval.css',
  'consent.css',
  'tool.css',
] as const
