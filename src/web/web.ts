/**
 * Owns what a person clicks: routes that read input, ask a room, map to the props of a view, and render.
 * Promises that every page carries the strict content policy, and that a GET changes nothing, but for the one with which a service that
 * a person signed in to sends them back.
 * Deliberately guards nothing itself: who may come in, and from where, is decided once, in front of these lists.
 */
import { ConfirmPage } from '../../views/pages/confirm.tsx'
import { MessagePage } from '../../views/pages/message.tsx'
import type { Session } from '../identity/identity.ts'
import { agentRoutes } from './agents.ts'
import { apiReferenceRoute } from './api-reference.ts'
import { approveRoutes } from './approve.ts'
import { serveAsset } from './assets.ts'
import { authorizeRoutes } from './authorize.ts'
import { bulkPolicyRoutes } from './bulk-policy.ts'
import { createCallProps } from './call-props.ts'
import { catalogueRoutes } from './catalogue.ts'
import { clientDocumentRoute, connectRoutes } from './connect.ts'
import { connectAgentRoutes } from './connect-agent.ts'
import { connectionRoutes } from './connections.ts'
import { designRoute } from './design.ts'
import { createEventStreams } from './events.ts'
import { createFrames } from './frame.ts'
import { homeRoutes } from './home.ts'
import { logRoutes } from './log.ts'
import { manifestRoute } from './manifest.ts'
import { page, seeOther } from './page.ts'
import { playgroundRoutes } from './playground/playground.ts'
import { policyRoutes } from './policies.ts'
import { type HumanRequest, type OpenRequest, param, type Route } from './routes.ts'
import { settingsRoutes } from './settings.ts'
import { signInRoutes } from './sign-in.ts'
import { skillRoutes } from './skills.ts'
import { createToolProps } from './tool-props.ts'
import { toolRoutes } from './tools.ts'
import { waitingRoutes } from './waiting.ts'
import type { WebRooms } from './web-rooms.ts'

export { type SessionCookies, sessionCookies } from './cookies.ts'
export { localPath, seeOther } from './page.ts'
export type { HumanRequest, OpenRequest, Route } from './routes.ts'
export type { WebConfig } from './web-rooms.ts'

export interface Web {
  /** For anybody. */
  open: Route<OpenRequest>[]
  /** For a signed-in person only. */
  human: Route<HumanRequest>[]
  message(session: Session | null, message: { status: number; title: string; text: string }): Promise<Response>
  /** Asks for the password and then does what the form was about to do. */
  confirm(request: HumanRequest, what: string, error: string | null): Promise<Response>
  closeStreams(): void
}

export function createWeb(deps: Omit<WebRooms, 'frames' | 'callProps' | 'toolProps'>): Web {
  const { approvals, config, identity, cookies } = deps
  const frames = createFrames(approvals)
  const toolProps = createToolProps(deps)
  const callProps = createCallProps(deps, toolProps)
  const rooms: WebRooms = { ...deps, frames, callProps, toolProps }
  const events = createEventStreams(deps)

  const message: Web['message'] = async (session, { status, title, text }) => {
    const frame = session ? await frames.of(session) : frames.stranger()
    return page(MessagePage({ frame, status, title, text, link: { href: '/', label: 'Home' } }), status)
  }

  return {
    open: [
      {
        method: 'GET',
        path: '/assets/:name',
        async handle(request) {
          return serveAsset(param(request, 'name')) ?? message(null, NOT_FOUND)
        },
      },
      manifestRoute,
      ...skillRoutes(() => message(null, NOT_FOUND)),
      ...signInRoutes(rooms),
      clientDocumentRoute(config.origin),
      apiReferenceRoute(rooms),
    ],
    human: [
      ...homeRoutes(rooms),
      {
        method: 'GET',
        path: '/events',
        // HEAD is answered by the same routes; a stream that nobody reads would never end.
        handle: async ({ session, request }) =>
          request.method === 'HEAD'
            ? new Response(null, { headers: { 'content-type': 'text/event-stream' } })
            : events.stream(session, cookies.read(request) ?? '', request.signal),
      },
      ...approveRoutes(rooms),
      ...waitingRoutes(rooms),
      ...authorizeRoutes(rooms),
      ...catalogueRoutes(rooms),
      ...connectionRoutes(rooms),
      ...bulkPolicyRoutes(rooms),
      ...policyRoutes(rooms),
      ...connectRoutes(rooms),
      ...toolRoutes(rooms),
      ...logRoutes(rooms),
      ...agentRoutes(rooms),
      ...connectAgentRoutes(rooms),
      ...playgroundRoutes(rooms),
      ...settingsRoutes(rooms),
      ...(config.development ? [designRoute(rooms)] : []),
      {
        method: 'POST',
        path: '/sign-out',
        says: () => 'Sign out',
        async handle({ session }) {
          await identity.humans.signOut(session)
          return seeOther('/sign-in', { 'set-cookie': cookies.drop() })
        },
      },
    ],
    message,
    async confirm(request, what, error) {
      const secret = new Set(['password', 'origin_proof'])
      const fields = [...request.form].filter(([name]) => !secret.has(name)).map(([name, value]) => ({ name, value }))
      const frame = await frames.of(request.session)
      return page(ConfirmPage({ frame, action: request.url.pathname, fields, error, what }), error ? 401 : 403)
    },
    closeStreams: events.closeAll,
  }
}

export const NOT_FOUND = { status: 404, title: 'Not found', text: 'There is no such page.' }
