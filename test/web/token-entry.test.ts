import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import { type Agent, outcome } from '../harness/agent.ts'
import { type App, startApp } from '../harness/app.ts'
import { FarEnd, rpcError } from '../harness/far-end.ts'
import { operatorCommand } from '../harness/operator.ts'
import type { Person } from '../harness/person.ts'

const TOKEN = 'tok-s3cr3t-4711'
let app: App
let person: Person
let agent: Agent
const far = new FarEnd()

beforeAll(async () => {
  far.start()
  app = await startApp()
  person = await app.person()
  agent = await app.agent()
  await app.installWithToken('keyed', far.url, null)
})
afterEach(() => {
  far.refuse = null
})
afterAll(async () => {
  await agent.close()
  await app.stop()
  await far.stop()
})

/** The page's answer to a token: where it leads, or what it says went wrong. */
async function enter(slug: string, form: Record<string, string>) {
  const response = await person.post(`/connections/${slug}/connect`, form)
  const html = await response.text()
  const said = /role="alert"><bdi>(.*?)<\/bdi>/s.exec(html)?.[1]?.replaceAll('&amp;', '&') ?? null
  return { status: response.status, to: response.headers.get('location'), said, html }
}

/** One connection of a catalogue entry, at a far end of ours. */
async function installKnown(integrationId: string, header: string, format = '{token}'): Promise<void> {
  await app.rooms.upstreams.add({
    userId: app.userId,
    slug: integrationId,
    integrationId,
    name: integrationId,
    url: far.url,
    auth: { method: 'token', place: { header, format }, credentials: null },
    allowPrivateNetwork: true,
    actor: 'operator',
  })
}

describe('a token that the service refuses is not kept, and the page says why in the service’s own words', () => {
  const refused = 'Nothing was kept. The server refused the credential (401). Its owner must enter a new one.'
  test.each<[string, () => Response, string]>([
    ['a sentence', () => new Response('This key was revoked.', { status: 401 }), ' It says “This key was revoked.”.'],
    [
      'an OAuth error',
      () => Response.json({ error: 'invalid_token', error_description: 'Key is for EU only' }, { status: 401 }),
      ' It says “Key is for EU only”.',
    ],
    [
      'a JSON-RPC error',
      () => rpcError(0, -32001, 'Workspace is suspended', 401),
      ' It says “Workspace is suspended”.',
    ],
    [
      'an error within an error',
      () => Response.json({ error: { message: 'No such project', code: 7 } }, { status: 401 }),
      ' It says “No such project”.',
    ],
    ['a page', () => new Response('<html><h1>401</h1>', { status: 401 }), ''],
    ['nothing', () => new Response(null, { status: 401 }), ''],
    ['the token itself', () => new Response(TOKEN, { status: 401 }), ''],
    ['the token in a sentence', () => new Response(`Bad key: ${TOKEN}!`, { status: 401 }), ' It says “Bad key: …!”.'],
    [
      'something invisible',
      () => new Response('Pay\u202e here\u200b\n\n now', { status: 401 }),
      ' It says “Pay\\u{202e} here\\u{200b} now”.',
    ],
    ['a book', () => new Response('word '.repeat(1_000), { status: 401 }), ` It says “${'word '.repeat(40)}…”.`],
  ])('%s', async (_, answer, words) => {
    far.refuse = answer
    const { status, said, html } = await enter('keyed', { token: TOKEN })
    expect([status, said]).toEqual([502, refused + words])
    expect(html).not.toContain(TOKEN)
    expect((await app.rooms.upstreams.find(app.userId, 'keyed'))?.connected).toBe(false)
  })

  test('which nobody else reads: neither the agent, nor the connection’s page later', async () => {
    far.refuse = () => new Response('Ask your admin', { status: 401 })
    await enter('keyed', { token: TOKEN })
    far.refuse = null
    const status = await agent.use('agentport__get_auth_status', { integration_id: 'keyed' })
    expect(JSON.stringify(status)).not.toContain('Ask your admin')
    expect(await (await person.get('/connections/keyed')).text()).not.toContain('Ask your admin')
  })

  test('also when it is refused in another way', async () => {
    far.refuse = () => new Response('{"message":"Plan does not include the API"}', { status: 403 })
    expect((await enter('keyed', { token: TOKEN })).said).toEndWith('It says “Plan does not include the API”.')
  })
})

describe('a service that takes more than one key', () => {
  beforeAll(() => installKnown('datadog', 'DD_API_KEY'))

  test('is asked for each by its name, and none can be read over a shoulder', async () => {
    const html = await (await person.get('/connections/datadog/connect')).text()
    for (const label of ['Datadog API key', 'Datadog application key']) {
      const id = new RegExp(`<label for="([^"]+)">${label}</label>`).exec(html)?.[1]
      expect(html).toMatch(new RegExp(`<input id="${id}" [^>]*type="password"`))
    }
  })

  test('keeps nothing when one is missing, and names it', async () => {
    const { status, said } = await enter('datadog', { token: TOKEN })
    expect([status, said]).toEqual([400, 'Datadog application key is needed too.'])
    expect((await app.rooms.upstreams.find(app.userId, 'datadog'))?.connected).toBe(false)
  })

  test('is tried with all of them, and called with all of them', async () => {
    const seen: (string | null)[][] = []
    far.refuse = ({ headers }) => {
      seen.push(['dd_api_key', 'dd_application_key'].map((name) => headers.get(name)))
      return headers.get('dd_application_key') === 'second'
        ? null
        : new Response('Bad application key', { status: 403 })
    }
    const wrong = await enter('datadog', { token: TOKEN, extra_0: 'first' })
    expect(wrong.said).toEndWith('It says “Bad application key”.')
    expect(await enter('datadog', { token: TOKEN, extra_0: 'second' })).toMatchObject({ to: '/connections/datadog' })
    await app.setPolicy('datadog', 'run', 'allow')
    expect(outcome(await agent.call('datadog', 'run'))).toBe('executed')
    expect(seen.at(-1)).toEqual([TOKEN, 'second'])
    const html = await (await person.get('/connections/datadog/connect')).text()
    for (const secret of [TOKEN, 'second']) expect(html).not.toContain(`"${secret}"`)
  })

  test('on the command line too: the missing one is named, and nothing is sent', async () => {
    const seen = far.seen.length
    const { code, stderr } = await operatorCommand(
      app.dataDir,
      ['admin', 'integration', 'add', 'datadog', '--as', 'dd', '--token-stdin'],
      { stdin: TOKEN },
    )
    expect([code, stderr]).toEqual([
      1,
      "Datadog needs another header: --extra-header 'DD_APPLICATION_KEY: …' (Datadog application key).\n",
    ])
    expect(far.seen).toHaveLength(seen)
  })
})

test('a service that lets one choose offers its own default first', async () => {
  await installKnown('close', 'Close-API-Key')
  const html = await (await person.get('/connections/close/connect')).text()
  expect(html).toContain('<option value="mcp.read" selected>')
  await enter('close', { token: TOKEN, extra_0: 'mcp.write_safe' })
  expect((await app.rooms.upstreams.find(app.userId, 'close'))?.connected).toBe(true)
})
