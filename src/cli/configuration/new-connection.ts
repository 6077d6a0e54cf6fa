import { type Catalogue, chooseSignIn, signInsOffered } from '../../catalogue/catalogue.ts'
import { hostAndPort } from '../../lib/outbound.ts'
import type { NewConnection } from '../../upstreams/upstreams.ts'
import type { Refuse } from './difference.ts'
import { CUSTOM, usualSettings } from './usual-settings.ts'
import type { WantedConnection } from './wanted-connection.ts'

/** What is to be added, once it is sure that it can be. @throws what `refuse` makes. */
export function newConnection(
  wanted: WantedConnection,
  { userId, catalogue, refuse }: { userId: string; catalogue: Catalogue; refuse: Refuse },
): NewConnection {
  const { slug, integrationId, signIn, token } = wanted
  const url = new URL(integrationId === CUSTOM ? ownUrl(wanted, refuse) : catalogueUrl(wanted, catalogue, refuse))
  const place = hostAndPort(url)
  const opensItself = wanted.opened.includes(place)
  if (url.protocol === 'http:' && signIn !== 'none' && !opensItself)
    throw refuse(
      slug,
      'url',
      `A credential is only sent over https. For a server in your own network add: allow_private: ["${place}"].`,
    )
  return {
    userId,
    slug,
    integrationId,
    name: wanted.name ?? usualSettings(slug, catalogue.find(integrationId)).name,
    url: url.href,
    auth: token
      ? { method: 'token', place: token, credentials: null }
      : { method: signIn === 'oauth' ? 'oauth' : 'none' },
    allowPrivateNetwork: opensItself,
    alsoOpened: wanted.opened.filter((each) => each !== place),
    actor: 'operator',
  }
}

function ownUrl({ slug, url }: WantedConnection, refuse: Refuse): string {
  if (url !== null) return url
  throw refuse(
    slug,
    null,
    `${slug} has no url, and there is no such connection yet: fill in its url, or say which integration of the catalogue it is. An export leaves out a url that may hold a secret.`,
  )
}

function catalogueUrl(
  { slug, integrationId, signIn, url }: WantedConnection,
  catalogue: Catalogue,
  refuse: Refuse,
): string {
  const integration = catalogue.find(integrationId)
  if (!integration) {
    const near = catalogue.search(integrationId).slice(0, 3)
    const hint =
      near.length > 0
        ? `Did you mean ${near.map(({ id }) => id).join(', ')}?`
        : 'For a server that is not in it give its url instead.'
    throw refuse(
      slug,
      'integration',
      `There is no integration ${JSON.stringify(integrationId)} in the catalogue. ${hint}`,
    )
  }
  if (!chooseSignIn(integration, signIn))
    throw refuse(
      slug,
      'sign_in',
      `${integration.name} cannot be connected with "sign_in: ${signIn}": it offers ${signInsOffered(integration)}, and this version connects MCP servers that take a token, need no sign-in, or let programs register by themselves.`,
    )
  const usual = new URL(integration.url).href
  if (url !== null && url !== usual)
    throw refuse(
      slug,
      'url',
      `${integrationId} has its own url in the catalogue: leave this one out, or leave out the integration.`,
    )
  return usual
}
