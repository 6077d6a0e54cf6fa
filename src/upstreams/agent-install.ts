import { type Integration, tokenAuth } from '../catalogue/catalogue.ts'
import { AppError } from '../lib/errors.ts'
import type { Connection, NewConnection } from './upstreams.ts'

/** What an agent may say about an installation; everything else is the catalogue's. */
export interface Wanted {
  integration: Integration
  method: 'none' | 'token' | 'oauth' | undefined
  /** Id for a second account. */
  as: string | undefined
}

/** Each is read again every hour; an agent must not be able to add them without end. */
const MOST_INSTALLED_BY_AGENTS = 100

export type Plan =
  | { add: Pick<NewConnection, 'slug' | 'integrationId' | 'name' | 'url' | 'auth'> }
  /** It is there already, without its credential. */
  | { waits: Connection }

/** Pure. @throws AppError */
export function planInstall({ integration, method, as }: Wanted, installed: readonly Connection[]): Plan {
  const slug = as ?? integration.id
  const auth = chooseAuth(integration, method)
  const existing = installed.find((connection) => connection.slug === slug)
  if (existing && existing.integrationId !== integration.id)
    throw new AppError('conflict', `${slug} is the id of another integration. Give another id in "as".`)
  if (existing?.connected)
    throw new AppError('conflict', `${slug} is installed already. Give another id in "as" for a second account.`)
  if (existing) return { waits: existing }
  if (installed.length >= MOST_INSTALLED_BY_AGENTS)
    throw new AppError('conflict', 'There are too many integrations for an agent to add another. Ask the owner to.')
  return { add: { slug, integrationId: integration.id, name: integration.name, url: integration.url, auth } }
}

/** @throws AppError for what this version cannot sign in to. */
function chooseAuth(integration: Integration, wanted: Wanted['method']): NewConnection['auth'] {
  const token = tokenAuth(integration)
  const offersNone = integration.auth.some((auth) => auth.method === 'none')
  if (integration.kind === 'mcp') {
    if ((wanted ?? 'none') === 'none' && offersNone) return { method: 'none' }
    if ((wanted ?? 'token') === 'token' && token) {
      return { method: 'token', place: { header: token.header, format: token.format }, credentials: null }
    }
  }
  const offered = [...new Set(integration.auth.map((auth) => auth.method))].join(', ')
  throw new AppError(
    'bad_request',
    `${integration.name} cannot be connected that way: it offers ${offered}, and this version connects MCP servers that take a token or need no sign-in.`,
  )
}
