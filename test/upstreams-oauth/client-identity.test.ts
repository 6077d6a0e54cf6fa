import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import { createOutbound, NotSent, type OutboundFetch } from '../../src/lib/outbound.ts'
import { VERSION } from '../../src/lib/version.ts'
import { clientDocument } from '../../src/upstreams/upstreams.ts'
import { outcome } from '../harness/agent.ts'
import { type OAuthStage, startOAuthStage } from './oauth-stage.ts'
import { begin, comeBack, signInTo, visit } from './owner.ts'

const PUBLIC = 'https://agentport.example.org'
const METADATA = '/.well-known/oauth-authorization-server'
let stage: OAuthStage
/** What the outside finds at our public address. */
let outside: () => Response | Promise<Response>

beforeAll(async () => {
  const real = createOutbound()
  const outbound: OutboundFetch = async (target, init, limits) =>
    new URL(target).origin === PUBLIC ? outside() : real(target, init, limits)
  stage = await startOAuthStage({ outbound })
})
afterAll(() => stage.strike())
afterEach(() => {
  stage.server.instead = null
  outside = () => Response.json(clientDocument(PUBLIC))
})

async function withMetadata(change: object): Promise<void> {
  const real = (await (await fetch(stage.server.issuer + METADATA)).json()) as object
  stage.server.instead = (request, response) => {
    if (request.url !== METADATA) return false
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ ...real, ...change }))
    return true
  }
}

async function startFrom(origin: string, slug: string): Promise<string | null> {
  const person = { userId: stage.app.userId, sessionHash: 'a session' }
  const { url } = await stage.app.rooms.upstreams.signIns.start(person, { slug, origin, client: null })
  return new URL(url).searchParams.get('client_id')
}

describe('our client document', () => {
  test('is open to anybody, names itself and where people come back to, and holds no secret', async () => {
    const response = await fetch(`${stage.app.origin}/oauth/client.json`)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toStartWith('application/json')
    expect(await response.json()).toEqual({
      client_id: `${stage.app.origin}/oauth/client.json`,
      client_name: 'AgentPort',
      client_uri: stage.app.origin,
      redirect_uris: [`${stage.app.origin}/oauth/callback`],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
      application_type: 'native',
      software_id: 'agentport',
      software_version: VERSION,
    })
  })

  test('is who we are where the server takes documents and can read ours', async () => {
    const slug = await stage.install()
    await withMetadata({ client_id_metadata_document_supported: true })
    const registered = stage.server.registrations.length
    expect(await startFrom(PUBLIC, slug)).toBe(`${PUBLIC}/oauth/client.json`)
    expect(stage.server.registrations).toHaveLength(registered)
  })

  test.each<[string, () => Response | Promise<Response>]>([
    ['is not found there', () => new Response(null, { status: 404 })],
    ['is somebody else’s', () => Response.json(clientDocument('https://other.example'))],
    ['is no JSON', () => new Response('<html>')],
    ['leads on', () => Response.redirect('https://other.example/', 302)],
    ['leads into our own network', () => Promise.reject(new NotSent('not a public address', 'refused_address'))],
  ])('is not where it %s: then we register', async (_, found) => {
    const slug = await stage.install()
    await withMetadata({ client_id_metadata_document_supported: true })
    outside = found
    const registered = stage.server.registrations.length
    expect(await startFrom(PUBLIC, slug)).not.toContain('client.json')
    expect(stage.server.registrations).toHaveLength(registered + 1)
  })

  test('nor on plain http, nor toward a server that does not say it takes any', async () => {
    expect(await startFrom(PUBLIC, await stage.install())).not.toContain('client.json')
    await withMetadata({ client_id_metadata_document_supported: true })
    expect(await startFrom(stage.app.origin, await stage.install())).not.toContain('client.json')
  })
})

describe('registering', () => {
  test('says who we are, and asks for no secret', async () => {
    await begin(stage.person, await stage.install())
    expect(stage.server.registrations.at(-1)).toMatchObject({
      client_name: 'AgentPort',
      redirect_uris: [`${stage.app.origin}/oauth/callback`],
      token_endpoint_auth_method: 'none',
      application_type: 'native',
    })
    expect(stage.server.registrations.at(-1)).not.toHaveProperty('client_secret')
  })

  test('is done once a connection, and again when people come back to another address', async () => {
    const slug = await stage.install()
    const registered = () => stage.server.registrations.length
    const before = registered()
    await signInTo(stage.person, slug)
    await signInTo(stage.person, slug)
    expect(registered()).toBe(before + 1)
    await startFrom('https://moved.example.org', slug)
    expect(registered()).toBe(before + 2)
    await startFrom('https://moved.example.org', await stage.install())
    expect(registered()).toBe(before + 3)
  })

  test('is done again after somebody went there and did not come back: the service may not know us any more', async () => {
    const slug = await stage.install()
    await signInTo(stage.person, slug)
    const first = await startFrom(stage.app.origin, slug)
    const second = await startFrom(stage.app.origin, slug)
    expect(second).not.toBe(first)
    await withMetadata({ client_id_metadata_document_supported: true })
    expect(await startFrom(PUBLIC, slug)).not.toContain('client.json')
  })

  test('is done again after the service refused us at the exchange', async () => {
    const slug = await stage.install()
    const { to } = await begin(stage.person, slug)
    const back = await visit(to as URL, stage.app.origin)
    stage.server.instead = ({ url }, response) => {
      if (url !== '/token') return false
      response.writeHead(401, { 'content-type': 'application/json' }).end('{"error":"invalid_client"}')
      return true
    }
    expect((await comeBack(stage.person, back)).text).toContain('answered invalid_client')
    stage.server.instead = null
    const registered = stage.server.registrations.length
    await signInTo(stage.person, slug)
    expect(stage.server.registrations).toHaveLength(registered + 1)
  })

  test.each(['client_secret_post', 'client_secret_basic'])(
    'takes a secret where the server wants one: %s',
    async (method) => {
      const slug = await stage.install()
      await withMetadata({ token_endpoint_auth_methods_supported: [method] })
      await signInTo(stage.person, slug)
      stage.server.instead = null
      expect(stage.server.registrations.at(-1)).toMatchObject({
        token_endpoint_auth_method: method,
        client_secret: expect.any(String),
      })
      await stage.app.setPolicy(slug, 'run', 'allow')
      await stage.clock.advance(60 * 60_000)
      const { refreshes } = stage.server
      expect(outcome(await stage.call(slug))).toBe('executed')
      expect(stage.server.refreshes - refreshes).toBe(1)
    },
  )

  test('that is refused is said in the words of the service', async () => {
    const slug = await stage.install()
    stage.server.instead = ({ url }, response) => {
      if (url !== '/reg') return false
      const body = { error: 'invalid_client_metadata', error_description: 'Only partners, please\u202e\u0007' }
      response.writeHead(403, { 'content-type': 'application/json' }).end(JSON.stringify(body))
      return true
    }
    const { to, text } = await begin(stage.person, slug)
    expect(to).toBeNull()
    expect(text).toContain(
      'its sign-in server does not register AgentPort (403), and says “Only partners, please\\u{202e}\\u{7}”',
    )
  })
})

describe('an application that the owner registered by hand', () => {
  const redirect = () => `${stage.app.origin}/oauth/callback`
  async function registerByHand(method: string): Promise<{ client_id: string; client_secret: string }> {
    const response = await fetch(`${stage.server.issuer}/reg`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        redirect_uris: [redirect()],
        application_type: 'native',
        grant_types: ['authorization_code', 'refresh_token'],
        token_endpoint_auth_method: method,
      }),
    })
    return (await response.json()) as { client_id: string; client_secret: string }
  }

  test('is asked for where a server registers nobody, with the address to register', async () => {
    const slug = await stage.install()
    await withMetadata({ registration_endpoint: undefined })
    const { to, text } = await begin(stage.person, slug)
    expect(to).toBeNull()
    expect(text).toContain('lets only applications in that were registered there by hand')
    expect(text).toContain(redirect())
  })

  test('is used from then on, with its secret, also for renewals', async () => {
    const { client_id, client_secret } = await registerByHand('client_secret_basic')
    const slug = await stage.install()
    await withMetadata({
      registration_endpoint: undefined,
      token_endpoint_auth_methods_supported: ['client_secret_basic'],
    })
    const { to } = await begin(stage.person, slug, { client_id, client_secret })
    expect(to?.searchParams.get('client_id')).toBe(client_id)
    expect((await comeBack(stage.person, await visit(to as URL, stage.app.origin))).status).toBe(303)
    expect((await begin(stage.person, slug)).to?.searchParams.get('client_id')).toBe(client_id)
    stage.server.instead = null
    await stage.app.setPolicy(slug, 'run', 'allow')
    await stage.clock.advance(60 * 60_000)
    expect(outcome(await stage.call(slug))).toBe('executed')
    const page = await (await stage.person.get(`/connections/${slug}/connect`)).text()
    expect(page).not.toContain(client_secret)
  })
})
