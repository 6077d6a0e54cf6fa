import type { Queued } from '../../src/upstreams/tool-handle.ts'

/** Whoever calls a tool of an upstream in a test that is not about whose call it is. */
export const ANYBODY: Queued = { agent: 'anybody', mayStill: () => null }
