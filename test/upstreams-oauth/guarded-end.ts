import { FarEnd, type FarTool } from '../harness/far-end.ts'
import type { SignInServer } from './sign-in-server.ts'

/** An MCP server behind a sign-in server: without a good token it says where one signs in. */
export class GuardedEnd {
  readonly far: FarEnd
  /** Scopes that every call needs. */
  needs: readonly string[] = []
  /** Tokens that it takes no more, whatever the sign-in server says. */
  readonly refused = new Set<string>()
  /** Of the requests that it refused as unauthenticated. */
  unauthorized = 0
  /** Who each tool call was made as. */
  readonly accounts: string[] = []
  /** Over what it publishes about itself. */
  metadata: object = {}
  /** What its 401 says; null for nothing. */
  challenge: ((metadataUrl: string) => string | null) | null = null

  constructor(
    readonly signIn: SignInServer,
    tools?: FarTool[],
  ) {
    this.far = new FarEnd(tools)
    this.far.refuse = (request) => this.#guard(request)
  }

  start(): this {
    this.far.start()
    return this
  }
  /** Where it is reached, when something stands in front of it. */
  front: string | null = null
  get url(): string {
    return this.front === null ? this.far.url : `${this.front}/mcp`
  }
  get metadataUrl(): string {
    return `${new URL(this.url).origin}/.well-known/oauth-protected-resource/mcp`
  }
  stop(): Promise<void> {
    return this.far.stop()
  }

  async #guard(request: Request): Promise<Response | null> {
    const { pathname } = new URL(request.url)
    if (pathname === '/.well-known/oauth-protected-resource/mcp') {
      const about = {
        resource: this.url,
        authorization_servers: [this.signIn.issuer],
        scopes_supported: ['read'],
        ...this.metadata,
      }
      return Response.json(about)
    }
    if (pathname !== '/mcp') return new Response(null, { status: 404 })
    const text = /^Bearer (.+)$/.exec(request.headers.get('authorization') ?? '')?.[1] ?? ''
    const token = this.refused.has(text) ? null : await this.signIn.accessToken(text, this.url)
    if (!token) {
      this.unauthorized++
      const says = this.challenge ? this.challenge(this.metadataUrl) : `Bearer resource_metadata="${this.metadataUrl}"`
      return new Response('who are you?', { status: 401, headers: says === null ? {} : { 'www-authenticate': says } })
    }
    if (request.method === 'POST' && ((await request.clone().json()) as { method?: string }).method === 'tools/call') {
      const has = token.scope?.split(' ') ?? []
      if (!this.needs.every((scope) => has.includes(scope))) {
        const says = `Bearer error="insufficient_scope", scope="${this.needs.join(' ')}"`
        return new Response(null, { status: 403, headers: { 'www-authenticate': says } })
      }
      this.accounts.push(token.accountId)
    }
    return null
  }
}
