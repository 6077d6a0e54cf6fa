import { KeyCreatedPage } from '../../views/pages/key-created.tsx'
import { KeysPage } from '../../views/pages/keys.tsx'
import { AppError } from '../lib/errors.ts'
import { page, seeOther } from './page.ts'
import { type HumanRequest, param, type Route } from './routes.ts'
import type { WebRooms } from './web-rooms.ts'

export function keyRoutes({ identity, frames, config }: WebRooms): Route<HumanRequest>[] {
  async function keysPage({ session }: HumanRequest, error: string | null, status = 200) {
    const agents = await identity.agents.list(session.user.id)
    const keys = agents.flatMap((agent) => (agent.prefix === null ? [] : [{ ...agent, prefix: agent.prefix }]))
    return page(KeysPage({ frame: await frames.of(session), keys, error }), status)
  }

  return [
    { method: 'GET', path: '/keys', handle: (request) => keysPage(request, null) },
    {
      method: 'POST',
      path: '/keys',
      says: () => 'Create a key',
      async handle(request) {
        const { session, form } = request
        const name = form.get('name') ?? ''
        try {
          const { key } = await identity.agents.createKey(session.user.id, name, `user:${session.user.id}`)
          const frame = await frames.of(session)
          return page(KeyCreatedPage({ frame, name: name.trim(), keyText: key, origin: config.origin }))
        } catch (error) {
          if (error instanceof AppError) return keysPage(request, error.message, error.status)
          throw error
        }
      },
    },
    {
      method: 'POST',
      path: '/keys/:id/revoke',
      says: () => 'Revoke a key',
      async handle(request) {
        const { id } = request.session.user
        await identity.agents.revoke(id, param(request, 'id'), `user:${id}`)
        return seeOther('/keys')
      },
    },
  ]
}
