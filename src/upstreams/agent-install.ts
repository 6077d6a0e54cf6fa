import { chooseSignIn, type Integration, type SignInMethod, signInsOffered } from '../catalogue/catalogue.ts'
import { AppError } from '../lib/errors.ts'
import type { Connection, NewConnection } from './upstreams.ts'

/** What an agent may say about an installation; everything else is the catalogue's. */
export interface Wanted {
  integration: Integration
  method: SignInMethod | undefined
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
  const chosen = chooseSignIn(integration, wanted)
  if (chosen?.method === 'token') {
    const { header, format } = chosen.auth
    return { method: 'token', place: { header, format }, credentials: null }
  }
  if (chosen) return chosen
  throw new AppError(
    'bad_request',
    `${integration.name} cannot be connected that way: it offers ${signInsOffered(integration)}, and this version connects MCP servers that take a token, need no sign-in, or let programs register by themselves.`,
  )
}
