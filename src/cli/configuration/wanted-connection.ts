import type { Catalogue } from '../../catalogue/catalogue.ts'
import { AppError } from '../../lib/errors.ts'
import { type Connection, checkOpened, checkSlug, type TokenPlace } from '../../upstreams/upstreams.ts'
import type { Configuration, ConnectionEntry, PolicyEntry } from './configuration-file.ts'
import { CUSTOM, usualPlace, usualSettings } from './usual-settings.ts'

/** An entry with what is usual filled in. */
export interface WantedConnection {
  slug: string
  integrationId: string
  /** Null: whatever it is called. */
  name: string | null
  /** Null: left out, as the catalogue's, or one that holds a secret. */
  url: string | null
  signIn: Connection['authMethod']
  token: TokenPlace | null
  /** Sorted, each once. */
  opened: string[]
  /** Null: as they are. */
  policies: ReadonlyMap<string, PolicyEntry> | null
}

/** @throws CommandError */
export function wantedConnection(
  slug: string,
  entry: ConnectionEntry,
  { catalogue, refusal }: { catalogue: Catalogue; refusal: Configuration['refusal'] },
): WantedConnection {
  const refuse = (field: string | null, sentence: string) =>
    refusal(['connections', slug, ...(field === null ? [] : [field])], sentence)
  const checked = <T>(field: string | null, act: () => T): T => {
    try {
      return act()
    } catch (error) {
      if (error instanceof AppError) throw refuse(field, error.message)
      throw error
    }
  }
  checked(null, () => checkSlug(slug))
  const integrationId = entry.integration ?? CUSTOM
  const integration = catalogue.find(integrationId)
  const usual = usualSettings(slug, integration)
  const signIn = entry.sign_in ?? usual.signIn
  const stray = (['header', 'format'] as const).find((field) => entry[field] !== undefined && signIn !== 'token')
  if (stray) throw refuse(stray, `${stray} says how a token is sent, and ${slug} takes none: add "sign_in: token".`)
  const place = usualPlace(integration, entry.header)
  return {
    slug,
    integrationId,
    name: entry.name ?? null,
    url: entry.url === undefined ? null : checked('url', () => plainUrl(entry.url ?? '')),
    signIn,
    token: signIn === 'token' ? { header: place.header, format: entry.format ?? place.format } : null,
    opened: [
      ...new Set((entry.allow_private ?? []).map((each) => checked('allow_private', () => checkOpened(each)))),
    ].sort(),
    policies: entry.policies ?? null,
  }
}

/** As it is stored. What else is wrong with it is said when the connection is made. */
function plainUrl(text: string): string {
  if (!URL.canParse(text))
    throw new AppError('bad_request', 'The URL must be absolute and start with https:// (or http://).')
  const url = new URL(text)
  url.hash = ''
  return url.href
}
