import { z } from 'zod'
import type { TokenHolder } from '../../identity/identity.ts'
import { type Operation, reply } from '../operation.ts'
import { type PeopleRooms, personOperation } from './people-operations.ts'

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS

const Settings = z
  .object({
    pending_minutes: z.number().describe('How long a request waits for you'),
    approved_minutes: z.number().describe('How long an approval waits for its agent'),
    kept_days: z.number().describe('How long arguments and results are kept'),
  })
  .meta({ id: 'Settings' })

export const settingsOperation = ({ approvals }: PeopleRooms): Operation<TokenHolder> =>
  personOperation(
    {
      id: 'getSettings',
      method: 'GET',
      path: '/api/human/settings',
      summary: 'Your settings',
      answers: { 200: { description: 'They', body: Settings } },
    },
    async ({ userId }) => {
      const { pendingMs, approvedMs, keptMs } = await approvals.limits(userId)
      return reply(200, {
        pending_minutes: pendingMs / MINUTE_MS,
        approved_minutes: approvedMs / MINUTE_MS,
        kept_days: keptMs / DAY_MS,
      })
    },
  )
