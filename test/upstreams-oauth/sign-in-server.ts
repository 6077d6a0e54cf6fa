import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import Provider, { type Token } from 'oidc-provider'
import { freePort } from '../harness/everything.ts'

/** What happens to a person who comes to sign in. */
export type Visit = 'allows' | 'cancels' | 'is asked'

const SCOPES = ['read', 'write', 'admin']

/**
 * A foreign authorization server: oidc-provider, a certified one. It registers programs, rotates refresh tokens, and ends a sign-in
 * whose refresh token is shown a second time. Its clock is the machine's.
 */
export class SignInServer {
  visit: Visit = 'allows'
  /** Who signs in there next. */
  account = 'ada'
  accessTokenTtlS = 3_600
  /** What a person grants of what is asked for. */
  granted: readonly string[] = SCOPES
  /** Every request for tokens that was answered, by grant type, with the error if it was one. */
  readonly tokenRequests: string[] = []
  readonly registrations: object[] = []
  /** Held between the work of the token endpoint and its answer. */
  beforeAnswer: ((path: string) => Promise<void> | void) | null = null
  /** Answers instead of the provider, when set. */
  instead: ((request: IncomingMessage, response: ServerResponse) => boolean) | null = null
  readonly #server = createServer((request, response) => void this.#answer(request, response))
  #provider: Provider | null = null
  port = 0

  async start(): Promise<this> {
    this.port = await freePort()
    const quiet = console.warn
    // It complains about Bun, and that this is no production.
    console.warn = () => {}
    this.#provider = this.#newProvider()
    console.warn = quiet
    await new Promise<void>((resolve) => this.#server.listen(this.port, '127.0.0.1', resolve))
    return this
  }
  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
  get issuer(): string {
    return `http://127.0.0.1:${this.port}`
  }
  get place(): string {
    return `127.0.0.1:${this.port}`
  }
  get provider(): Provider {
    if (!this.#provider) throw new Error('The sign-in server was not started')
    return this.#provider
  }

  /** The token, when it is one for `resource` that still counts. */
  async accessToken(text: string, resource: string): Promise<Token | null> {
    const token = await this.provider.AccessToken.find(text)
    return token && !token.isExpired && token.aud === resource ? token : null
  }

  /** Requests for tokens by refresh token, so far. */
  get refreshes(): number {
    return this.tokenRequests.filter((each) => each.startsWith('refresh_token')).length
  }

  #newProvider(): Provider {
    const provider = new Provider(this.issuer, {
      features: {
        devInteractions: { enabled: false },
        registration: { enabled: true },
        resourceIndicators: {
          enabled: true,
          defaultResource: () => [],
          useGrantedResource: () => true,
          getResourceServerInfo: (_: unknown, resource: string) => ({
            scope: SCOPES.join(' '),
            audience: resource,
            accessTokenFormat: 'opaque',
            accessTokenTTL: this.accessTokenTtlS,
          }),
        },
      },
      pkce: { required: () => true },
      rotateRefreshToken: true,
      issueRefreshToken: async () => true,
      scopes: ['openid', 'offline_access'],
      ttl: { Interaction: 3_600, Session: 3_600, Grant: 86_400, RefreshToken: 86_400, AuthorizationCode: 600 },
      interactions: { url: (_: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
      findAccount: (_: unknown, id: string) => ({ accountId: id, claims: () => ({ sub: id }) }),
      cookies: { keys: ['only', 'for', 'tests'] },
    })
    provider.use(async (context, next) => {
      await next()
      const { route, params } = context.oidc ?? {}
      if (route === 'token') {
        const error = (context.body as { error?: string } | undefined)?.error
        this.tokenRequests.push([params?.grant_type, error].filter(Boolean).join(' '))
      }
      if (route === 'registration' && context.status === 201) this.registrations.push(context.body as object)
      await this.beforeAnswer?.(context.path)
    })
    return provider
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.instead?.(request, response)) return
    if (request.url?.startsWith('/interaction/')) await this.#meetPerson(request, response)
    else this.provider.callback()(request, response)
  }

  async #meetPerson(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { params } = await this.provider.interactionDetails(request, response)
    if (this.visit === 'is asked' && request.method === 'GET') {
      response.setHeader('content-type', 'text/html')
      response.end(
        '<!doctype html><title>Far service</title><form method="post"><button>Let AgentPort in</button></form>',
      )
      return
    }
    const finish = (result: object) =>
      this.provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false })
    if (this.visit === 'cancels') return finish({ error: 'access_denied', error_description: 'Changed my mind' })
    const grant = new this.provider.Grant({ accountId: this.account, clientId: params.client_id ?? '' })
    const asked = params.scope?.split(' ') ?? []
    grant.addOIDCScope(asked.filter((scope) => ['openid', 'offline_access'].includes(scope)).join(' '))
    const wanted = asked.filter((scope) => SCOPES.includes(scope))
    if (params.resource) {
      grant.addResourceScope(params.resource, wanted.filter((scope) => this.granted.includes(scope)).join(' '))
      grant.rejectResourceScope(params.resource, wanted.filter((scope) => !this.granted.includes(scope)).join(' '))
    }
    const grantId = await grant.save()
    return finish({ login: { accountId: this.account }, consent: { grantId } })
  }
}
