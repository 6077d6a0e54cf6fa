import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { OAuthMetadataSchema, OAuthProtectedResourceMetadataSchema } from '@modelcontextprotocol/sdk/shared/auth.js'
import { type App, startApp } from '../harness/app.ts'
import { startEmptyApp } from '../harness/empty-app.ts'
import { freePort } from '../harness/everything.ts'
import { OAuthProgram } from '../harness/oauth-program.ts'
import { rawRequest } from '../harness/raw-request.ts'
import { allRows } from '../harness/tables.ts'

let app: App
beforeAll(async () => {
  app = await startApp()
})
afterAll(() => app.stop())

const PROTECTED_RESOURCE = '/.well-known/oauth-protected-resource'
const AUTHORIZATION_SERVER = '/.well-known/oauth-authorization-server'
const DOCUMENTS = [PROTECTED_RESOURCE, `${PROTECTED_RESOURCE}/mcp`, AUTHORIZATION_SERVER]

const protectedResource = (origin: string) => ({
  resource: `${origin}/mcp`,
  authorization_servers: [origin],
  scopes_supported: ['mcp'],
  bearer_methods_supported: ['header'],
  resource_name: 'AgentPort',
})
const authorizationServer = (origin: string) => ({
  issuer: origin,
  authorization_endpoint: `${origin}/oauth/authorize`,
  token_endpoint: `${origin}/oauth/token`,
  registration_endpoint: `${origin}/oauth/register`,
  revocation_endpoint: `${origin}/oauth/revoke`,
  scopes_supported: ['mcp'],
  response_types_supported: ['code'],
  response_modes_supported: ['query'],
  grant_types_supported: ['authorization_code', 'refresh_token'],
  token_endpoint_auth_methods_supported: ['none'],
  revocation_endpoint_auth_methods_supported: ['none'],
  code_challenge_methods_supported: ['S256'],
  authorization_response_iss_parameter_supported: true,
  client_id_metadata_document_supported: true,
})

const read = async (path: string) => {
  const response = await fetch(app.origin + path)
  return { status: response.status, headers: response.headers, document: (await response.json()) as object }
}

describe('what a program that knows only the /mcp URL finds', () => {
  test('RFC 9728 §3.1: the resource under the well-known name with its path, and for who asks at the root', async () => {
    for (const path of [`${PROTECTED_RESOURCE}/mcp`, PROTECTED_RESOURCE]) {
      const { status, document } = await read(path)
      expect([status, document]).toEqual([200, protectedResource(app.origin)])
      expect(OAuthProtectedResourceMetadataSchema.parse(document)).toMatchObject(document)
    }
  })

  test('RFC 8414 §3: its authorization server at the root, which is where an issuer without a path has it', async () => {
    const { status, document } = await read(AUTHORIZATION_SERVER)
    expect([status, document]).toEqual([200, authorizationServer(app.origin)])
    expect(OAuthMetadataSchema.parse(document)).toMatchObject(document)
  })

  test('RFC 8414 §3.3: every endpoint is of the issuer, and is there', async () => {
    const endpoints = Object.entries(authorizationServer(app.origin)).filter(([name]) => name.endsWith('_endpoint'))
    const routes = app.serving.routes.map(({ path }) => app.origin + path)
    expect(endpoints).toHaveLength(4)
    for (const [, url] of endpoints) expect(routes).toContain(url as string)
  })

  test('RFC 8414 §3.2, RFC 9728 §3.2: as JSON, that may be kept for a few minutes', async () => {
    for (const path of DOCUMENTS) {
      const { headers } = await read(path)
      expect(headers.get('content-type')).toStartWith('application/json')
      expect(headers.get('cache-control')).toBe('public, max-age=300')
    }
  })

  test('nothing at the names of what we are not: an issuer with a path, OpenID Connect, another resource', async () => {
    for (const path of [
      `${AUTHORIZATION_SERVER}/mcp`,
      '/.well-known/openid-configuration',
      '/.well-known/openid-configuration/mcp',
      '/mcp/.well-known/openid-configuration',
      '/mcp/.well-known/oauth-protected-resource',
      `${PROTECTED_RESOURCE}/other`,
      `${PROTECTED_RESOURCE}/mcp/x`,
    ]) {
      // A status that clients take for "look elsewhere".
      expect([path, (await fetch(app.origin + path)).status]).toEqual([path, 404])
    }
  })

  test('RFC 8414 §3.3: the issuer is the public origin, by whichever of our names we are asked', async () => {
    const port = await freePort()
    const behind = await startEmptyApp({ port, environment: { AGENTPORT_URL: 'https://port.example' } })
    for (const host of ['port.example', `localhost:${port}`, `127.0.0.1:${port}`]) {
      for (const path of DOCUMENTS) {
        const { body } = await rawRequest(`http://127.0.0.1:${port}`, path, { headers: { host } })
        const expected = path === AUTHORIZATION_SERVER ? authorizationServer : protectedResource
        expect(JSON.parse(body)).toEqual(expected('https://port.example'))
      }
    }
    await behind.stop()
  })
})

describe('a page of another origin gets none of it, for at /mcp no token would serve it', () => {
  const ENDPOINTS: [method: string, path: string, body: string | null, type: string][] = [
    ...DOCUMENTS.map((path): [string, string, null, string] => ['GET', path, null, 'text/plain']),
    ['POST', '/oauth/register', '{"redirect_uris":["https://evil.example/"]}', 'application/json'],
    ['POST', '/oauth/token', 'grant_type=authorization_code', 'application/x-www-form-urlencoded'],
    ['POST', '/oauth/revoke', 'token=x&client_id=y', 'application/x-www-form-urlencoded'],
  ]
  const cors = (headers: Headers) => [...headers.keys()].filter((name) => name.startsWith('access-control-'))
  const FOREIGN = ['https://evil.example', 'http://localhost:1', 'null', 'https://localhost', 'chrome-extension://x']

  test.each(ENDPOINTS)('OAuth 2.1 §3.2: %s %s', async (method, path, body, type) => {
    const before = allRows(app.dataDir)
    for (const origin of FOREIGN) {
      const response = await fetch(app.origin + path, { method, headers: { origin, 'content-type': type }, body })
      expect([origin, response.status, cors(response.headers)]).toEqual([origin, 403, []])
      expect(response.headers.get('cache-control')).toBe('no-store')
      expect(((await response.json()) as { error: string }).error).toBe('invalid_request')
      const preflight = await fetch(app.origin + path, {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': method, 'access-control-request-headers': 'content-type' },
      })
      expect([origin, preflight.ok, cors(preflight.headers)]).toEqual([origin, false, []])
    }
    expect(allRows(app.dataDir)).toEqual(before)
  })

  test('OAuth 2.1 §3.1: least of all the consent page', async () => {
    const person = await app.person()
    const program = new OAuthProgram(app.origin)
    await program.register()
    for (const origin of FOREIGN) {
      const response = await person.get(program.authorizePath(), { origin })
      expect(cors(response.headers)).toEqual([])
      expect(response.headers.get('cross-origin-resource-policy')).toBe('same-origin')
    }
  })

  test('a page of ours is let in, by whichever of our names', async () => {
    const { port } = new URL(app.origin)
    for (const host of ['localhost', '127.0.0.1', '[::1]']) {
      const response = await fetch(app.origin + AUTHORIZATION_SERVER, { headers: { origin: `http://${host}:${port}` } })
      expect(response.status).toBe(200)
    }
  })
})
