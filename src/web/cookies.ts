/** The session cookie. Its name carries the port: on localhost all ports share one cookie jar, and two instances must not sign each other out. */
export interface SessionCookies {
  read(request: Request): string | null
  /** Value of a Set-Cookie header that keeps the session. */
  keep(token: string): string
  drop(): string
}

const MAX_AGE_S = 30 * 24 * 60 * 60

export function sessionCookies(origin: URL): SessionCookies {
  const secure = origin.protocol === 'https:'
  const name = secure ? '__Host-agentport' : `agentport_${origin.port || '80'}`
  // Lax, because links from chats lead here; what changes anything is guarded by more than the cookie.
  const attributes = `Path=/; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`
  return {
    read(request) {
      for (const pair of (request.headers.get('cookie') ?? '').split(';')) {
        const at = pair.indexOf('=')
        if (at > 0 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim()
      }
      return null
    },
    keep: (token) => `${name}=${token}; Max-Age=${MAX_AGE_S}; ${attributes}`,
    drop: () => `${name}=; Max-Age=0; ${attributes}`,
  }
}
