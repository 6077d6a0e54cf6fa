export interface SeenRequest {
  method: string
  path: string
  headers: Headers
}

/** Somebody else's web server on loopback: it serves the pages a test gives it and notes what browsers send to it. */
export class ForeignSite {
  readonly seen: SeenRequest[] = []
  readonly pages = new Map<string, string>()
  readonly #server: ReturnType<typeof Bun.serve>

  constructor() {
    this.#server = Bun.serve({
      hostname: '127.0.0.1',
      port: 0,
      fetch: (request) => {
        const { pathname } = new URL(request.url)
        this.seen.push({ method: request.method, path: pathname, headers: request.headers })
        return new Response(this.pages.get(pathname) ?? '<!doctype html><title>dev server</title>', {
          headers: { 'content-type': 'text/html; charset=utf-8' },
        })
      },
    })
  }

  get port(): number {
    return this.#server.port ?? 0
  }
  /** The same host as AgentPort's, another port: the same site, and the same cookies. */
  get sameSiteOrigin(): string {
    return `http://localhost:${this.port}`
  }
  /** Another host altogether. */
  get crossSiteOrigin(): string {
    return `http://127.0.0.1:${this.port}`
  }
  async stop(): Promise<void> {
    await this.#server.stop(true)
  }
}
