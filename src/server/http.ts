import { type AnyElysia, Elysia } from 'elysia'
import type { Caller } from '../calls/calls.ts'
import type { Gateway, ProgramRoute } from '../gateway/gateway.ts'
import { type Identity, type Provenance, proofMatches, type Session } from '../identity/identity.ts'
import { AppError, errorText } from '../lib/errors.ts'
import { primeEventStream } from '../lib/event-stream.ts'
import type { FairGate, Pass } from '../lib/fair-gate.ts'
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
import type { OpenRequests } from './open-requests.ts'
import { canonicalAddress, formComesFromUs, hostIsOurs, type OwnAddresses, originMayCall } from './origin-checks.ts'

export interface HttpDeps {
  identity: Identity
  gateway: Gateway
  openRequests: OpenRequests
  /** For programs that sign in, and have no credential yet. */
  programs: ProgramRoute[]
  web: Web
  cookies: SessionCookies
  logger: Logger
  own: OwnAddresses
  proofRequired: boolean
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
 * All routes, in four groups by audience, each behind its one guard:
 * pages open to anybody, for a signed-in person, for an agent with a credential, and for a program that wants one.
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
  app.all('/mcp', ({ request }) => agentGuard(deps, request), UNTOUCHED)
  app.all('*', ({ request }) => lost(deps, request), UNTOUCHED)
  return app
}

/** Paths that answer without a session or a key, by name; everything else refuses a stranger. */
export const OPEN_PATHS: ReadonlySet<string> = new Set([
  '/health',
  '/assets/:name',
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
])

function mount(
  app: AnyElysia,
  { method, path }: { method: 'GET' | 'POST'; path: string },
  answer: (request: Request, params: Record<string, string>) => Promise<Response>,
): void {
  app.route(method, path, ({ request, params }) => answer(request, params as Record<string, string>), UNTOUCHED)
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
  const session = token === null ? null : await deps.identity.humans.findSession(token)
  return pageDoor(deps, request, session, async () => {
    if (!session) return leadToSignIn(request, route.leadsBackTo)
    const human: HumanRequest = { ...(await readOpen(deps, request, params)), session }
    if (route.method === 'GET') return route.handle(human)
    const proof = await proveOrigin(deps, human)
    if (proof === 'proven') return route.handle(human)
    const wrong =
      proof === 'wrong_password' ? 'That was not the password of this account, or there were too many tries.' : null
    return deps.web.confirm(human, route.says?.(human) ?? 'Go on', wrong)
  })
}

/**
 * On plain http other ports of this host share our cookie, so it alone changes nothing: a change needs the secret that
 * only pages of our own origin can read, or the password.
 */
async function proveOrigin(
  deps: HttpDeps,
  { session, form, from }: HumanRequest,
): Promise<'proven' | 'unproven' | 'wrong_password'> {
  if (!deps.proofRequired) return 'proven'
  if (proofMatches(session, form.get('origin_proof') ?? '')) return 'proven'
  const password = form.get('password') ?? ''
  if (password === '') return 'unproven'
  return (await deps.identity.humans.confirmPassword(session, password, from)) ? 'proven' : 'wrong_password'
}

/** For those who come from outside a browser: null when they may come in. */
function whyNotIn({ own }: HttpDeps, { headers }: Request): { status: number; message: string } | null {
  if (!hostIsOurs(headers.get('host'), own))
    return { status: 421, message: 'This server does not answer to that Host.' }
  if (originMayCall(headers.get('origin'), own)) return null
  return { status: 403, message: 'Pages of another origin may not call this server.' }
}

async function programGuard(deps: HttpDeps, route: ProgramRoute, request: Request): Promise<Response> {
  try {
    // A page elsewhere could do nothing with a token, since /mcp is closed to it; so it needs neither these nor to know that we are here.
    const refused = whyNotIn(deps, request)
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

async function agentGuard(deps: HttpDeps, request: Request): Promise<Response> {
  try {
    const refused = whyNotIn(deps, request)
    if (refused) return refuseAgent(refused.status, refused.message)
    const from = provenance(deps, request)
    const given = credentialOf(request)
    if (given === 'two') {
      const headers = { 'www-authenticate': 'Bearer error="invalid_request"' }
      return refuseAgent(400, 'X-API-Key and Authorization hold different credentials. Send one.', headers)
    }
    const { credential } = given
    const principal = credential === null ? null : await deps.identity.agents.resolve(credential, from)
    if (!principal) return unauthenticated(deps.own.origin.origin, credential !== null)
    const entered = deps.gate.enter(principal.id, request)
    if (entered === 'full') {
      return refuseAgent(429, 'Too many requests of this key at once. Try again in a moment.', { 'retry-after': '1' })
    }
    if (!(entered instanceof Promise)) return await letIn(deps, request, { principal, ...from }, entered)
    const pass = await entered
    if (pass === 'gone') return new Response(null, { status: 503 })
    // Standing in line took a while, and a revocation is felt at once.
    if (deps.identity.agents.isLive(principal.id)) return await letIn(deps, request, { principal, ...from }, pass)
    pass.leave()
    return unauthenticated(deps.own.origin.origin, true)
  } catch (error) {
    return refuseAgent(500, `Internal error ${logged(deps, request, error)}`)
  }
}

async function letIn(deps: HttpDeps, request: Request, caller: Caller, pass: Pass): Promise<Response> {
  const open = deps.openRequests.enter(caller.principal.id, request)
  const leave = () => {
    open.leave()
    pass.leave()
  }
  try {
    const answer = deps.gateway.fetch(request, caller, open.gone)
    const response = await Promise.race([answer, open.ended])
    if (response instanceof Response) return primeEventStream(response, leave, open.gone)
    // Whatever is still worked on is nobody's to read.
    void answer.then((late) => late?.body?.cancel()).catch(() => {})
  } catch (error) {
    leave()
    throw error
  }
  leave()
  return unauthenticated(deps.own.origin.origin, true)
}

/** Two credentials in one request could be read as one here and as the other by a proxy or a log: neither is believed. */
function credentialOf({ headers }: Request): { credential: string | null } | 'two' {
  const key = headers.get('x-api-key')?.trim() || null
  const bearer = /^Bearer\s+(\S.*)$/i.exec(headers.get('authorization') ?? '')?.[1]?.trim() ?? null
  if (key !== null && bearer !== null && key !== bearer) return 'two'
  return { credential: key ?? bearer }
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
      const text = 'This server does not answer to that name.'
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

/** RFC 9728 §5.1: where a program learns how to sign in; RFC 6750 §3.1 says whether what it had was no good. */
function unauthenticated(origin: string, hadCredential: boolean): Response {
  const metadata = `resource_metadata="${origin}/.well-known/oauth-protected-resource/mcp"`
  const error = hadCredential ? 'error="invalid_token", ' : ''
  const message = hadCredential
    ? 'This key or token is not valid: unknown, revoked or expired.'
    : 'Sign in by OAuth, or send an API key in the X-API-Key header or as a Bearer token.'
  return refuseAgent(401, message, { 'www-authenticate': `Bearer ${error}${metadata}` })
}

const refuseProgram = (status: number, error: string, description: string): Response =>
  Response.json({ error, error_description: description }, { status, headers: { 'cache-control': 'no-store' } })

/** In the shape of a JSON-RPC error, which MCP clients show to their people. */
function refuseAgent(status: number, message: string, headers: Record<string, string> = {}): Response {
  const body = { jsonrpc: '2.0', error: { code: status === 500 ? -32603 : -32000, message }, id: null }
  return Response.json(body, { status, headers })
}
