import type { Catalogue } from '../../catalogue/catalogue.ts'
import type { Rule } from '../../policy/policy.ts'
import type { Rooms } from '../../server/server.ts'
import type { Tx } from '../../store/store.ts'
import type { ConnectionSettings } from '../../upstreams/upstreams.ts'
import type { ConnectionEntry, PolicyEntry } from './configuration-file.ts'
import type { PrintedConnection } from './print-configuration.ts'
import { secretInUrl } from './secret-in-url.ts'
import { CUSTOM, usualPlace, usualSettings } from './usual-settings.ts'

/** A connection as it is, with the owner's rules about its tools, and of those that are not there also. */
export interface PresentConnection extends ConnectionSettings {
  rules: ReadonlyMap<string, Rule>
}

export const presentWithin = (tx: Tx, { upstreams, policy }: Rooms, userId: string): PresentConnection[] =>
  upstreams.settingsWithin(tx, userId).map((settings) => ({
    ...settings,
    rules: new Map(
      policy
        .rulesWithin(tx, settings.connection.id)
        .map(({ toolName, mode, definitionHash }) => [toolName, { mode, definitionHash }]),
    ),
  }))

/** As an entry that says no more than is needed. Reading it again gives the very same. */
export function asEntry(
  { connection, token, opened, rules }: PresentConnection,
  catalogue: Catalogue,
): PrintedConnection {
  const { slug, integrationId, name, url, authMethod } = connection
  const integration = catalogue.find(integrationId)
  const usual = usualSettings(slug, integration)
  const place = usualPlace(integration, token?.header)
  const secret = url === usual.url ? null : secretInUrl(url)
  const entry: ConnectionEntry = {
    ...(integrationId === CUSTOM ? {} : { integration: integrationId }),
    ...(url === usual.url || secret !== null ? {} : { url }),
    ...(name === usual.name ? {} : { name }),
    ...(authMethod === usual.signIn ? {} : { sign_in: authMethod }),
    ...(token && token.header !== usualPlace(integration, undefined).header ? { header: token.header } : {}),
    ...(token && token.format !== place.format ? { format: token.format } : {}),
    ...(opened.length === 0 ? {} : { allow_private: [...opened].sort() }),
    policies: new Map([...rules].sort(([a], [b]) => (a < b ? -1 : 1)).map(([tool, rule]) => [tool, policyEntry(rule)])),
  }
  const comment =
    secret &&
    `The url of ${slug} is left out, as it has ${secret}, which may be a secret. Fill it in to add the connection elsewhere.`
  return { slug, entry, comment }
}

/** An allow is tied to what was allowed: written down without it, it would hold for whatever the tool has become. */
const policyEntry = ({ mode, definitionHash }: Rule): PolicyEntry =>
  mode === 'allow' && definitionHash !== null ? { mode, definition: definitionHash } : mode
