import { z } from 'zod'
import { TOKEN_SCOPES, type TokenHolder } from '../../identity/identity.ts'
import { AppError } from '../../lib/errors.ts'
import { type Operation, reply } from '../operation.ts'
import { type PeopleRooms, personOperation, Time, timeOf } from './people-operations.ts'

const Whose = z.object({
  user: z.object({ id: z.string(), email: z.string() }),
  token: z.object({ id: z.string(), name: z.string(), scope: z.enum(TOKEN_SCOPES), expires_at: Time }),
})

export const meOperation = ({ identity }: PeopleRooms): Operation<TokenHolder> =>
  personOperation(
    {
      id: 'whose',
      method: 'GET',
      path: '/api/human/me',
      summary: 'Whose token this is, and what it may do',
      answers: { 200: { description: 'Its owner, and itself', body: Whose } },
    },
    async ({ id, userId, name, scope, expiresAt }) => {
      const user = await identity.humans.findUser(userId)
      if (!user) throw new AppError('unauthenticated', 'The owner of this token is gone.')
      const token = { id, name, scope, expires_at: timeOf(expiresAt) }
      return reply(200, { user: { id: user.id, email: user.email }, token })
    },
  )
