import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { type EmptyApp, LeapClock, startEmptyApp } from '../harness/empty-app.ts'
import { OAuthProgram, REDIRECT } from '../harness/oauth-program.ts'
import { Person } from '../harness/person.ts'
import { allRows } from '../harness/tables.ts'

const HOUR = 60 * 60_000
const clock = new LeapClock()
let app: EmptyApp
let person: Person

beforeAll(async () => {
  // As behind a proxy on this machine, so that tests can come from wherever they like.
  app = await startEmptyApp({ clock, environment: { AGENTPORT_TRUSTED_PROXIES: '127.0.0.0/8,::1/128' } })
  await app.serving.rooms.identity.humans.addUser('me@example.org', 'a good long password', 'operator')
  person = await new Person(app.origin, 'me@example.org', 'a good long password').signIn()
})
afterAll(() => app.stop())

const clientRows = () => allRows(app.dataDir).oauth_clients as { id: string; source: string }[]
const from = (address: string) => ({ 'x-forwarded-for': address })
let hosts = 0
const somewhere = () => from(`198.51.100.${++hosts}`)

async function post(body: string, headers: Record<string, string> = {}) {
  const response = await fetch(`${app.origin}/oauth/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...somewhere(), ...headers },
    body,
  })
  expect(response.headers.get('cache-control')).toBe('no-store')
  return { status: response.status, answer: (await response.json()) as Record<string, unknown> }
}
const metadata = (over: object = {}) => JSON.stringify({ redirect_uris: [REDIRECT], ...over })

describe('a registration is refused', () => {
  test.each<[clause: string, sent: string, body: string, status: number, error: string]>([
    ['RFC 7591 §3.1', 'nothing', '', 400, 'invalid_client_metadata'],
    ['RFC 7591 §3.1', 'what is no JSON', '{redirect_uris:[]}', 400, 'invalid_client_metadata'],
    ['RFC 7591 §3.1', 'a list', '[]', 400, 'invalid_client_metadata'],
    ['RFC 7591 §3.1', 'null', 'null', 400, 'invalid_client_metadata'],
    ['RFC 7591 §3.1', 'a text nested deep', '['.repeat(16_000), 400, 'invalid_client_metadata'],
    ['RFC 7591 §2', 'no redirect_uris', '{}', 400, 'invalid_client_metadata'],
    ['RFC 7591 §2', 'an empty list of redirect_uris', metadata({ redirect_uris: [] }), 400, 'invalid_client_metadata'],
    ['RFC 7591 §2', 'redirect_uris as a text', metadata({ redirect_uris: REDIRECT }), 400, 'invalid_client_metadata'],
    ['RFC 7591 §2', 'a number among them', metadata({ redirect_uris: [REDIRECT, 1] }), 400, 'invalid_client_metadata'],
    [
      'RFC 7591 §5',
      '21 of them',
      metadata({ redirect_uris: Array(21).fill(REDIRECT) }),
      400,
      'invalid_client_metadata',
    ],
    [
      'RFC 7591 §5',
      'thousands of numbers',
      metadata({ redirect_uris: Array(7_000).fill(1) }),
      400,
      'invalid_client_metadata',
    ],
    ['RFC 7591 §2', 'a client_name that is no text', metadata({ client_name: ['x'] }), 400, 'invalid_client_metadata'],
    ['RFC 7591 §2', 'the implicit grant only', metadata({ grant_types: ['implicit'] }), 400, 'invalid_client_metadata'],
    [
      'RFC 7591 §2',
      'client_credentials only',
      metadata({ grant_types: ['client_credentials'] }),
      400,
      'invalid_client_metadata',
    ],
    [
      'RFC 7591 §2.1',
      'response_types without code',
      metadata({ response_types: ['token'] }),
      400,
      'invalid_client_metadata',
    ],
    [
      'RFC 7591 §3.2.2',
      'a bad address',
      metadata({ redirect_uris: ['javascript:alert(1)'] }),
      400,
      'invalid_redirect_uri',
    ],
    ['RFC 9110 §15.5.14', 'more than 16 KB', metadata({ contacts: 'x'.repeat(17_000) }), 413, 'invalid_request'],
  ])('%s: %s', async (_, __, body, status, error) => {
    const before = clientRows()
    const refused = await post(body)
    expect([refused.status, refused.answer.error]).toEqual([status, error])
    expect(refused.answer.error_description).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]{1,500}$/)
    expect(clientRows()).toEqual(before)
  })

  test('RFC 7591 §3.1: by another type, or another method', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded']) {
      expect((await post(metadata(), { 'content-type': type })).answer.error).toBe('invalid_client_metadata')
    }
    const before = clientRows()
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const { status } = await fetch(`${app.origin}/oauth/register`, { method })
      expect([method, status >= 400]).toEqual([method, true])
    }
    expect(clientRows()).toEqual(before)
  })
})

describe('a registration is answered with what was registered', () => {
  const PLAIN = {
    client_name: 'A program without a name',
    redirect_uris: [REDIRECT],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
    scope: 'mcp',
  }
  test.each<[clause: string, sent: string, over: object, differs: object]>([
    ['RFC 7591 §2', 'only an address', {}, {}],
    ['RFC 7591 §2', 'a name', { client_name: 'Grüße 日本' }, { client_name: 'Grüße 日本' }],
    ['RFC 7591 §3.2.1', 'a name with blanks around it', { client_name: '  x \n' }, { client_name: 'x' }],
    ['RFC 7591 §3.2.1', 'a name of 300 characters', { client_name: 'n'.repeat(300) }, { client_name: 'n'.repeat(100) }],
    [
      'RFC 7591 §3.2.1',
      'a name that ends in half a character',
      { client_name: `${'n'.repeat(99)}😀` },
      { client_name: `${'n'.repeat(99)}\ufffd` },
    ],
    ['RFC 7591 §3.2.1', 'an address twice', { redirect_uris: [REDIRECT, REDIRECT] }, {}],
    ['RFC 7591 §3.2.1', 'a wish for a secret', { token_endpoint_auth_method: 'client_secret_basic' }, {}],
    [
      'RFC 7591 §3.2.1',
      'further grants',
      { grant_types: ['authorization_code', 'implicit', 'client_credentials'] },
      {},
    ],
    ['RFC 7591 §3.2.1', 'a wish for more scopes', { scope: 'mcp admin openid' }, {}],
    [
      'RFC 7591 §2',
      'members that nobody knows',
      { logo_uri: 'https://evil.example/', client_id: 'mine', ...JSON.parse('{"__proto__":{"x":1}}') },
      {},
    ],
    ['RFC 7591 §2.3', 'a software statement', { software_statement: 'eyJhbGciOiJub25lIn0.e30.' }, {}],
  ])('%s: %s', async (_, __, over, differs) => {
    const { status, answer } = await post(metadata(over))
    const { client_id, client_id_issued_at, ...rest } = answer
    expect([status, rest as object]).toEqual([201, { ...PLAIN, ...differs }])
    expect(client_id).toMatch(/^[0-9a-z]{26}$/)
    expect(client_id_issued_at).toBe(Math.floor(clock.time / 1000))
  })

  test('RFC 7591 §3: registration is open, and a token that is sent along is not looked at', async () => {
    expect((await post(metadata(), { authorization: 'Bearer an-initial-access-token' })).status).toBe(201)
  })
})

describe('a flood of registrations', () => {
  const registered = async (headers: Record<string, string>) => {
    const response = await new OAuthProgram(app.origin).register({}, headers)
    return { status: response.status, headers: response.headers, answer: await response.json() }
  }

  test('from one address ends after twenty in an hour, also when they come at once, and no other address minds', async () => {
    clock.time += HOUR
    const before = clientRows().length
    const flooder = from('203.0.113.1')
    const answers = await Promise.all(Array.from({ length: 100 }, () => registered(flooder)))
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(20)
    const refused = answers.filter(({ status }) => status !== 201)
    for (const { status, headers, answer } of refused) {
      expect([status, headers.get('retry-after'), answer.error]).toEqual([429, '3600', 'temporarily_unavailable'])
    }
    expect(clientRows()).toHaveLength(before + 20)
    expect((await registered(from('203.0.113.2'))).status).toBe(201)
    clock.time += HOUR
    expect((await registered(flooder)).status).toBe(201)
  })

  test('from all addresses of one IPv6 network ends like one from a single address', async () => {
    clock.time += HOUR
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, i) => registered(from(`2001:db8:1:2::${i.toString(16)}`))),
    )
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(20)
    expect((await registered(from('2001:db8:1:3::1'))).status).toBe(201)
  })

  test('from everywhere ends after two hundred in an hour; programs that are known sign in as ever', async () => {
    const known = new OAuthProgram(app.origin)
    await known.register({}, somewhere())
    clock.time += HOUR
    const before = clientRows().length
    const answers = await Promise.all(
      Array.from({ length: 300 }, (_, i) => registered(from(`2001:db8:0:${i.toString(16)}::1`))),
    )
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(200)
    expect(clientRows()).toHaveLength(before + 200)
    expect((await known.signIn(person)).status).toBe(200)
    clock.time += HOUR
    expect((await registered(somewhere())).status).toBe(201)
  })

  test('leaves nothing behind after a day; programs that were ever let in stay', async () => {
    const { oauth, agents } = app.serving.rooms.identity
    const [unused, used, revoked] = [0, 0, 0].map(() => new OAuthProgram(app.origin))
    if (!unused || !used || !revoked) throw new Error('There are three')
    clock.time += HOUR
    for (const program of [unused, used, revoked]) await program.register({}, somewhere())
    await used.signIn(person)
    const gone = await revoked.signIn(person)
    await revoked.revoke(gone.refresh_token)
    clock.time += 23 * HOUR
    await oauth.forgetOverdue()
    expect(clientRows().map(({ id }) => id)).toContain(unused.clientId)
    clock.time += 2 * HOUR
    await oauth.forgetOverdue()
    const [user] = await app.serving.rooms.identity.humans.users()
    const everLetIn = (await agents.list(user?.id ?? '')).map(({ clientId }) => clientId ?? '')
    expect(
      clientRows()
        .map(({ id }) => id)
        .toSorted(),
    ).toEqual([...new Set(everLetIn)].toSorted())
    expect(everLetIn).toContain(revoked.clientId)
    // Who was signed out may ask again; who was forgotten is told so, and registers anew.
    expect((await revoked.signIn(person)).status).toBe(200)
    expect(await unused.refresh(gone.refresh_token)).toMatchObject({ status: 400, error: 'invalid_client' })
    expect((await unused.answer(person)).text).toContain('This program is not known here.')
  })
})
