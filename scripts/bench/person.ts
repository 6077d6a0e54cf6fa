// A person without a browser: the forms, headers and secret that the pages send.

export interface Account {
  origin: string
  email: string
  password: string
}

export interface Person {
  /** A page, whole. */
  read(path: string): Promise<string>
  /** An open page, which hears of every change; the returned function closes it. */
  watch(): Promise<() => void>
  decide(requestId: string, decision: 'once' | 'deny'): Promise<void>
  setPolicy(tool: string, mode: 'allow' | 'require_approval' | 'deny'): Promise<void>
  newKey(name: string): Promise<string>
}

export async function signIn({ origin, email, password }: Account): Promise<Person> {
  const proof = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url')
  const headers: Record<string, string> = { 'sec-fetch-site': 'same-origin' }
  const send = async (path: string, form: Record<string, string>, status = 303) => {
    const body = new URLSearchParams({ origin_proof: proof, ...form })
    const response = await fetch(origin + path, { method: 'POST', headers, body, redirect: 'manual' })
    if (response.status !== status) throw new Error(`${path} answered ${response.status}: ${await response.text()}`)
    return response
  }
  const signedIn = await send('/sign-in', { email, password, return_to: '/', new_origin_proof: proof })
  headers.cookie = signedIn.headers.get('set-cookie')?.split(';')[0] ?? ''
  return {
    async read(path) {
      const response = await fetch(origin + path, { headers, redirect: 'manual' })
      if (response.status !== 200) throw new Error(`${path} answered ${response.status}`)
      return response.text()
    },
    async watch() {
      const leave = new AbortController()
      const { body } = await fetch(`${origin}/events`, { headers, signal: leave.signal })
      void (async () => {
        for await (const _ of body ?? []);
      })().catch(() => {})
      return () => leave.abort()
    },
    decide: async (id, decision) => void (await send(`/approve/${id}/decision`, { decision, reason: '' })),
    setPolicy: async (tool, mode) => void (await send('/connections/bench/policies', { tool, mode, definition: '' })),
    async newKey(name) {
      const page = await (await send('/agents', { name, reach: 'all' }, 200)).text()
      const key = /ap_[\w-]{43}/.exec(page)?.[0]
      if (!key) throw new Error('The page of a new key shows none')
      return key
    },
  }
}
