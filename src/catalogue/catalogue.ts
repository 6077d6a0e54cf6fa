/**
 * Owns the integrations we know, as data: where they are and how one signs in to them.
 * Promises that every entry has passed the schema before anything is served.
 * Deliberately knows nothing of what is installed, and holds no credential.
 */
import { z } from 'zod'
import entries from './integrations.json'

const HeaderName = z.string().regex(/^[A-Za-z0-9_-]+$/)

const ExtraHeader = z.strictObject({
  header: HeaderName,
  label: z.string(),
  format: z.string().includes('{value}'),
  required: z.boolean(),
  enum: z.array(z.string()).optional(),
  default: z.string().optional(),
})

/** `unverified`: no page of the vendor confirms it yet. */
const NoAuth = z.strictObject({ method: z.literal('none'), unverified: z.literal(true).optional() })

const TokenAuth = z.strictObject({
  method: z.literal('token'),
  label: z.string(),
  header: HeaderName,
  format: z.string().includes('{token}'),
  acquireUrl: z.url({ protocol: /^https$/ }),
  extraHeaders: z.array(ExtraHeader).optional(),
  queryParam: z.string().optional(),
  unverified: z.literal(true).optional(),
})

const OAuth = z.strictObject({
  method: z.literal('oauth'),
  discovery: z.literal('mcp').optional(),
  provider: z.string().optional(),
  authorizationUrl: z.url().optional(),
  tokenUrl: z.url().optional(),
  scopes: z.array(z.string()).optional(),
  scopeParam: z.string().optional(),
  scopeSeparator: z.string().optional(),
  extraParams: z.record(z.string(), z.string()).optional(),
  clientEnv: z.string().optional(),
  unverified: z.literal(true).optional(),
})

const IntegrationSchema = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9_]*$/),
  name: z.string().min(1),
  description: z.string().min(1),
  category: z.string().min(1),
  kind: z.enum(['mcp', 'rest']),
  transport: z.enum(['http', 'sse']).optional(),
  url: z.url({ protocol: /^https$/ }),
  docsUrl: z.url({ protocol: /^https$/ }),
  auth: z.array(z.discriminatedUnion('method', [NoAuth, TokenAuth, OAuth])).min(1),
  /** Who says so: the vendor's own pages, a directory, or the server's source. */
  checked: z.enum(['vendor docs', 'directory', 'source']),
  source: z.url().optional(),
  access: z.enum(['open', 'registered_app', 'vendor_approval', 'admin_enablement']),
  note: z.string().optional(),
})

export type Integration = z.infer<typeof IntegrationSchema>
export type AuthMethod = Integration['auth'][number]
export type TokenAuth = Extract<AuthMethod, { method: 'token' }>

export interface Catalogue {
  all(): readonly Integration[]
  find(id: string): Integration | null
  /** Every word has to be somewhere in id, name, description or category; the nearest to the name come first. */
  search(query: string): Integration[]
  /** Sorted. */
  categories(): readonly string[]
}

/** @throws when an entry breaks the schema or an id stands twice. */
export function createCatalogue(data: unknown = entries): Catalogue {
  const integrations = z.array(IntegrationSchema).parse(data)
  const byId = new Map(integrations.map((integration) => [integration.id, integration]))
  if (byId.size !== integrations.length) throw new Error('Two integrations in the catalogue share an id')
  const categories = [...new Set(integrations.map(({ category }) => category))].sort()
  return {
    all: () => integrations,
    categories: () => categories,
    find: (id) => byId.get(id) ?? null,
    search(query) {
      const words = query
        .toLowerCase()
        .split(/[^\p{L}\p{N}]+/u)
        .filter(Boolean)
      return integrations
        .map((integration) => ({ integration, score: score(integration, words) }))
        .filter(({ score }) => score > 0)
        .sort((a, b) => b.score - a.score || a.integration.name.localeCompare(b.integration.name))
        .map(({ integration }) => integration)
    },
  }
}

/** How an integration that takes a token takes it; null when it takes none. */
export const tokenAuth = (integration: Integration): TokenAuth | null =>
  integration.auth.find((auth): auth is TokenAuth => auth.method === 'token') ?? null

export type SignInMethod = 'none' | 'token' | 'oauth'
export type ChosenSignIn = { method: 'none' } | { method: 'oauth' } | { method: 'token'; auth: TokenAuth }

/**
 * The ways in which this version can connect it; the first asks least of its owner. Of the sign-ins those that the MCP specification has:
 * OAuth with an application of one's own, services described as REST, and servers of the older HTTP with SSE are still to come.
 */
export function waysToConnect({ kind, transport, auth }: Integration): SignInMethod[] {
  if (kind !== 'mcp' || transport === 'sse') return []
  const offers = (method: SignInMethod) =>
    auth.some((each) => each.method === method && (each.method !== 'oauth' || each.discovery === 'mcp'))
  return (['none', 'oauth', 'token'] as const).filter(offers)
}

/** How to connect an integration: as wanted, or else in the way that asks least. Null for what cannot be connected like that. */
export function chooseSignIn(integration: Integration, wanted?: SignInMethod): ChosenSignIn | null {
  const method = waysToConnect(integration).find((each) => each === (wanted ?? each))
  if (method !== 'token') return method ? { method } : null
  const auth = tokenAuth(integration)
  return auth && { method, auth }
}

/** In words for whoever wanted what it does not offer. */
export const signInsOffered = (integration: Integration): string =>
  [...new Set(integration.auth.map((auth) => auth.method))].join(', ')

function score({ id, name, description, category }: Integration, words: string[]): number {
  if (words.length === 0) return 1
  let total = 0
  for (const word of words) {
    const points = [
      [`${id} ${name}`, 5],
      [category, 2],
      [description, 1],
    ].reduce((sum, [text, worth]) => sum + (String(text).toLowerCase().includes(word) ? Number(worth) : 0), 0)
    if (points === 0) return 0
    total += points
  }
  return total
}
