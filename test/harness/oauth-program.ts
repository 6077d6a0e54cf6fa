import { sha256Base64url } from '../../src/lib/hashes.ts'
import type { Person } from './person.ts'

export interface TokenAnswer {
  status: number
  headers: Headers
  access_token: string
  refresh_token: string
  token_type: string
  expires_in: number
  scope: string
  error?: string
  error_description?: string
}

export const REDIRECT = 'http://127.0.0.1:33418/callback'

/** Where a page leads away from us: by itself, or when the person follows the link. */
export function waysOut(html: string): { byItself: string | null; links: string[] } {
  const attribute = (pattern: RegExp) =>
    [...html.matchAll(pattern)].map(([, value = '']) => value.replaceAll('&amp;', '&'))
  const [byItself = null] = attribute(/<meta http-equiv="refresh" content="0; url=([^"]*)"/g)
  return { byItself, links: attribute(/ href="([^"]*)"/g).filter((href) => !/^(\/(?!\/)|#)/.test(href)) }
}

/** A program that signs in by hand, so that a test decides about each parameter. */
export class OAuthProgram {
  clientId = ''
  readonly verifier = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url')

  constructor(readonly origin: string) {}

  async register(metadata: object = {}, headers: Record<string, string> = {}): Promise<Response> {
    const response = await fetch(`${this.origin}/oauth/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ client_name: 'Test program', redirect_uris: [REDIRECT], ...metadata }),
    })
    if (response.status === 201) this.clientId = ((await response.clone().json()) as { client_id: string }).client_id
    return response
  }

  /** The request that the person's browser brings; a parameter set to null is left out. */
  request(over: Record<string, string | null> = {}): URLSearchParams {
    const whole: Record<string, string | null> = {
      response_type: 'code',
      client_id: this.clientId,
      redirect_uri: REDIRECT,
      code_challenge: sha256Base64url(this.verifier),
      code_challenge_method: 'S256',
      state: 'the state',
      resource: `${this.origin}/mcp`,
      ...over,
    }
    return new URLSearchParams(Object.entries(whole).filter((pair): pair is [string, string] => pair[1] !== null))
  }

  authorizePath(over: Record<string, string | null> = {}): string {
    return `/oauth/authorize?${this.request(over)}`
  }

  /** The person's answer, and where their browser is led. */
  async answer(
    person: Person,
    form: Record<string, string> = { decision: 'allow' },
    over: Record<string, string | null> = {},
  ): Promise<{ status: number; text: string; led: URL | null }> {
    const fields = { reach: 'all', lifetime: 'forever', ...Object.fromEntries(this.request(over)), ...form }
    const response = await person.post('/oauth/authorize', fields)
    const text = await response.text()
    const { byItself } = waysOut(text)
    return { status: response.status, text, led: byItself === null ? null : new URL(byItself) }
  }

  async code(person: Person, form: Record<string, string> = {}): Promise<string> {
    const { led, text } = await this.answer(person, { decision: 'allow', ...form })
    const code = led?.searchParams.get('code')
    if (!code) throw new Error(`No code: ${text}`)
    return code
  }

  async token(form: Record<string, string | null>, headers: Record<string, string> = {}): Promise<TokenAnswer> {
    const pairs = Object.entries({ client_id: this.clientId, ...form })
    const response = await fetch(`${this.origin}/oauth/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body: new URLSearchParams(pairs.filter((pair): pair is [string, string] => pair[1] !== null)),
    })
    return { ...((await response.json()) as TokenAnswer), status: response.status, headers: response.headers }
  }

  exchange(code: string, over: Record<string, string | null> = {}): Promise<TokenAnswer> {
    return this.token({
      grant_type: 'authorization_code',
      code,
      code_verifier: this.verifier,
      redirect_uri: REDIRECT,
      ...over,
    })
  }

  refresh(refreshToken: string, over: Record<string, string | null> = {}): Promise<TokenAnswer> {
    return this.token({ grant_type: 'refresh_token', refresh_token: refreshToken, ...over })
  }

  revoke(token: string, over: Record<string, string> = {}): Promise<Response> {
    return fetch(`${this.origin}/oauth/revoke`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ token, client_id: this.clientId, ...over }),
    })
  }

  /** From nothing to tokens. */
  async signIn(person: Person, form: Record<string, string> = {}): Promise<TokenAnswer> {
    if (!this.clientId) await this.register()
    return this.exchange(await this.code(person, form))
  }
}
