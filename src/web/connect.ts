import { ConnectPage } from '../../views/pages/connect.tsx'
import { LeadOnPage } from '../../views/pages/lead-on.tsx'
import { ServiceSignInPage } from '../../views/pages/service-sign-in.tsx'
import { tokenAuth } from '../catalogue/catalogue.ts'
import { AppError } from '../lib/errors.ts'
import { CALLBACK_PATH, CLIENT_DOCUMENT_PATH, type Connection, clientDocument } from '../upstreams/upstreams.ts'
import { findNamed } from './connection-props.ts'
import { page, seeOther } from './page.ts'
import type { HumanRequest, OpenRequest, Route } from './routes.ts'
import type { WebRooms } from './web-rooms.ts'

/** Giving a connection its account: a token is entered here; a sign-in begins here, goes on at the service, and comes back here. */
export function connectRoutes({ upstreams, catalogue, frames, config }: WebRooms): Route<HumanRequest>[] {
  const { signIns } = upstreams

  /** How the token of a connection is asked for: in the catalogue's words, or plainly for a server added by URL. */
  function tokenForm(connection: Connection) {
    const known = catalogue.find(connection.integrationId)
    const auth = known ? tokenAuth(known) : null
    const extra = (auth?.extraHeaders ?? []).map((header, i) => ({
      field: `extra_${i}`,
      header: header.header,
      format: header.format,
      label: header.label,
      required: header.required,
      options: header.enum ?? null,
      chosen: header.default ?? null,
    }))
    return { label: auth?.label ?? 'Token', acquireUrl: auth?.acquireUrl ?? null, extra }
  }

  async function connectPage({ session }: HumanRequest, connection: Connection, error: string | null, status = 200) {
    const frame = await frames.of(session)
    const { slug, name, url } = connection
    const shown = { slug, name, target: url }
    if (connection.authMethod === 'oauth') {
      const state = connection.oauthStatus ?? 'not_signed_in'
      const redirectUri = config.origin + CALLBACK_PATH
      return page(ServiceSignInPage({ frame, connection: shown, state, redirectUri, error }), status)
    }
    if (connection.authMethod === 'none') throw new AppError('not_found', 'This connection needs no credential.')
    const { label, acquireUrl, extra } = tokenForm(connection)
    const fields = extra.map(({ field, label, required, options, chosen }) => ({
      name: field,
      label,
      required,
      options,
      chosen,
    }))
    return page(ConnectPage({ frame, connection: shown, token: { label, acquireUrl, extra: fields }, error }), status)
  }

  async function startSignIn(request: HumanRequest, connection: Connection): Promise<Response> {
    const { session, form } = request
    const { slug } = connection
    const [id, secret] = ['client_id', 'client_secret'].map((name) => form.get(name)?.trim() ?? '')
    const client = id ? { id, secret: secret || null } : null
    const { url } = await signIns.start(personOf(request), { slug, origin: config.origin, client })
    const at = new URL(url)
    const server = new URL(connection.url)
    // A server can name any service to sign in at, and gets what that service gives.
    const isExpected = connection.integrationId !== 'custom' || isSameSite(at.hostname, server.hostname)
    const text = isExpected
      ? `You go on to ${at.host}, sign in there, and come back here. Nothing changes before that.`
      : `The server at ${server.host} has you sign in at ${at.host}, which is another site, and gets what that site gives. Go on only if it may use that account of yours.`
    return page(
      LeadOnPage({
        frame: await frames.of(session),
        title: 'Sign in at the service',
        text,
        href: url,
        place: at.host,
        byItself: isExpected,
      }),
    )
  }

  /** @returns what is missing, in a sentence. */
  async function keepToken({ session, form }: HumanRequest, connection: Connection): Promise<string | null> {
    const token = form.get('token')?.trim() ?? ''
    if (!token) return 'Paste the token first.'
    const extra: Record<string, string> = {}
    for (const { field, header, format, required, label } of tokenForm(connection).extra) {
      const value = form.get(field)?.trim() ?? ''
      if (!value && required) return `${label} is needed too.`
      if (value) extra[header] = format.replace('{value}', () => value)
    }
    const { id } = session.user
    await upstreams.setCredentials(id, connection.slug, { token, extra }, `user:${id}`)
    return null
  }

  return [
    {
      method: 'GET',
      path: '/connections/:slug/connect',
      handle: async (request) => connectPage(request, await findNamed(upstreams, request), null),
    },
    {
      method: 'POST',
      path: '/connections/:slug/connect',
      says: () => 'Connect an account',
      async handle(request) {
        const connection = await findNamed(upstreams, request)
        try {
          if (connection.authMethod === 'oauth') return await startSignIn(request, connection)
          const missing = await keepToken(request, connection)
          if (missing !== null) return await connectPage(request, connection, missing, 400)
        } catch (error) {
          if (error instanceof AppError)
            return connectPage(request, connection, `Nothing was kept. ${error.message}`, error.status)
          throw error
        }
        return seeOther(`/connections/${connection.slug}`)
      },
    },
    {
      // The one GET that changes something: a service can send a person back in no other way. What proves that they mean it is the state.
      method: 'GET',
      path: CALLBACK_PATH,
      // In another session the answer is of no use, and it is nothing to carry through a sign-in form.
      leadsBackTo: CALLBACK_PATH,
      async handle(request) {
        // HEAD is answered by the same routes, and is only a look.
        if (request.request.method !== 'GET') return new Response(null, { status: 405, headers: { allow: 'GET' } })
        const result = await signIns.finish(personOf(request), request.url.searchParams)
        if (result.end === 'signed_in') return seeOther(`/connections/${result.slug}`)
        if (result.end === 'unknown') throw new AppError('gone', NOT_AWAITED)
        const connection = await upstreams.find(request.session.user.id, result.slug)
        if (!connection) throw new AppError('not_found', 'The connection was removed meanwhile.')
        return connectPage(request, connection, result.message, 400)
      },
    },
  ]
}

const NOT_AWAITED =
  'No sign-in waits for this answer: it was used already, took longer than ten minutes, or was begun in another session. Nothing has changed. Start again from the page of the connection.'

/** By the last two labels, which is too generous for a few suffixes and never for an address. */
function isSameSite(a: string, b: string): boolean {
  const site = (hostname: string) => (/[\d\]]$/.test(hostname) ? hostname : hostname.split('.').slice(-2).join('.'))
  return site(a) === site(b)
}

const personOf = ({ session }: HumanRequest) => ({ userId: session.user.id, sessionHash: session.tokenHash })

/** Who we are toward the services that people sign in to, for those that look it up. */
export const clientDocumentRoute = (origin: string): Route<OpenRequest> => ({
  method: 'GET',
  path: CLIENT_DOCUMENT_PATH,
  handle: async () => Response.json(clientDocument(origin), { headers: { 'cache-control': 'public, max-age=300' } }),
})
