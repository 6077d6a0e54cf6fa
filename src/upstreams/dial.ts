import { extractWWWAuthenticateParams } from '@modelcontextprotocol/client'
import { failPoint } from '../lib/fail-point.ts'
import type { OutboundFetch } from '../lib/outbound.ts'
import type { Bearer } from './oauth/access-tokens.ts'

const MAX_ANSWER_BYTES = 32 * 1024 * 1024

/** The way of one session's requests to its server, each with the access token that is good at that moment. */
export class Dial {
  constructor(
    readonly target: { bearer: Bearer | null; allowedPrivate: string | null },
    readonly outbound: OutboundFetch,
  ) {}

  /**
   * A tool call. One that is answered with 401 is not sent again with a newer token: that it did not run is the server's word alone,
   * and one claim is one request. The newer token is for whoever repeats the call.
   */
  async call(
    url: string | URL,
    init: RequestInit,
    { isWanted, sent }: { isWanted: () => boolean; sent: () => void },
  ): Promise<Response> {
    const token = await this.target.bearer?.token()
    // Renewing took a while, and whoever gave up meanwhile was told that nothing was sent.
    if (!isWanted()) throw new Error('The call was given up before it was sent')
    sent()
    failPoint('before send')
    const response = await this.#send(url, init, token)
    if (response.status === 401 && token !== undefined) await this.target.bearer?.insteadOf(token)
    return response
  }

  /** Whatever only asks: greeted by a 401 it is asked once more, with another token where there is one. */
  async ask(url: string | URL, init: RequestInit): Promise<Response> {
    const { bearer } = this.target
    const token = await bearer?.token()
    const response = await this.#send(url, init, token)
    if (response.status !== 401 || !bearer || token === undefined) return response
    const newer = await bearer.insteadOf(token)
    if (newer === null) return response
    await response.body?.cancel()
    return this.#send(url, init, newer)
  }

  async #send(url: string | URL, init: RequestInit, token: string | undefined): Promise<Response> {
    const { bearer, allowedPrivate } = this.target
    const request = { ...init }
    if (token !== undefined) {
      const headers = new Headers(init.headers)
      headers.set('authorization', `Bearer ${token}`)
      request.headers = headers
    }
    const response = await this.outbound(url, request, { allowedPrivate, maxBytes: MAX_ANSWER_BYTES })
    if (token !== undefined && response.status !== 401) bearer?.accepted(token)
    if (bearer && response.status === 403) {
      const { error, scope } = extractWWWAuthenticateParams(response)
      if (error === 'insufficient_scope') bearer.needs(scope ?? null)
    }
    return response
  }
}
