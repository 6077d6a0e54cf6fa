import type { App } from '../harness/app.ts'
import type { Person } from '../harness/person.ts'
import type { GuardedEnd } from './guarded-end.ts'

/** Installs a guarded server with what stands around it opened, and does not sign in yet. */
export async function installGuarded(app: App, slug: string, end: GuardedEnd): Promise<string> {
  const { connection } = await app.rooms.upstreams.add({
    userId: app.userId,
    slug,
    integrationId: 'custom',
    name: slug,
    url: end.url,
    auth: { method: 'oauth' },
    allowPrivateNetwork: true,
    alsoOpened: [end.signIn.place],
    actor: 'operator',
  })
  return connection.id
}

/** What a page that leads on leads to. */
export function ledTo(html: string): URL | null {
  const href = /<meta http-equiv="refresh" content="0; url=([^"]*)"/.exec(html)?.[1]?.replaceAll('&amp;', '&')
  return href === undefined ? null : new URL(href)
}

/** Continue on the page of the connection: where the person is led, or what the page says instead. */
export async function begin(
  person: Person,
  slug: string,
  form: Record<string, string> = {},
): Promise<{ to: URL | null; text: string }> {
  const response = await person.post(`/connections/${slug}/connect`, form)
  const html = await response.text()
  return { to: ledTo(html), text: readable(html) }
}

/** A browser at the service, with a cookie jar: from the page it is led to, to the address that it is sent back to. */
export async function visit(to: URL, origin: string): Promise<URL> {
  const cookies = new Map<string, string>()
  let url = to
  for (let hops = 0; hops < 12; hops++) {
    if (url.origin === origin) return url
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await fetch(url, { redirect: 'manual', headers: { cookie } })
    for (const each of response.headers.getSetCookie()) {
      const [pair = ''] = each.split(';')
      const at = pair.indexOf('=')
      cookies.set(pair.slice(0, at), pair.slice(at + 1))
    }
    const location = response.headers.get('location')
    if (location === null) throw new Error(`The service does not lead on: ${response.status} ${await response.text()}`)
    await response.body?.cancel()
    url = new URL(location, url)
  }
  throw new Error('The service leads in circles')
}

/** The callback, as the browser brings it. */
export async function comeBack(
  person: Person,
  back: URL,
): Promise<{ status: number; to: string | null; text: string }> {
  const response = await person.get(back.pathname + back.search, { 'sec-fetch-site': 'cross-site' })
  return { status: response.status, to: response.headers.get('location'), text: readable(await response.text()) }
}

/** All of it. */
export async function signInTo(person: Person, slug: string, form: Record<string, string> = {}): Promise<void> {
  const { to, text } = await begin(person, slug, form)
  if (!to) throw new Error(`Nobody is led anywhere: ${text}`)
  const { status, text: said } = await comeBack(person, await visit(to, person.origin))
  if (status !== 303) throw new Error(`Not signed in: ${said}`)
}

const readable = (html: string): string =>
  html
    .slice(Math.max(0, html.indexOf('<main')))
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .replaceAll('&amp;', '&')
    .replaceAll('&#39;', "'")
    .replaceAll('&quot;', '"')
