import { CataloguePage } from '../../views/pages/catalogue.tsx'
import { type CustomServerForm, CustomServerPage } from '../../views/pages/custom-server.tsx'
import { IntegrationPage } from '../../views/pages/integration.tsx'
import type { IntegrationDetail, IntegrationSummary, SignInMethod } from '../../views/types.ts'
import { chooseSignIn, type Integration, waysToConnect } from '../catalogue/catalogue.ts'
import { AppError } from '../lib/errors.ts'
import type { Connection, NewConnection } from '../upstreams/upstreams.ts'
import { page, seeOther } from './page.ts'
import { type HumanRequest, param, type Route } from './routes.ts'
import type { WebRooms } from './web-rooms.ts'

const MOST_CHARACTERS = 200
const MOST_NAME = 80
const METHODS: SignInMethod[] = ['none', 'oauth', 'token']

/** What can be connected, and the forms that connect it. */
export function catalogueRoutes({ catalogue, upstreams, frames }: WebRooms): Route<HumanRequest>[] {
  /** @throws AppError not_found */
  function integrationOf(request: HumanRequest): Integration {
    const integration = catalogue.find(param(request, 'id'))
    if (integration) return integration
    throw new AppError('not_found', 'There is no such integration in the catalogue.')
  }

  async function integrationPage(
    request: HumanRequest,
    form: { slug: string; name: string; method: SignInMethod | null },
    error: AppError | null,
  ) {
    const integration = integrationOf(request)
    const accounts = await accountsOf(request, integration)
    const props = {
      frame: await frames.of(request.session),
      integration: detail(integration, accounts.length),
      accounts: accounts.map(({ slug, name }) => ({ slug, name })),
      form,
      error: error && `Nothing was added. ${error.message}`,
    }
    return page(IntegrationPage(props), error?.status ?? 200)
  }

  async function accountsOf({ session }: HumanRequest, { id }: Integration): Promise<Connection[]> {
    return (await upstreams.connections(session.user.id)).filter(({ integrationId }) => integrationId === id)
  }

  async function customPage({ session }: HumanRequest, form: CustomServerForm, error: AppError | null) {
    const frame = await frames.of(session)
    return page(
      CustomServerPage({ frame, methods: METHODS, form, error: error && `Nothing was added. ${error.message}` }),
      error?.status ?? 200,
    )
  }

  /** Adds it, and leads to where its credential is entered, or to its tools. */
  async function add(request: HumanRequest, wanted: Omit<NewConnection, 'userId' | 'actor'>): Promise<Response> {
    const userId = request.session.user.id
    const { connection } = await upstreams.add({ ...wanted, userId, actor: `user:${userId}` })
    return seeOther(`/connections/${connection.slug}${connection.connected ? '' : '/connect'}`)
  }

  return [
    {
      method: 'GET',
      path: '/catalogue',
      async handle({ session, url }) {
        const text = (name: string) => url.searchParams.get(name)?.trim().slice(0, MOST_CHARACTERS) ?? ''
        const [query, category] = [text('query'), text('category')]
        const connections = await upstreams.connections(session.user.id)
        const matching = catalogue.search(query)
        const categories = [...catalogue.categories()].map((name) => ({
          name,
          count: matching.filter((each) => each.category === name).length,
        }))
        const installed = (id: string) => connections.filter(({ integrationId }) => integrationId === id).length
        const integrations = matching
          .filter((each) => category === '' || each.category === category)
          .map((each) => summary(each, installed(each.id)))
        // What cannot be connected yet is known of, after all that can.
        integrations.sort((a, b) => Number(b.usable) - Number(a.usable))
        const found = { integrations, categories: categories.filter(({ count }) => count > 0), query, category }
        return page(CataloguePage({ frame: await frames.of(session), found }))
      },
    },
    {
      method: 'GET',
      path: '/catalogue/custom',
      handle: (request) => customPage(request, readCustomForm(new URLSearchParams()), null),
    },
    {
      method: 'POST',
      path: '/catalogue/custom',
      says: ({ form }) => `Add the server ${form.get('url') ?? ''}`,
      async handle(request) {
        const form = readCustomForm(request.form)
        try {
          const { method } = form
          if (!method) throw new AppError('bad_request', 'Choose how to sign in.')
          return await add(request, {
            slug: form.slug,
            integrationId: 'custom',
            name: checkedName(form.name),
            url: form.url,
            auth: method === 'token' ? { method, place: tokenPlace(form), credentials: null } : { method },
            allowPrivateNetwork: form.privateNetwork,
          })
        } catch (error) {
          if (error instanceof AppError) return customPage(request, form, error)
          throw error
        }
      },
    },
    {
      method: 'GET',
      path: '/catalogue/:id',
      async handle(request) {
        const integration = integrationOf(request)
        const taken = new Set((await upstreams.connections(request.session.user.id)).map(({ slug }) => slug))
        return integrationPage(request, { ...freeName(integration, taken), method: null }, null)
      },
    },
    {
      method: 'POST',
      path: '/catalogue/:id',
      says: ({ params }) => `Add a connection to ${params.id ?? ''}`,
      async handle(request) {
        const integration = integrationOf(request)
        const { form } = request
        const method = waysToConnect(integration).find((each) => each === form.get('method')) ?? null
        const [slug, name] = [form.get('slug')?.trim() ?? '', form.get('name')?.trim() ?? '']
        try {
          return await add(request, {
            slug,
            integrationId: integration.id,
            name: checkedName(name),
            url: integration.url,
            auth: authOf(integration, method),
            allowPrivateNetwork: false,
          })
        } catch (error) {
          if (error instanceof AppError) return integrationPage(request, { slug, name, method }, error)
          throw error
        }
      },
    },
  ]
}

/** @throws AppError bad_request */
function authOf(integration: Integration, method: SignInMethod | null): NewConnection['auth'] {
  const chosen = method && chooseSignIn(integration, method)
  if (!chosen) throw new AppError('bad_request', 'Choose how to sign in.')
  if (chosen.method !== 'token') return chosen
  const { header, format } = chosen.auth
  return { method: 'token', place: { header, format }, credentials: null }
}

/** @throws AppError bad_request */
function checkedName(name: string): string {
  if (name !== '' && name.length <= MOST_NAME) return name
  throw new AppError('bad_request', `Give it a name of 1 to ${MOST_NAME} characters.`)
}

/** A header of its own usually carries the bare token. */
const tokenPlace = ({ header, format }: CustomServerForm) => ({
  header: header || 'Authorization',
  format: format || (header ? '{token}' : 'Bearer {token}'),
})

function readCustomForm(form: URLSearchParams): CustomServerForm {
  const text = (name: string) => form.get(name)?.trim() ?? ''
  return {
    url: text('url'),
    slug: text('slug'),
    name: text('name'),
    method: METHODS.find((method) => method === form.get('method')) ?? null,
    header: text('header'),
    format: text('format'),
    privateNetwork: form.get('private_network') === 'yes',
  }
}

/** For the next account: github, then github-2 … */
function freeName({ id, name }: Integration, taken: ReadonlySet<string>): { slug: string; name: string } {
  for (let n = 1; ; n++) {
    const slug = n === 1 ? id : `${id}-${n}`
    if (!taken.has(slug)) return { slug, name: n === 1 ? name : `${name} ${n}` }
  }
}

function summary(integration: Integration, installed: number): IntegrationSummary {
  const { id, name, description, category, access, auth } = integration
  const methods = [...new Set(auth.map(({ method }) => method))]
  return { id, name, description, category, access, methods, installed, usable: waysToConnect(integration).length > 0 }
}

function detail(integration: Integration, installed: number): IntegrationDetail {
  const { url, docsUrl, note = null, checked } = integration
  const ways = waysToConnect(integration)
  return { ...summary(integration, installed), url, docsUrl, note, verified: checked === 'vendor docs', ways }
}
