import { sha256Base64url } from '../../src/lib/hashes.ts'
import type { OutboundFetch } from '../../src/lib/outbound.ts'
import type { OAuthProgram } from '../../test/harness/oauth-program.ts'
import type { Person } from '../../test/harness/person.ts'
import type { Random } from '../crash/random.ts'
import { jsonValue, mutate, nonsense } from './nonsense.ts'

/** A request to be sent, and what its answer may teach. */
export interface Sent {
  path: string
  init: RequestInit
  learn?(text: string): void
}

const DOCUMENT_ID = 'https://program.example/client.json'
export const REDIRECTS = [
  'http://127.0.0.1:33418/callback',
  'cursor://anysphere.cursor-mcp/cb',
  'https://site.example/cb',
]
const MOST_REMEMBERED = 20
const FORM = 'application/x-www-form-urlencoded'

/**
 * What programs and browsers send to sign in, right in most parts, so that it gets far, and wrong in some.
 * It remembers the codes and tokens that it was given, since only with real ones the last checks are reached.
 * Registering is bounded, so it goes by programs that were registered before it began.
 */
export class OAuthRequests {
  /** How often it came how far; none of them may be nothing, or the rest proves little. */
  readonly reached = { codes: 0, 'sign-ins': 0, refreshes: 0 }
  readonly #codes: { code: string; client: Client }[] = []
  readonly #tokens: { refresh: string; access: string; client: Client }[] = []
  readonly #clients: Client[]
  readonly #verifier = 'v'.repeat(43)

  constructor(
    readonly random: Random,
    readonly person: Person,
    programs: OAuthProgram[],
  ) {
    const registered = programs.map(({ clientId }, i) => ({
      id: clientId,
      redirect: REDIRECTS[i % REDIRECTS.length] ?? '',
    }))
    this.#clients = [...registered, { id: DOCUMENT_ID, redirect: REDIRECTS[0] ?? '' }]
  }

  /** One that was given for real, as far as nothing has ended it since. */
  get accessToken(): string | null {
    return this.#tokens.length === 0 ? null : this.random.pick(this.#tokens).access
  }

  next(): Sent {
    const kind = this.random.below(10)
    if (kind < 2) return this.#look()
    if (kind < 5) return this.#answer()
    if (kind < 8) return this.#exchange()
    return kind === 8 ? this.#revoke() : this.#register()
  }

  #look(): Sent {
    const headers = { cookie: this.random.chance(0.9) ? this.person.cookie : '' }
    return { path: `/oauth/authorize?${this.#bytes(this.#request(this.#client()))}`, init: { headers } }
  }

  #answer(): Sent {
    const client = this.#client()
    const form = this.#request(client)
    form.push(
      ['decision', this.#maybe(this.random.chance(0.9) ? 'allow' : 'deny')],
      ['reach', this.#maybe(this.random.chance(0.8) ? 'all' : 'chosen')],
      ['lifetime', this.#maybe(this.random.pick(['forever', '1', '7', '30']))],
      ['origin_proof', this.#maybe(this.person.proof)],
    )
    if (this.random.chance(0.2)) form.push(['connection', nonsense(this.random, 26).toWellFormed()])
    const headers = { cookie: this.person.cookie, 'sec-fetch-site': 'same-origin', 'content-type': FORM }
    const learn = (text: string) => {
      const code = /(?:\?|&amp;)code=([\w-]{43})/.exec(text)?.[1]
      if (code === undefined) return
      this.reached.codes++
      remember(this.#codes, { code, client })
    }
    return { path: '/oauth/authorize', init: { method: 'POST', headers, body: this.#bytes(form) }, learn }
  }

  #exchange(): Sent {
    const isRefresh = this.#codes.length === 0 || (this.#tokens.length > 0 && this.random.chance(0.4))
    const given = isRefresh ? this.#tokens.at(-1 - this.random.below(3)) : this.#codes.pop()
    const client = given?.client ?? this.#client()
    const form: Field[] = [
      ['grant_type', this.#maybe(isRefresh ? 'refresh_token' : 'authorization_code')],
      ['client_id', this.#maybe(client.id)],
      ['resource', this.#maybe(`${this.person.origin}/mcp`)],
    ]
    if (isRefresh) form.push(['refresh_token', this.#maybe(given && 'refresh' in given ? given.refresh : '')])
    else {
      form.push(
        ['code', this.#maybe(given && 'code' in given ? given.code : '')],
        ['code_verifier', this.#maybe(this.#verifier)],
        ['redirect_uri', this.#maybe(client.redirect)],
      )
    }
    const learn = (text: string) => {
      if (!text.startsWith('{"access_token"')) return
      const { access_token: access, refresh_token: refresh } = JSON.parse(text) as Record<string, string>
      this.reached[isRefresh ? 'refreshes' : 'sign-ins']++
      remember(this.#tokens, { access: access ?? '', refresh: refresh ?? '', client })
    }
    return { path: '/oauth/token', init: this.#program(form), learn }
  }

  #revoke(): Sent {
    const given = this.#tokens.length > 0 && this.random.chance(0.1) ? this.random.pick(this.#tokens) : null
    const token = given === null ? nonsense(this.random, 60) : this.random.chance(0.5) ? given.access : given.refresh
    const form: Field[] = [
      ['token', token],
      ['client_id', this.#maybe(given?.client.id ?? this.#client().id)],
      ['token_type_hint', this.#maybe('refresh_token')],
    ]
    return { path: '/oauth/revoke', init: this.#program(form) }
  }

  #register(): Sent {
    const { random } = this
    const odd = <T extends Parameters<typeof JSON.stringify>[0]>(value: T) =>
      random.chance(0.9) ? value : jsonValue(random)
    const metadata = odd({
      client_name: odd(nonsense(random, 150)),
      redirect_uris: odd([odd(random.pick(REDIRECTS)), ...(random.chance(0.3) ? [nonsense(random, 100)] : [])]),
      grant_types: odd(['authorization_code', 'refresh_token']),
      response_types: odd(['code']),
      token_endpoint_auth_method: odd(random.pick(['none', 'client_secret_basic'])),
      ...(random.chance(0.2) ? { software_statement: jsonValue(random), jwks: jsonValue(random) } : {}),
    })
    const text = JSON.stringify(metadata) ?? ''
    const headers = { 'content-type': random.chance(0.95) ? 'application/json' : nonsense(random, 20) }
    const body = random.chance(0.3) ? mutate(text, random) : text
    return { path: '/oauth/register', init: { method: 'POST', headers, body } }
  }

  #request(client: Client): Field[] {
    const { random } = this
    const redirect = random.chance(0.1)
      ? client.redirect.replace('33418', String(random.below(70_000)))
      : client.redirect
    const fields: Field[] = [
      ['response_type', this.#maybe('code')],
      ['client_id', this.#maybe(client.id)],
      ['redirect_uri', this.#maybe(redirect)],
      ['code_challenge', this.#maybe(sha256Base64url(this.#verifier))],
      ['code_challenge_method', this.#maybe('S256')],
      ['resource', this.#maybe(`${this.person.origin}/mcp`)],
      ['state', nonsense(random, random.chance(0.02) ? 5_000 : 60)],
    ]
    if (random.chance(0.1))
      fields.push([random.pick(['scope', 'response_mode', 'request', 'prompt']), nonsense(random, 40)])
    if (random.chance(0.05)) fields.push(random.pick(fields))
    return fields
  }

  #program(form: Field[]): RequestInit {
    const { random } = this
    const headers: Record<string, string> = { 'content-type': random.chance(0.95) ? FORM : nonsense(random, 20) }
    if (random.chance(0.03)) headers.authorization = `Basic ${nonsense(random, 30)}`
    return { method: 'POST', headers, body: this.#bytes(form) }
  }

  /** Often one that nobody has asked after yet, so that its document is fetched: one that was good is kept for an hour. */
  #client(): Client {
    const { random } = this
    if (random.chance(0.85)) return random.pick(this.#clients)
    const name = random.chance(0.9) ? `${random.below(100_000)}.json` : nonsense(random, 20).toWellFormed()
    return { id: `https://program.example/${name}`, redirect: REDIRECTS[0] ?? '' }
  }

  #maybe(value: string): string {
    const { random } = this
    return random.chance(0.96) ? value : random.chance(0.5) ? mutate(value, random) : nonsense(random, 80)
  }

  /** As a form is written, and now and then with some of its bytes changed. */
  #bytes(fields: Field[]): string {
    const text = new URLSearchParams(fields.map(([name, value]) => [name, value.toWellFormed()])).toString()
    return this.random.chance(0.15) ? mutate(text, this.random).replace(/\s/g, '+') : text
  }
}

interface Client {
  id: string
  redirect: string
}
type Field = [name: string, value: string]

function remember<T>(kept: T[], one: T): void {
  kept.push(one)
  if (kept.length > MOST_REMEMBERED) kept.shift()
}

/** The outside world, where a program's description may be anything; all that is not `own` goes nowhere. */
export const hostileDocuments =
  (random: Random, own: (url: string) => boolean, real: OutboundFetch): OutboundFetch =>
  async (target, init, limits) => {
    const url = String(target)
    if (own(url)) return real(target, init, limits)
    if (random.chance(0.1)) throw new Error('nobody is there')
    const right = JSON.stringify({ client_id: url, client_name: nonsense(random, 40), redirect_uris: REDIRECTS })
    const text = random.chance(0.7)
      ? right
      : random.chance(0.5)
        ? mutate(right, random)
        : JSON.stringify(jsonValue(random))
    const status = random.chance(0.95) ? 200 : 404
    return new Response(text, { status, headers: { 'content-type': 'application/json' } })
  }
