import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TokenPlace } from '../../src/upstreams/upstreams.ts'
import { type Agent, outcome } from '../harness/agent.ts'
import { type App, startApp } from '../harness/app.ts'
import { type FarCall, FarEnd, rpcError } from '../harness/far-end.ts'

const SECRET = 'tok-s3cr3t-4711'
let app: App
let agent: Agent
let far: FarEnd
let nth = 0
let slug = ''

beforeAll(async () => {
  app = await startApp()
  agent = await app.agent()
})
afterAll(async () => {
  await agent.close()
  await app.stop()
})
beforeEach(() => {
  far = new FarEnd().start()
  slug = `far${++nth}`
})
afterEach(() => far.stop())

const BEARER: TokenPlace = { header: 'Authorization', format: 'Bearer {token}' }

async function add(place: TokenPlace, token = SECRET, extra: Record<string, string> = {}, url = far.url) {
  const added = await app.rooms.upstreams.add({
    userId: app.userId,
    slug,
    integrationId: 'custom',
    name: slug,
    url,
    auth: { method: 'token', place, credentials: { token, extra } },
    allowPrivateNetwork: true,
    actor: 'operator',
  })
  await app.setPolicy(slug, 'run', 'allow')
  return added
}
const run = () => agent.call(slug, 'run', { a: 1 })

describe('a token is sent', () => {
  test.each<[TokenPlace, string]>([
    [BEARER, `Bearer ${SECRET}`],
    [{ header: 'X-Api-Key', format: '{token}' }, SECRET],
    [{ header: 'authorization', format: 'token {token}' }, `token ${SECRET}`],
    [{ header: 'Close-API-Key', format: 'key={token};v=1' }, `key=${SECRET};v=1`],
    [{ header: "x-odd!#$%&'*+.^_`|~", format: '{token}' }, SECRET],
  ])('as %j', async (place, value) => {
    await add(place)
    await run()
    expect(far.calls[0]?.headers.get(place.header)).toBe(value)
  })

  test('with everything the server is asked, from the first request on', async () => {
    const seen: (string | null)[] = []
    far.refuse = (request) => {
      seen.push(request.headers.get('authorization'))
      return null
    }
    await add(BEARER)
    await run()
    expect(seen.length).toBeGreaterThan(4)
    expect(new Set(seen)).toEqual(new Set([`Bearer ${SECRET}`]))
  })

  test('with further headers that the service needs', async () => {
    await add({ header: 'DD_API_KEY', format: '{token}' }, SECRET, { DD_APPLICATION_KEY: 'second', 'X-Site': 'eu' })
    await run()
    const headers = far.calls[0]?.headers
    expect([headers?.get('dd_api_key'), headers?.get('dd_application_key'), headers?.get('x-site')]).toEqual([
      SECRET,
      'second',
      'eu',
    ])
  })

  test('as it is, whatever characters of a replacement pattern it holds', async () => {
    for (const token of ["$&$1$'$`$$", '{token}', 'a b=c;d,"e"', 'ÿé']) {
      await add({ header: 'X-Key', format: '<{token}>' }, token)
      await run()
      expect(far.calls.at(-1)?.headers.get('x-key')).toBe(`<${token}>`)
      slug = `far${++nth}`
    }
  })

  test('and nothing of ours goes along: no key of the agent, no cookie, no header of our own', async () => {
    await add(BEARER)
    await run()
    const names = [...(far.calls[0]?.headers.keys() ?? [])]
    expect(names.filter((name) => /cookie|x-api-key|x-agentport|forwarded|origin|referer/.test(name))).toEqual([])
  })
})

describe('what cannot be a header is refused, and nothing is sent or kept', () => {
  async function refused(words: string, place: TokenPlace, token = SECRET, extra: Record<string, string> = {}) {
    const seen = far.seen.length
    const adding = add(place, token, extra)
    await expect(adding).rejects.toThrow(words)
    await adding.catch((error: Error) => expect(error.message).not.toContain(SECRET))
    expect(far.seen.length).toBe(seen)
    expect(await app.rooms.upstreams.find(app.userId, slug)).toBeNull()
  }

  test.each([
    'Host',
    'content-length',
    'Content-Type',
    'Accept',
    'Connection',
    'Transfer-Encoding',
    'Cookie',
    'Origin',
    'Mcp-Session-Id',
    'MCP-Protocol-Version',
    'X-AgentPort-Call',
    'with space',
    'with:colon',
    'line\nbreak',
    '',
  ])('the header name %j', (header) => refused('cannot be used as a header', { header, format: '{token}' }))

  test('also among further headers', () => refused('cannot be used as a header', BEARER, SECRET, { Host: 'evil' }))

  test.each([`${SECRET}\n`, `${SECRET}\r\nX-Injected: 1`, `${SECRET}\u0000`, `${SECRET}😀`])('the token %j', (token) =>
    refused('characters that a header cannot carry', BEARER, token),
  )

  test('a line break in a further header', () =>
    refused('characters that a header cannot carry', BEARER, SECRET, { 'X-More': `${SECRET}\n` }))

  test('a format without a place for the token', () =>
    refused('must contain {token}', { header: 'Authorization', format: 'Bearer' }))

  test('a credential in the URL', async () => {
    const url = far.url.replace('http://', `http://user:${SECRET}@`)
    await expect(add(BEARER, SECRET, {}, url)).rejects.toThrow('not into the URL')
  })

  test('a token over plain http to a public server', async () => {
    const adding = app.rooms.upstreams.add({
      userId: app.userId,
      slug,
      integrationId: 'custom',
      name: slug,
      url: 'http://mcp.example.com/mcp',
      auth: { method: 'token', place: BEARER, credentials: { token: SECRET, extra: {} } },
      allowPrivateNetwork: false,
      actor: 'operator',
    })
    await expect(adding).rejects.toThrow('A token is only sent over https')
  })
})

test('a credential is never in what an agent reads, whatever the server does', async () => {
  await add(BEARER)
  const read: unknown[] = []
  for (const act of [
    () => ({ content: [] }),
    () =>
      new Response(`no: Bearer ${SECRET}`, {
        status: 401,
        headers: { 'www-authenticate': `Bearer error="${SECRET}"` },
      }),
    () => new Response(SECRET, { status: 500, statusText: SECRET }),
    ({ id }: FarCall) => rpcError(id, -32603, SECRET),
  ]) {
    far.act = act
    read.push(await run())
  }
  for (const tool of ['list_installed_integrations', 'list_integration_tools'])
    read.push(await agent.use(`agentport__${tool}`))
  for (const tool of ['get_integration', 'get_auth_status', 'start_oauth_flow'])
    read.push(await agent.use(`agentport__${tool}`, { integration_id: slug }))
  read.push(await agent.use('agentport__describe_tool', { integration_id: slug, tool_name: 'run' }))
  expect(read.map((each) => outcome(each as never)).slice(0, 4)).toEqual(['executed', 'failed', 'unknown', 'unknown'])
  expect(JSON.stringify(read)).not.toContain(SECRET)
})

test('a credential is in no file of the data directory in the clear', async () => {
  await add(BEARER)
  await run()
  for (const name of readdirSync(app.dataDir)) {
    expect(readFileSync(join(app.dataDir, name)).includes(SECRET), name).toBe(false)
  }
})

test('a server that refuses the credential at first is not installed, and the error holds no credential', async () => {
  far.refuse = () => new Response(SECRET, { status: 401 })
  const adding = add(BEARER)
  await expect(adding).rejects.toThrow('refused the credential (401)')
  await adding.catch((error: Error) => expect(error.message).not.toContain(SECRET))
  expect(await app.rooms.upstreams.find(app.userId, slug)).toBeNull()
})
