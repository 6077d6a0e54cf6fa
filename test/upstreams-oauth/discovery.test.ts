import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type RawServer, startRawServer } from '../harness/raw-server.ts'
import { type OAuthStage, startOAuthStage } from './oauth-stage.ts'
import { begin, comeBack, visit } from './owner.ts'

const METADATA = '/.well-known/oauth-authorization-server'
let stage: OAuthStage
/** A service in the owner's network that nobody has opened: whoever reaches it has gone too far. */
let inside: RawServer
let slug: string

beforeAll(async () => {
  stage = await startOAuthStage()
  inside = await startRawServer((socket) => void socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}'))
})
afterAll(async () => {
  await stage.strike()
  await inside.stop()
})
beforeEach(async () => {
  slug = await stage.install()
})
afterEach(() => {
  stage.server.instead = null
  stage.end.metadata = {}
  stage.end.challenge = null
  expect([inside.connections, inside.requests]).toEqual([0, []])
})

/** What the person reads when nobody is led anywhere. */
async function refusal(): Promise<string> {
  const { to, text } = await begin(stage.person, slug)
  expect(to?.href).toBeUndefined()
  expect(await stage.connection(slug)).toMatchObject({ connected: false, oauthStatus: 'not_signed_in' })
  return /Nothing was kept\. (.*?\.)(?: [A-Z]|$)/.exec(text)?.[1] ?? text
}

const answerAt = (path: string, answer: (response: ServerResponse, request: IncomingMessage) => void) => {
  stage.server.instead = (request, response) => {
    if (request.url?.split('?')[0] !== path) return false
    answer(response, request)
    return true
  }
}
const json = (response: ServerResponse, body: object, status = 200) =>
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))

/** The metadata of the sign-in server, changed on its way. */
async function withMetadata(change: object): Promise<void> {
  const real = (await (await fetch(stage.server.issuer + METADATA)).json()) as object
  answerAt(METADATA, (response) => void json(response, { ...real, ...change }))
}

describe('finding the sign-in server', () => {
  test('by the metadata that the 401 names, wherever that is', async () => {
    stage.end.challenge = () => `Bearer resource_metadata="${stage.end.metadataUrl}", scope="read write"`
    const { to } = await begin(stage.person, slug)
    expect(to?.origin).toBe(stage.server.issuer)
    expect(to?.searchParams.get('scope')).toBe('read write offline_access')
  })

  test('by the well-known path, where the 401 names nothing', async () => {
    stage.end.challenge = () => null
    expect((await begin(stage.person, slug)).to?.origin).toBe(stage.server.issuer)
  })

  test('by OpenID Connect discovery, where there is no other', async () => {
    answerAt(METADATA, (response) => void response.writeHead(404).end())
    expect((await begin(stage.person, slug)).to?.origin).toBe(stage.server.issuer)
  })

  test('of a server that greets everybody, and asks who it is only at its tools', async () => {
    const guard = stage.end.far.refuse
    stage.end.far.refuse = async (request) => {
      const body = request.method === 'POST' ? ((await request.clone().json()) as { method: string }) : null
      return body && body.method !== 'tools/list' ? null : ((await guard?.(request)) ?? null)
    }
    stage.end.challenge = () => `Bearer scope="admin", resource_metadata="${stage.end.metadataUrl}"`
    const { to } = await begin(stage.person, slug)
    stage.end.far.refuse = guard
    expect(to?.searchParams.get('scope')).toBe('admin offline_access')
  })
})

describe('metadata is refused', () => {
  test('that names another issuer than the one it was found under', async () => {
    for (const issuer of ['https://evil.example', `${stage.server.issuer}/other`, stage.server.issuer.toUpperCase()]) {
      await withMetadata({ issuer })
      expect(await refusal()).toContain('calls itself by another name than the one it was found under')
      stage.server.instead = null
    }
  })

  test('that is about another server', async () => {
    for (const resource of ['https://evil.example/mcp', `${stage.end.url}/deeper`, 'http://127.0.0.1:1/mcp']) {
      stage.end.metadata = { resource }
      expect(await refusal()).toContain('is about another server')
    }
  })

  test('that names no sign-in server', async () => {
    stage.end.metadata = { authorization_servers: [] }
    expect(await refusal()).toContain('it names no server to sign in at')
  })

  test.each([
    ['no list at all', undefined],
    ['plain only', ['plain']],
  ])('of a server that does not say it knows PKCE with S256: %s', async (_, methods) => {
    await withMetadata({ code_challenge_methods_supported: methods })
    expect(await refusal()).toContain('does not say that it knows PKCE with S256')
  })

  test.each<[string, (response: ServerResponse) => void, string]>([
    ['no JSON', (response) => response.end('<html>'), 'is not understood'],
    ['no metadata', (response) => json(response, { issuer: stage.server.issuer }), 'is not understood'],
    ['an error', (response) => response.writeHead(500).end('stack trace'), 'answered 500'],
    ['endless words', (response) => response.end('x'.repeat(300_000)), 'its answer is too long'],
    [
      'a script for an address',
      (response) =>
        json(response, {
          issuer: stage.server.issuer,
          authorization_endpoint: 'javascript:alert(1)',
          token_endpoint: `${stage.server.issuer}/token`,
          response_types_supported: ['code'],
          code_challenge_methods_supported: ['S256'],
        }),
      'is not understood',
    ],
  ])('that is %s', async (_, answer, words) => {
    answerAt(METADATA, answer)
    expect(await refusal()).toContain(words)
  })

  test('that does not come, or comes by the drop: nobody waits longer than ten seconds', async () => {
    answerAt(METADATA, (response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      const drip = setInterval(() => response.write(' '), 500)
      response.on('close', () => clearInterval(drip))
    })
    expect(await refusal()).toContain('did not answer within 10 s')
  }, 20_000)

  test('that is missing where the 401 says it is: that is no server of an old revision', async () => {
    stage.end.challenge = () => `Bearer resource_metadata="${new URL('/nowhere', stage.end.url)}"`
    expect(await refusal()).toContain('is not where its answer says (404)')
  })

  test('that cannot be read at the moment: a failure is not taken for having none', async () => {
    const guard = stage.end.far.refuse
    stage.end.far.refuse = (request) =>
      request.url.includes('.well-known') ? new Response('down', { status: 503 }) : (guard?.(request) ?? null)
    expect(await refusal()).toContain('answered 503')
    stage.end.far.refuse = guard
  })
})

test('a server that has people sign in at another site gets them there only by one more click of theirs', async () => {
  await withMetadata({ authorization_endpoint: 'https://bank.example/authorize' })
  const response = await stage.person.post(`/connections/${slug}/connect`, {})
  const html = await response.text()
  expect(html).not.toContain('http-equiv="refresh"')
  expect(html).toContain(`The server at ${new URL(stage.end.url).host} has you sign in at bank.example`)
  expect(html).toContain('href="https://bank.example/authorize?')
})

test('a server that is not there is said to be not there', async () => {
  const guard = stage.end.far.refuse
  stage.end.far.refuse = () => new Response(null, { status: 502 })
  expect(await refusal()).toContain('502')
  stage.end.far.refuse = guard
})

/** Each step of a sign-in that is led by an address which somebody else wrote. */
const STEPS: [step: string, lead: (to: string) => Promise<void> | void][] = [
  [
    'the resource metadata',
    (to) => {
      stage.end.challenge = () => `Bearer resource_metadata="${to}"`
    },
  ],
  [
    'the sign-in server',
    (to) => {
      stage.end.metadata = { authorization_servers: [to] }
    },
  ],
  ['the registration', (to) => withMetadata({ registration_endpoint: to })],
]

describe('no step of a sign-in leads into the owner’s network', () => {
  const places = () => [
    `https://127.0.0.1:${inside.port}/x`,
    `https://localhost:${inside.port}/x`,
    `https://[::1]:${inside.port}/x`,
    `https://2130706433:${inside.port}/x`,
  ]

  test.each(STEPS)('by the address of %s', async (_, lead) => {
    for (const place of places()) {
      await lead(place)
      expect(await refusal()).toMatch(/is not a public address, and nobody has allowed it|cannot be found/)
      stage.server.instead = null
    }
  })

  test.each(STEPS)('nor to a metadata service by the address of %s', async (_, lead) => {
    await lead('https://169.254.169.254/latest/meta-data/')
    expect(await refusal()).toContain('is not a public address')
  })

  test.each(STEPS)('nor over plain http, by the address of %s', async (_, lead) => {
    await lead(`http://127.0.0.1:${inside.port}/x`)
    expect(await refusal()).toContain(`http://127.0.0.1:${inside.port} is not https`)
  })

  test.each(['file:///etc/passwd', 'ftp://far.example/x'])('nor by %s', async (place) => {
    stage.end.metadata = { authorization_servers: [place] }
    expect(await refusal()).toMatch(/is not https|is not understood/)
  })

  test('nor are people led over plain http to a place that their owner did not open', async () => {
    await withMetadata({ authorization_endpoint: `http://127.0.0.1:${inside.port}/auth` })
    expect(await refusal()).toContain('is not https')
  })

  test('when the code is exchanged', async () => {
    await withMetadata({ token_endpoint: `https://127.0.0.1:${inside.port}/token` })
    const { to } = await begin(stage.person, slug)
    const answer = await comeBack(stage.person, await visit(to as URL, stage.app.origin))
    expect(answer.status).toBe(400)
    expect(answer.text).toContain('is not a public address, and nobody has allowed it')
  })
})

describe('no redirect is followed', () => {
  const redirected = (response: ServerResponse) =>
    void response.writeHead(307, { location: `http://127.0.0.1:${inside.port}/x` }).end()

  test('of the resource metadata, nor of the server itself', async () => {
    const guard = stage.end.far.refuse
    const away = Response.redirect(`http://127.0.0.1:${inside.port}/x`, 302)
    for (const part of ['.well-known', '/mcp']) {
      stage.end.far.refuse = (request) => (request.url.includes(part) ? away.clone() : (guard?.(request) ?? null))
      expect(await refusal()).toMatch(/redirects to another address, which is not followed|answered with 302/)
    }
    stage.end.far.refuse = guard
  })

  test.each([METADATA, '/reg'])('of %s', async (path) => {
    answerAt(path, redirected)
    expect(await refusal()).toContain('redirects to another address, which is not followed')
  })

  test('not even to the same server', async () => {
    answerAt('/reg', (response) => void response.writeHead(308, { location: '/reg?again' }).end())
    expect(await refusal()).toContain('redirects to another address, which is not followed')
  })

  test('of the token endpoint', async () => {
    const { to } = await begin(stage.person, slug)
    const back = await visit(to as URL, stage.app.origin)
    answerAt('/token', redirected)
    const answer = await comeBack(stage.person, back)
    expect([answer.status, (await stage.connection(slug)).connected]).toEqual([400, false])
    expect(answer.text).toContain('redirects to another address, which is not followed')
  })
})
