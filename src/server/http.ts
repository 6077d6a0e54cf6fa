import { type AnyElysia, Elysia } from 'elysia'
import type { Api } from '../api/api.ts'
import type { Gateway, ProgramRoute } from '../gateway/gateway.ts'
import { type Identity, type Provenance, proofMatches, type Session } from '../identity/identity.ts'
import { AppError, errorText } from '../lib/errors.ts'
import type { FairGate } from '../lib/fair-gate.ts'
import { type Logger, logFault } from '../lib/logger.ts'
import type { RequestBodies } from '../lib/request-body.ts'
import { VERSION } from '../lib/version.ts'
import {
  type HumanRequest,
  NOT_FOUND,
  type OpenRequest,
  type Route,
  type SessionCookies,
  type Web,
} from '../web/web.ts'
import { clientAddress } from './client-address.ts'
import { type Answer, type CredentialDoor, credentialGuard, whyNotIn } from './credential-guard.ts'
import { apiAgentDoor, apiPersonDoor, mcpDoor } from './key-doors.ts'
import type { OpenRequests } from './open-requests.ts'
import { canonicalAddress, formComesFromUs, hostIsOurs, isOursOrOpened, type OwnAddresses } from './origin-checks.ts'

export interface HttpDeps {
  identity: Identity
  gateway: Gateway
  api: Api
  openRequests: OpenRequests
  /** For programs that sign in, and have no credential yet. */
  programs: ProgramRoute[]
  web: Web
  cookies: SessionCookies
  logger: Logger
  own: OwnAddresses
  trustedProxies: readonly string[]
  /** Address of the peer of a request, as the listening socket knows it. */
  peerOf(request: Request): string | null
  bodies: RequestBodies
  gate: FairGate
  /** @throws when the store cannot be written. */
  probeStore(): void
}

const MAX_FORM_BYTES = 256 * 1024
/** What a program says of itself is kept for a day, whoever it is. */
const MAX_PROGRAM_BYTES = 16 * 1024
const MOST_PROGRAM_SHOWN = 200
const UNTOUCHED = { parse: 'none' } as const

/**
 * All routes, in groups by audience, each behind its one guard: pages open to anybody, for a signed-in person, for an agent or a person's
 * script with a credential, and for a program that wants one.
 */
export function createApp(deps: HttpDeps): AnyElysia {
  const app: AnyElysia = new Elysia()
  // What no door has caught, before the routes it is for: else the message of the error is the answer.
  app.onError(({ request, error }) => new Response(`Internal error ${logged(deps, request, error)}`, { status: 500 }))
  app.get('/health', () => health(deps), UNTOUCHED)
  for (const route of deps.web.open) mount(app, route, (request, params) => openGuard(deps, route, request, params))
  for (const route of deps.web.human) mount(app, route, (request, params) => humanGuard(deps, route, request, params))
  for (const route of deps.programs) {
    const { method, path } = route
    app.route(method, path, ({ request }) => programGuard(deps, route, request), UNTOUCHED)
  }
  const mcp = mcpDoor(deps)
  app.all(
    '/mcp',
    ({ request }) =>
      keyed(deps, mcp, request, (principal, from, gone) => deps.gateway.fetch(request, { principal, ...from }, gone)),
    UNTOUCHED,
  )
  mountApi(app, deps)
  app.all('*', ({ request }) => lost(deps, request), UNTOUCHED)
  return app
}

/** Paths that answer without a session or a key, by name; everything else refuses a stranger. */
export const OPEN_PATHS: ReadonlySet<string> = new Set([
  '/health',
  '/assets/:name',
  '/manifest.webmanifest',
  '/skills/',
  '/skills/:name/SKILL.md',
  '/sign-in',
  '/setup',
  '/.well-known/oauth-protected-resource',
  '/.well-known/oauth-protected-resource/mcp',
  '/.well-known/oauth-authorization-server',
  '/oauth/register',
  '/oauth/token',
  '/oauth/revoke',
  '/oauth/client.json',
  '/api/openapi.json',
  '/api/docs',
])

function mount(
  app: AnyElysia,
  { method, path }: { method: string; path: string },
  answer: (request: Request, params: Record<string, string>) => Promise<Response>,
): void {
  app.route(method, path, ({ request, params = {} }) => answer(request, readable(params)), UNTOUCHED)
}

/** What cannot be decoded comes as null; as a text of nothing, it is nobody's name. */
const readable = (params: Record<string, string | null>): Record<string, string> =>
  Object.fromEntries(Object.entries(params).map(([name, value]) => [name, value ?? '']))

/** The scripts of agents and of people have doors of their own, so that neither's credential is anything at the other's. */
function mountApi(app: AnyElysia, deps: HttpDeps): void {
  const { api } = deps
  const agents = apiAgentDoor(deps)
  for (const route of api.agents.routes) {
    mount(app, route, (request, params) =>
      keyed(deps, agents, request, (principal, from, gone) =>
        route.answer(request, params, { principal, ...from }, gone),
      ),
    )
  }
  const people = apiPersonDoor(deps)
  for (const route of api.people.routes) {
    mount(app, route, (request, params) =>
      keyed(deps, people, request, (holder, _, gone) => route.answer(request, params, holder, gone)),
    )
  }
  for (const route of api.lost) {
    mount(app, route, async (request) => {
      const refused = whyNotIn(deps.own, request)
      return refused ? api.agents.refuse(refused.status, refused.message) : api.answerLost(request)
    })
  }
}

/* Guards. */

async function openGuard(
  deps: HttpDeps,
  route: Route<OpenRequest>,
  request: Request,
  params: Record<string, string>,
): Promise<Response> {
  return pageDoor(deps, request, null, async () => {
    const open = await readOpen(deps, request, params)
    return route.handle(open)
  })
}

async function humanGuard(
  deps: HttpDeps,
  route: Route<HumanRequest>,
  request: Request,
  params: Record<string, string>,
): Promise<Response> {
  const token = deps.cookies.read(request)
  const find = async () => (token === null ? null : deps.identity.humans.findSession(token))
  const isEmbedded = route.method === 'GET' && !isOursOrOpened(request.headers)
  const session = isEmbedded ? null : await find()
  return pageDoor(deps, request, session, async () => {
    if (isEmbedded) throw new AppError('forbidden', 'Pages of another origin may not ask for this.')
    if (!session) return leadToSignIn(request, route.leadsBackTo)
    const human: HumanRequest = { ...(await readOpen(deps, request, params)), session }
    if (route.method === 'GET') return route.handle(human)
    const proof = await proveOrigin(deps, human)
    if (proof === 'proven') {
      // A form may take half a minute to arrive, and a browser that was signed out meanwhile is out at once.
      return (await find()) ? route.handle(human) : leadToSignIn(request, route.leadsBackTo)
    }
    const wrong =
      proof === 'wrong_password' ? 'That was not the password of this account, or there were too many tries.' : null
    return deps.web.confirm(human, route.says?.(human) ?? 'Go on', wrong)
  })
}

/**
 * Every other port of this host name receives our cookie, on https as well as on http, so the cookie alone changes nothing:
 * a change needs the secret that only pages of our own origin can read, or the password.
 */
async function proveOrigin(
  deps: HttpDeps,
  { session, form, from }: HumanRequest,
): Promise<'proven' | 'unproven' | 'wrong_password'> {
  if (proofMatches(session, form.get('origin_proof') ?? '')) return 'proven'
  const password = form.get('password') ?? ''
  if (password === '') return 'unproven'
  return (await deps.identity.humans.confirmPassword(session, password, from)) ? 'proven' : 'wrong_password'
}

async function programGuard(deps: HttpDeps, route: ProgramRoute, request: Request): Promise<Response> {
  try {
    // A page elsewhere could do nothing with a token, since /mcp is closed to it; so it needs neither these nor to know that we are here.
    const refused = whyNotIn(deps.own, request)
    if (refused) return refuseProgram(refused.status, 'invalid_request', refused.message)
    const bytes =
      request.method === 'POST' ? await deps.bodies.read(request, 'programs', MAX_PROGRAM_BYTES) : new Uint8Array()
    const body = new TextDecoder().decode(bytes)
    return await route.handle({ headers: request.headers, body, from: provenance(deps, request) })
  } catch (error) {
    if (error instanceof AppError) return refuseProgram(error.status, 'invalid_request', error.message)
    return refuseProgram(500, 'server_error', `Internal error ${logged(deps, request, error)}`)
  }
}

/** What goes wrong inside is written down, and told in the door's own way. */
async function keyed<Who extends { id: string }>(
  deps: HttpDeps,
  door: CredentialDoor<Who>,
  request: Request,
  answer: Answer<Who>,
): Promise<Response> {
  try {
    const guarding = { ...deps, provenance: (each: Request) => provenance(deps, each) }
    return await credentialGuard(guarding, door, request, answer)
  } catch (error) {
    return door.refuse(500, `Internal error ${logged(deps, request, error)}`)
  }
}

/* What all doors share. */

/** Checks the names we are called by, and turns what goes wrong inside into a page. */
async function pageDoor(
  deps: HttpDeps,
  request: Request,
  session: Session | null,
  act: () => Promise<Response>,
): Promise<Response> {
  const refuse = (status: number, title: string, text: string) => deps.web.message(session, { status, title, text })
  try {
    const host = request.headers.get('host')
    if (!hostIsOurs(host, deps.own)) {
      // Who is signed in is nothing to tell under a name that is not ours.
      const text = 'This server does not answer to that name. Whoever runs it says with --url which is its own.'
      return await deps.web.message(null, { status: 421, title: 'Wrong address', text })
    }
    if (request.method === 'GET') {
      const canonical = canonicalAddress(new URL(request.url), host, deps.own)
      if (canonical !== null) return Response.redirect(canonical, 307)
    } else if (formComesFromUs(request.headers, deps.own) === 'foreign') {
      return await refuse(
        403,
        'Not from this site',
        `Changes are only taken from pages at ${deps.own.origin.origin}. Open the page there and try again.`,
      )
    }
    return await act()
  } catch (error) {
    if (error instanceof AppError) {
      const page = await refuse(error.status, TITLES[error.code] ?? 'That did not work', error.message)
      // The rest of the body is nothing to wait for.
      if (error.code === 'too_slow') page.headers.set('connection', 'close')
      return page
    }
    return refuse(
      500,
      'Internal error',
      `Something broke on our side. Its number in the log is ${logged(deps, request, error)}.`,
    )
  }
}

const TITLES: { [code: string]: string } = { not_found: 'Not found', gone: 'No longer valid', forbidden: 'Not allowed' }

function lost(deps: HttpDeps, request: Request): Promise<Response> {
  return pageDoor(deps, request, null, () => deps.web.message(null, NOT_FOUND))
}

async function readOpen(deps: HttpDeps, request: Request, params: Record<string, string>): Promise<OpenRequest> {
  return {
    request,
    url: new URL(request.url),
    params,
    form: await readForm(deps, request),
    from: provenance(deps, request),
  }
}

async function readForm({ bodies }: HttpDeps, request: Request): Promise<URLSearchParams> {
  if (request.method !== 'POST') return new URLSearchParams()
  if (!request.headers.get('content-type')?.startsWith('application/x-www-form-urlencoded')) {
    throw new AppError('unprocessable', 'Send the form as application/x-www-form-urlencoded.')
  }
  const bytes = await bodies.read(request, 'forms', MAX_FORM_BYTES)
  return new URLSearchParams(new TextDecoder().decode(bytes))
}

function provenance(deps: HttpDeps, request: Request): Provenance {
  const address = clientAddress(deps.peerOf(request), request.headers.get('x-forwarded-for'), deps.trustedProxies)
  return { address, program: request.headers.get('user-agent')?.slice(0, MOST_PROGRAM_SHOWN) ?? null }
}

function leadToSignIn(request: Request, leadsBackTo?: string): Response {
  const { pathname, search } = new URL(request.url)
  // A piece of a page, or a form, is nothing to come back to.
  const isPage = request.method === 'GET' && !request.headers.has('hx-request')
  const returnTo = leadsBackTo ?? (isPage ? pathname + search : '/')
  return new Response(null, {
    status: 303,
    headers: { location: `/sign-in?return_to=${encodeURIComponent(returnTo)}`, 'cache-control': 'no-store' },
  })
}

function health({ probeStore, logger }: HttpDeps): Response {
  try {
    probeStore()
    return Response.json({ status: 'ok', version: VERSION })
  } catch (error) {
    logger.error('the store cannot be written', { error: errorText(error) })
    return Response.json({ status: 'unavailable', version: VERSION }, { status: 503 })
  }
}

// The path may hold a setup token in its query, so only the path is written.
const logged = ({ logger }: HttpDeps, { method, url }: Request, error: unknown): string =>
  logFault(logger, error, { method, path: new URL(url).pathname })

const refuseProgram = (status: number, error: string, description: string): Response =>
  Response.json({ error, error_description: description }, { status, headers: { 'cache-control': 'no-store' } })
