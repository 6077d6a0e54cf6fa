import type { ApiReference } from '../../views/types.ts'
import type { Approvals } from '../approvals/approvals.ts'
import type { Calls } from '../calls/calls.ts'
import type { Catalogue } from '../catalogue/catalogue.ts'
import type { Identity, Own } from '../identity/identity.ts'
import type { Clock } from '../lib/clock.ts'
import type { Policy } from '../policy/policy.ts'
import type { Upstreams } from '../upstreams/upstreams.ts'
import type { createCallProps } from './call-props.ts'
import type { SessionCookies } from './cookies.ts'
import type { Frames } from './frame.ts'
import type { ToolProps } from './tool-props.ts'

/** What the routes of this room are handed. */
export interface WebConfig {
  origin: string
  /** Who we are toward programs that sign in. */
  own: Own
  /** Whether the pages are being worked on. */
  development: boolean
  /** What runs here. */
  about(): { version: string; runtime: string; databaseBytes: number }
  /** What the interface for scripts has. */
  reference(): ApiReference
}

export interface WebRooms {
  clock: Clock
  catalogue: Catalogue
  identity: Identity
  policy: Policy
  upstreams: Upstreams
  approvals: Approvals
  calls: Calls
  config: WebConfig
  cookies: SessionCookies
  frames: Frames
  callProps: ReturnType<typeof createCallProps>
  toolProps: ToolProps
}
