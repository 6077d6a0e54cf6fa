/** As much of it as these tests use; the package brings no types. */
declare module 'oidc-provider' {
  import type { IncomingMessage, ServerResponse } from 'node:http'

  export interface Token {
    accountId: string
    aud?: string
    scope?: string
    isExpired: boolean
    destroy(): Promise<void>
  }
  export interface Context {
    oidc?: { route?: string; params?: Record<string, string | undefined>; client?: { clientId: string } }
    path: string
    status: number
    body: unknown
  }
  export interface Interaction {
    uid: string
    params: Record<string, string | undefined>
    prompt: { name: string }
  }
  interface NewGrant {
    addOIDCScope(scope: string): void
    addResourceScope(resource: string, scope: string): void
    rejectResourceScope(resource: string, scope: string): void
    save(): Promise<string>
  }
  // biome-ignore lint/style/noDefaultExport: the package has one.
  export default class Provider {
    constructor(issuer: string, configuration: object)
    AccessToken: { find(token: string): Promise<Token | undefined> }
    RefreshToken: { find(token: string): Promise<Token | undefined> }
    Grant: new (of: {
      accountId: string
      clientId: string
    }) => NewGrant
    callback(): (request: IncomingMessage, response: ServerResponse) => void
    use(layer: (context: Context, next: () => Promise<void>) => Promise<void>): void
    interactionDetails(request: IncomingMessage, response: ServerResponse): Promise<Interaction>
    interactionFinished(
      request: IncomingMessage,
      response: ServerResponse,
      result: object,
      options: { mergeWithLastSubmission: boolean },
    ): Promise<void>
  }
}
