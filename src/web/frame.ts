import type { PageFrame } from '../../views/types.ts'
import type { Approvals } from '../approvals/approvals.ts'
import type { Session } from '../identity/identity.ts'
import { ASSET_VERSION } from './assets.ts'

export type Frames = ReturnType<typeof createFrames>

/** What every page shows around its own matter. */
export function createFrames(approvals: Approvals) {
  const base = { assetVersion: ASSET_VERSION, proof: { required: true }, notice: null }
  return {
    stranger: (): PageFrame => ({ ...base, appearance: 'system', user: null, waitingCount: 0 }),
    async of(session: Session, notice: PageFrame['notice'] = null): Promise<PageFrame> {
      const waitingCount = await approvals.countWaiting(session.user.id)
      const { email, appearance } = session.user
      return { ...base, appearance, notice, user: { email }, waitingCount }
    },
  }
}
