// bun run fuzz [--bodies N] [--seed S]: structured and byte-level nonsense against /mcp, every other route, forms, cookies and sign-ins.
// It asserts: no 500, no hang, no secret in any answer, and memory that does not grow with the number of bodies.

import { parseArgs } from 'node:util'
import { createOutbound } from '../../src/lib/outbound.ts'
import { EMAIL, PASSWORD, startApp } from '../../test/harness/app.ts'
import { FarEnd } from '../../test/harness/far-end.ts'
import { OAuthProgram } from '../../test/harness/oauth-program.ts'
import { Random } from '../crash/random.ts'
import { mutate, nonsense, rpcMessage } from './nonsense.ts'
import { hostileDocuments, OAuthRequests, REDIRECTS, type Sent } from './oauth-requests.ts'

const { values } = parseArgs({ options: { bodies: { type: 'string', default: '20000' }, seed: { type: 'string' } } })
const bodies = Number(values.bodies)
const random = new Random(
  values.seed === undefined ? (crypto.getRandomValues(new Uint32Array(1))[0] ?? 1) : Number(values.seed),
)
const AT_ONCE = 16
const HANG_MS = 10_000
/** Megabytes that the process may be larger at the end than after a fifth of the bodies, when everything is warm. */
const MAY_GROW_MB = 150

const TOKEN = 'upstream-token-that-must-never-leave'
const far = new FarEnd([
  { name: 'run', inputSchema: { type: 'object', properties: { n: { type: 'number' } } } },
]).start()
const outbound = hostileDocuments(random, (url) => url.startsWith(far.url), createOutbound())
const app = await startApp({ outbound })
await app.installWithToken('far', far.url, TOKEN)
await app.setPolicy('far', 'run', 'allow')
const { key } = await app.newKey('fuzzer')
const person = await app.person()
// Somebody who signed in and is left alone: nobody may learn what it holds, nor take it away without knowing it.
const bystander = new OAuthProgram(app.origin)
const held = await bystander.signIn(person)
const SECRETS = [
  TOKEN,
  PASSWORD,
  person.proof,
  person.cookie.split('=')[1] ?? '',
  key,
  held.access_token,
  held.refresh_token,
]
/** A key or token that was just made, which its own answer shows and no other may. */
const CREDENTIAL = /\bap[ar]?_[A-Za-z0-9_-]{43}/g
const SHOWS_ONE = new Set(['/oauth/token', '/agents'])

const programs = await Promise.all(
  REDIRECTS.map(async (redirect) => {
    const program = new OAuthProgram(app.origin)
    await program.register({ redirect_uris: [redirect] })
    return program
  }),
)
const signIns = new OAuthRequests(random, person, programs)

const routes = app.serving.routes.filter(({ path }) => path !== '/mcp' && path !== '/events' && path !== '*')
const problems: string[] = []
const statuses = new Map<number, number>()

async function send(what: string, url: string, init: RequestInit, learn?: Sent['learn']): Promise<void> {
  const started = performance.now()
  try {
    const response = await fetch(url, { ...init, redirect: 'manual', signal: AbortSignal.timeout(HANG_MS) })
    const text = await response.text()
    statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1)
    // A program's own document that cannot be read is nobody's fault here, and said so.
    const isTheirs = response.status === 502 && text.includes('The description of this program cannot be read')
    if (response.status >= 500 && !isTheirs) problems.push(`${response.status} for ${what}: ${text.slice(0, 200)}`)
    const all = text + JSON.stringify([...response.headers])
    const sent = `${url}${String(init.body)}${JSON.stringify(init.headers)}`
    for (const secret of SECRETS) {
      if (all.includes(secret) && !sent.includes(secret)) problems.push(`a secret in the answer to ${what}`)
    }
    for (const [credential] of SHOWS_ONE.has(new URL(url).pathname) ? [] : all.matchAll(CREDENTIAL)) {
      if (!sent.includes(credential)) problems.push(`a credential in the answer to ${what}`)
    }
    learn?.(text)
  } catch (error) {
    if (performance.now() - started >= HANG_MS - 100) problems.push(`no answer within ${HANG_MS} ms to ${what}`)
    // A request that HTTP itself refuses never reached us.
    else if (!/invalid|Malformed|ECONNRESET|header/i.test(String(error))) problems.push(`${error} for ${what}`)
  }
}

function mcpRequest(): Promise<void> {
  const message = rpcMessage(random)
  const text = random.chance(0.3) ? mutate(JSON.stringify(message), random) : JSON.stringify(message)
  const headers: Record<string, string> = {
    'content-type': random.chance(0.95) ? 'application/json' : 'text/plain',
    accept: 'application/json, text/event-stream',
  }
  const token = random.chance(0.1) ? signIns.accessToken : null
  if (token === null) headers['x-api-key'] = random.chance(0.97) ? key : nonsense(random, 40)
  else headers.authorization = `Bearer ${random.chance(0.9) ? token : mutate(token, random)}`
  if (random.chance(0.6)) {
    headers['mcp-protocol-version'] = random.pick(['2026-07-28', '2025-11-25', '1999-01-01'])
    headers['mcp-method'] = String((message as { method?: unknown }).method)
    headers['mcp-name'] = String((message as { params?: { name?: unknown } }).params?.name)
  }
  if (random.chance(0.1)) headers['mcp-session-id'] = nonsense(random, 30)
  return send(`/mcp ${text.slice(0, 300)}`, `${app.origin}/mcp`, {
    method: 'POST',
    headers: printable(headers),
    body: text,
  })
}

const REACH = { name: 'made in passing', reach: 'all', lifetime: 'forever' }
function routeRequest(): Promise<void> {
  const { method, path } = random.pick(routes)
  const filled = path.replace(/:\w+/g, () =>
    encodeURIComponent(random.chance(0.3) ? 'far' : nonsense(random, 30).toWellFormed()),
  )
  const query = random.chance(0.3)
    ? `?${encodeURIComponent(nonsense(random, 10).toWellFormed())}=${encodeURIComponent(nonsense(random, 50).toWellFormed())}`
    : ''
  const headers: Record<string, string> = {
    'sec-fetch-site': random.pick(['same-origin', 'same-origin', 'cross-site', 'none']),
  }
  if (random.chance(0.8)) headers.cookie = random.chance(0.8) ? person.cookie : mutate(person.cookie, random)
  if (method === 'GET')
    return send(`GET ${filled}${query}`, app.origin + filled + query, { headers: printable(headers) })
  // What ends the session or the connection would end the test with it.
  if (path === '/sign-out' || path.endsWith('/remove')) return Promise.resolve()
  const fields = [
    'email',
    'password',
    'token',
    'name',
    'tool',
    'mode',
    'decision',
    'reason',
    'pending_minutes',
    'definition',
    'client',
    'reach',
    'connection',
    'lifetime',
  ]
  const form = new URLSearchParams({ origin_proof: random.chance(0.8) ? person.proof : nonsense(random, 43) })
  for (let i = random.below(4); i > 0; i--) form.append(random.pick(fields), nonsense(random, 200))
  // Without an answer to these no key is made.
  if (random.chance(0.3)) for (const [name, value] of Object.entries(REACH)) form.append(name, value)
  const body = random.chance(0.1) ? nonsense(random, 500) : form.toString()
  headers['content-type'] = random.chance(0.9) ? 'application/x-www-form-urlencoded' : nonsense(random, 20)
  return send(`POST ${filled} ${body.slice(0, 200)}`, app.origin + filled, {
    method,
    headers: printable(headers),
    body,
  })
}

function signInRequest(): Promise<void> {
  const { path, init, learn } = signIns.next()
  const { method = 'GET', headers, body } = init
  const what = `${method} ${path} ${String(body ?? '').slice(0, 300)}`
  const sent = { ...init, headers: printable(headers as Record<string, string>) }
  return send(what, app.origin + path, sent, learn)
}

/** What fetch lets into a header. */
function printable(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value.replace(/[^\x20-\x7e]/g, '?')]))
}

const megabytes = () => {
  Bun.gc(true)
  return Math.round(process.memoryUsage.rss() / 1024 / 1024)
}

let left = bodies
let warm = 0
async function lane(): Promise<void> {
  while (left-- > 0 && problems.length < 20) {
    const kind = random.next()
    await (kind < 0.6 ? mcpRequest() : kind < 0.8 ? routeRequest() : signInRequest())
    if (left === Math.floor(bodies * 0.8)) warm = megabytes()
  }
}

const began = performance.now()
await Promise.all(Array.from({ length: AT_ONCE }, lane))
const grown = megabytes() - warm
if (grown > MAY_GROW_MB) problems.push(`memory grew by ${grown} MB after the first fifth`)
const { fault } = await app.rooms.audit.verify()
if (fault) problems.push(`the log does not verify: event ${fault.seq} ${fault.fault}`)
const stillThere = (await app.rooms.identity.humans.findUserByEmail(EMAIL)) !== null
if (!stillThere) problems.push('the user is gone')
if ((await bystander.refresh(held.refresh_token)).status !== 200)
  problems.push('somebody ended the sign-in of a bystander')
for (const [what, times] of Object.entries(signIns.reached)) if (times === 0) problems.push(`no ${what} were reached`)

const counts = [...statuses].sort(([a], [b]) => a - b).map(([status, n]) => `${status}: ${n}`)
console.log(
  `${bodies} bodies in ${((performance.now() - began) / 1000).toFixed(0)} s, seed ${random.seed}. Answers ${counts.join(', ')}. Reached ${Object.entries(
    signIns.reached,
  )
    .map(([what, times]) => `${times} ${what}`)
    .join(', ')}. Memory ${grown >= 0 ? '+' : ''}${grown} MB after the first fifth.`,
)
for (const problem of problems) console.error(`PROBLEM ${problem}`)
await app.stop()
await far.stop()
process.exit(problems.length === 0 ? 0 : 1)
