import { z } from 'zod'
import type { Caller } from '../../calls/calls.ts'
import { AppError } from '../../lib/errors.ts'
import { type Operation, reply } from '../operation.ts'
import { type AgentRooms, agentOperation } from './agent-operations.ts'

const Me = z
  .object({
    id: z.string(),
    email: z.string(),
    totp_enabled: z.boolean(),
    totp_configured: z.boolean(),
    is_admin: z.boolean().describe('Always false: everybody rules what is theirs'),
    impersonator_email: z.string().nullable().describe('Always null: nobody acts as somebody else'),
  })
  .meta({ id: 'Me' })

export function whoamiOperation({ identity }: AgentRooms): Operation<Caller> {
  return agentOperation(
    {
      id: 'whoami',
      method: 'GET',
      path: '/api/users/me',
      summary: 'Whose key this is',
      answers: { 200: { description: 'Its owner', body: Me } },
    },
    async ({ principal }) => {
      const user = await identity.humans.findUser(principal.userId)
      if (!user) throw new AppError('unauthenticated', 'The owner of this key is gone.')
      const { id, email } = user
      const body = { id, email, is_admin: false, impersonator_email: null }
      return reply(200, { ...body, totp_enabled: false, totp_configured: false })
    },
  )
}
