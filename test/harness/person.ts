/** A signed-in person without a browser: the same forms, headers and secrets that a page of ours sends. */
export class Person {
  #cookie = ''
  readonly #proof = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url')

  constructor(
    readonly origin: string,
    readonly email: string,
    readonly password: string,
  ) {}

  async signIn(): Promise<this> {
    const form = { email: this.email, password: this.password, return_to: '/', new_origin_proof: this.#proof }
    const response = await this.post('/sign-in', form)
    if (response.status !== 303) throw new Error(`Sign-in failed: ${response.status} ${await response.text()}`)
    this.#cookie = response.headers.get('set-cookie')?.split(';')[0] ?? ''
    return this
  }

  get cookie(): string {
    return this.#cookie
  }
  get proof(): string {
    return this.#proof
  }

  get(path: string, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(this.origin + path, { headers: { cookie: this.#cookie, ...headers }, redirect: 'manual' })
  }

  post(
    path: string,
    form: Record<string, string> | URLSearchParams,
    headers: Record<string, string> = {},
  ): Promise<Response> {
    const body = new URLSearchParams(form)
    if (!body.has('origin_proof')) body.set('origin_proof', this.#proof)
    return fetch(this.origin + path, {
      method: 'POST',
      headers: { cookie: this.#cookie, 'sec-fetch-site': 'same-origin', ...headers },
      body,
      redirect: 'manual',
    })
  }

  decide(requestId: string, decision: 'once' | 'always' | 'deny', reason = ''): Promise<Response> {
    return this.post(`/approve/${requestId}/decision`, { decision, reason })
  }
}
