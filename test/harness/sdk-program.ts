import type { OAuthDiscoveryState, StoredOAuthClientInformation, StoredOAuthTokens } from '@modelcontextprotocol/client'
import { type Agent, type Generation, sdkClient } from './agent.ts'

export interface Program {
  /** What is registered as `client_name`. */
  name?: string
  /** Where the browser brings the answer instead of to a port that the program listens on. */
  redirectUri?: string
  /** Where its description is published, instead of registering. */
  documentUrl?: string
}

/**
 * A program with an official SDK client in it, which was given one URL: how to sign in there it finds out, and keeps, by itself.
 * It opens a port of this machine for the answer, as programs on a person's own machine do, and says what it asked of whom.
 */
export class SdkProgram {
  /** Every request it has made, as `METHOD path`. */
  readonly asked: string[] = []
  /** What browsers brought to its port. */
  readonly brought: { url: URL; headers: Headers }[] = []
  client: StoredOAuthClientInformation | undefined
  tokens: StoredOAuthTokens | undefined
  readonly #program: Program
  readonly #listener: ReturnType<typeof Bun.serve>
  #answered = Promise.withResolvers<URLSearchParams>()
  #browserTo: URL | null = null
  #found: OAuthDiscoveryState | undefined
  #verifier = ''
  #state = ''
  #signingIn: ReturnType<typeof sdkClient> | null = null

  constructor(
    readonly mcpUrl: string,
    readonly generation: Generation,
    program: Program = {},
  ) {
    this.#program = program
    this.#listener = Bun.serve({
      hostname: '127.0.0.1',
      port: 0,
      fetch: (request) => {
        const url = new URL(request.url)
        // A browser also asks for an icon.
        if (url.pathname !== '/callback') return new Response(null, { status: 204 })
        this.brought.push({ url, headers: new Headers(request.headers) })
        this.#answered.resolve(url.searchParams)
        return new Response('<!doctype html><title>The program</title><h1>Back at the program</h1>', {
          headers: { 'content-type': 'text/html; charset=utf-8' },
        })
      },
    })
  }

  get redirectUri(): string {
    return this.#program.redirectUri ?? `http://127.0.0.1:${this.#listener.port}/callback`
  }

  /** @throws the SDK's UnauthorizedError when a person has to let it in first. */
  connect(): Promise<Agent> {
    return this.#newClient().connect()
  }

  /** Knocks, and says which page the person has to be shown. */
  async pageToOpen(): Promise<string> {
    this.#browserTo = null
    this.#signingIn = this.#newClient()
    const refusal = await this.#signingIn.connect().then(
      () => null,
      (error: unknown) => error as Error,
    )
    if (refusal?.constructor.name !== 'UnauthorizedError' || this.#browserTo === null)
      throw new Error('It did not want to sign in', { cause: refusal })
    return String(this.#browserTo)
  }

  /** What the browser brings, once it does. @throws when it is not about the sign-in that was begun. */
  async answer(): Promise<URLSearchParams> {
    const answer = await this.#answered.promise
    this.#answered = Promise.withResolvers()
    if (answer.get('state') !== this.#state) throw new Error(`The answer is to something else: ${answer}`)
    return answer
  }

  /** Gets tokens for what was brought, and connects with them. */
  async finish(answer: URLSearchParams): Promise<Agent> {
    await this.#signingIn?.finishAuth(answer)
    return this.connect()
  }

  /** As RFC 7009 has it; the SDKs leave this to whoever embeds them. */
  async signOut(): Promise<number> {
    const { origin } = new URL(this.mcpUrl)
    const metadata = (await (await fetch(`${origin}/.well-known/oauth-authorization-server`)).json()) as {
      revocation_endpoint: string
    }
    const form = { token: this.tokens?.refresh_token ?? '', client_id: this.client?.client_id ?? '' }
    return (await fetch(metadata.revocation_endpoint, { method: 'POST', body: new URLSearchParams(form) })).status
  }

  async stop(): Promise<void> {
    await this.#listener.stop(true)
  }

  #newClient() {
    const { documentUrl, name = 'Real client' } = this.#program
    const authProvider = {
      redirectUrl: this.redirectUri,
      ...(documentUrl === undefined ? {} : { clientMetadataUrl: documentUrl }),
      clientMetadata: { client_name: name, redirect_uris: [this.redirectUri] },
      state: () => {
        this.#state = crypto.randomUUID()
        return this.#state
      },
      clientInformation: () => this.client,
      saveClientInformation: (client: StoredOAuthClientInformation) => {
        this.client = client
      },
      tokens: () => this.tokens,
      saveTokens: (tokens: StoredOAuthTokens) => {
        this.tokens = tokens
      },
      redirectToAuthorization: (url: URL) => {
        this.#browserTo = url
      },
      saveCodeVerifier: (verifier: string) => {
        this.#verifier = verifier
      },
      codeVerifier: () => this.#verifier,
      discoveryState: () => this.#found,
      saveDiscoveryState: (found: OAuthDiscoveryState) => {
        this.#found = found
      },
      invalidateCredentials: (what: 'all' | 'client' | 'tokens' | 'verifier' | 'discovery') => {
        if (what === 'all' || what === 'client') this.client = undefined
        if (what === 'all' || what === 'tokens') this.tokens = undefined
      },
    }
    const counted = (url: string | URL, init?: RequestInit) => {
      this.asked.push(`${init?.method ?? 'GET'} ${new URL(url).pathname}`)
      return fetch(url, init)
    }
    return sdkClient(this.mcpUrl, this.generation, { authProvider, fetch: counted })
  }
}
