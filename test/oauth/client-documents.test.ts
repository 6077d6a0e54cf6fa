import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { AnswerTooLarge, createOutbound, NotSent, type OutboundFetch } from '../../src/lib/outbound.ts'
import { type App, startApp } from '../harness/app.ts'
import { OAuthProgram, REDIRECT, waysOut } from '../harness/oauth-program.ts'
import type { Person } from '../harness/person.ts'
import { startRawServer } from '../harness/raw-server.ts'
import { allRows } from '../harness/tables.ts'
import { TestClock } from '../harness/test-clock.ts'

const ID = 'https://docs.example/program.json'
const MINUTE = 60_000
const clock = new TestClock()
let app: App
let person: Person
let program: OAuthProgram
/** What the server at the client id answers, and what it was asked. */
let serve: (url: URL, init: RequestInit) => Response | Promise<Response>
const asked: { url: string; init: RequestInit; limits: Parameters<OutboundFetch>[2] }[] = []

beforeAll(async () => {
  const outbound: OutboundFetch = async (target, init, limits) => {
    asked.push({ url: String(target), init, limits })
    return serve(new URL(target), init)
  }
  app = await startApp({ clock, outbound })
  person = await app.person()
})
afterAll(() => app.stop())
beforeEach(async () => {
  // What was read before is read again.
  await clock.advance(61 * MINUTE)
  asked.length = 0
  serve = () => json(document())
  program = new OAuthProgram(app.origin)
  program.clientId = ID
})

const document = (over: object = {}) => ({
  client_id: ID,
  client_name: 'Described program',
  redirect_uris: [REDIRECT, 'https://docs.example/callback'],
  ...over,
})
const json = (value: unknown, type = 'application/json') =>
  new Response(JSON.stringify(value), { headers: { 'content-type': type } })
const documentRows = () =>
  (allRows(app.dataDir).oauth_clients as { id: string; source: string }[]).filter(({ source }) => source === 'document')

describe('Client ID Metadata Document §3: of a client id that is no address of a document nothing is fetched', () => {
  test.each([
    'http://docs.example/program.json',
    'https://docs.example',
    'https://docs.example/',
    'https://docs.example/#x',
    'https://docs.example/program.json#x',
    'https://user@docs.example/program.json',
    'https://user:password@docs.example/program.json',
    'https://docs.example/a/../program.json',
    'https://docs.example/a/%2e%2e/program.json',
    'https://docs.example/./program.json',
    'https://docs.example\\program.json',
    'https://DOCS.example/program.json',
    'https://docs.example:443/program.json',
    'https://dоcs.example/program.json',
    'https:docs.example/program.json',
    'https://0x7f.1/program.json',
    'HTTPS://docs.example/program.json',
    ' https://docs.example/program.json',
    'file:///etc/passwd',
    `https://docs.example/${'x'.repeat(2_000)}`,
  ])('%j', async (id) => {
    program.clientId = id
    const response = await person.get(program.authorizePath())
    expect([response.status, waysOut(await response.text()).links]).toEqual([400, []])
    expect(asked).toEqual([])
  })
})

describe('§4.1: a document that is not in order lets nobody in, and is not kept', () => {
  const refusals: [what: string, answer: () => Response | Promise<Response>][] = [
    ['404', () => new Response(null, { status: 404 })],
    ['500', () => new Response('x', { status: 500 })],
    ['204', () => new Response(null, { status: 204 })],
    [
      'a redirect',
      () => new Response(null, { status: 302, headers: { location: 'https://evil.example/program.json' } }),
    ],
    ['a page', () => json(document(), 'text/html')],
    ['a text', () => json(document(), 'text/plain; charset=utf-8')],
    ['no type', () => new Response(new TextEncoder().encode(JSON.stringify(document())))],
    ['a type that begins alike', () => json(document(), 'application/jsonp')],
    ['no JSON', () => new Response('{', { headers: { 'content-type': 'application/json' } })],
    ['a list', () => json([document()])],
    ['null', () => json(null)],
    ['no client_id', () => json(document({ client_id: undefined }))],
    ['another client_id', () => json(document({ client_id: 'https://docs.example/another.json' }))],
    ['the client_id with a slash', () => json(document({ client_id: `${ID}/` }))],
    ['the client_id as a list', () => json(document({ client_id: [ID] }))],
    ['a secret', () => json(document({ client_secret: 'x' }))],
    ['client_secret_post', () => json(document({ token_endpoint_auth_method: 'client_secret_post' }))],
    ['client_secret_basic', () => json(document({ token_endpoint_auth_method: 'client_secret_basic' }))],
    ['client_secret_jwt', () => json(document({ token_endpoint_auth_method: 'client_secret_jwt' }))],
    ['no redirect_uris', () => json(document({ redirect_uris: undefined }))],
    ['a bad address', () => json(document({ redirect_uris: [REDIRECT, 'javascript:alert(1)'] }))],
    [
      'no address that can be reached',
      () => Promise.reject(new NotSent('docs.example cannot be found', 'no_such_host')),
    ],
    ['too much', () => Promise.reject(new AnswerTooLarge('The answer is longer than 65536 bytes.'))],
  ]
  test.each(refusals)('%s', async (_, answer) => {
    const before = documentRows()
    serve = answer
    for (const act of ['ask', 'allow']) {
      const response =
        act === 'ask'
          ? await person.get(program.authorizePath())
          : await person.post('/oauth/authorize', {
              ...Object.fromEntries(program.request()),
              decision: 'allow',
              reach: 'all',
            })
      const text = await response.text()
      expect([response.status === 400 || response.status === 502, waysOut(text)]).toEqual([
        true,
        { byItself: null, links: [] },
      ])
      expect(text).not.toContain('evil.example')
    }
    expect(documentRows()).toEqual(before)
    serve = () => json(document())
    expect((await person.get(program.authorizePath())).status).toBe(200)
  })

  test('nor does one that takes longer than five seconds', async () => {
    serve = (_, { signal }) =>
      new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason), { once: true }))
    const began = performance.now()
    expect((await person.get(program.authorizePath())).status).toBe(502)
    expect(performance.now() - began).toBeLessThan(8_000)
  }, 15_000)

  test('nothing that it says is shown as a sentence of ours', async () => {
    const words = 'Call 555-0199 to unlock your account \u202egnp.'
    for (const over of [{ redirect_uris: [words] }, { client_id: words }, { [words]: 1, redirect_uris: [1] }]) {
      serve = () => json(document(over))
      const text = await (await person.get(program.authorizePath())).text()
      expect(text).not.toContain('\u202e')
      expect(text.replace(/'[^']*'|<(?:"[^"]*"|[^">])*>/g, '')).not.toContain('555-0199')
    }
  })
})

describe('a document in order', () => {
  test.each<[what: string, id: string, answer: (id: string) => Response]>([
    ['with a charset', ID, (id) => json(document({ client_id: id }), 'application/json; charset=utf-8')],
    ['of a type of its own', ID, (id) => json(document({ client_id: id }), 'application/client-metadata+json')],
    ['on another port', 'https://docs.example:8443/a', (id) => json(document({ client_id: id }))],
    ['with a query', 'https://docs.example/a?b=c', (id) => json(document({ client_id: id }))],
    [
      'of a program that could sign',
      ID,
      (id) =>
        json(document({ client_id: id, token_endpoint_auth_method: 'private_key_jwt', jwks_uri: 'https://x.example' })),
    ],
  ])('%s lets its program sign in', async (_, id, answer) => {
    program.clientId = id
    serve = () => answer(id)
    expect((await program.signIn(person)).status).toBe(200)
    expect(asked[0]?.url).toBe(id)
  })

  test('is asked for through the guarded client: nothing private, bounded in bytes and time, without a credential', async () => {
    await person.get(program.authorizePath())
    expect(asked).toHaveLength(1)
    const [{ init, limits } = { init: {}, limits: null }] = asked
    expect(limits).toEqual({ allowedPrivate: null, maxBytes: 65_536 })
    expect(init.signal).toBeInstanceOf(AbortSignal)
    expect([...new Headers(init.headers).keys()]).toEqual(['accept'])
  })

  test('is asked for by a signed-in person’s browser only: a stranger makes us fetch nothing', async () => {
    const response = await fetch(app.origin + program.authorizePath(), { redirect: 'manual' })
    expect([response.status, response.headers.get('location')?.startsWith('/sign-in?')]).toEqual([303, true])
    for (const send of [program.exchange('x'), program.refresh('x'), program.revoke('x')]) await send
    expect(asked).toEqual([])
  })

  test('is read once an hour, and what it no longer says holds no more', async () => {
    const old = 'https://docs.example/callback'
    const status = async () => (await person.get(program.authorizePath({ redirect_uri: old }))).status
    expect([await status(), await status(), asked.length]).toEqual([200, 200, 1])
    serve = () => json(document({ redirect_uris: [REDIRECT] }))
    await clock.advance(59 * MINUTE)
    expect([await status(), asked.length]).toEqual([200, 1])
    await clock.advance(MINUTE)
    expect([await status(), asked.length]).toEqual([400, 2])
    serve = () => new Response(null, { status: 404 })
    await clock.advance(60 * MINUTE)
    expect([await status(), asked.length]).toEqual([502, 3])
  })

  test('is kept once a person has answered, and not for being asked about: a page may send a browser here without end', async () => {
    const before = allRows(app.dataDir)
    for (let i = 0; i < 30; i++) {
      const id = `https://docs.example/program-${i}.json`
      program.clientId = id
      serve = () => json(document({ client_id: id }))
      expect((await person.get(program.authorizePath())).status).toBe(200)
    }
    expect(allRows(app.dataDir)).toEqual(before)
    expect((await program.signIn(person)).status).toBe(200)
    expect(documentRows().map(({ id }) => id)).toContain(program.clientId)
    expect(asked).toHaveLength(30)
  })

  test('that changes while the person looks at the page sends the answer nowhere else', async () => {
    serve = () => json(document({ redirect_uris: ['https://docs.example/callback'] }))
    const html = await (await person.get(program.authorizePath({ redirect_uri: null }))).text()
    const fields = [...html.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)].map(
      ([, name = '', value = '']) => [name, value.replaceAll('&amp;', '&')],
    )
    serve = () => json(document({ redirect_uris: ['https://evil.example/callback'] }))
    await clock.advance(60 * MINUTE)
    const answer = { ...Object.fromEntries(fields), decision: 'allow', reach: 'all', lifetime: 'forever' }
    const response = await person.post('/oauth/authorize', answer)
    expect([response.status, waysOut(await response.text())]).toEqual([400, { byItself: null, links: [] }])
  })

  test('belongs to many installations: signing in on one leaves the others in', async () => {
    const first = await program.signIn(person)
    const other = new OAuthProgram(app.origin)
    other.clientId = ID
    const second = await other.signIn(person)
    expect((await program.refresh(first.refresh_token)).status).toBe(200)
    expect((await other.refresh(second.refresh_token)).status).toBe(200)
  })

  test('names its publisher, which on this computer says nothing of who asks', async () => {
    const shown = async (redirect_uri: string) => (await person.get(program.authorizePath({ redirect_uri }))).text()
    const described = 'It is described at <bdi class="name" dir="ltr">docs.example</bdi>'
    expect(await shown('https://docs.example/callback')).toContain(`${described}.`)
    expect(await shown(REDIRECT)).toContain(
      `${described}, but any program on this computer can say that it is this one`,
    )
  })
})

test('a document in a private network is not fetched, whatever its name resolves to', async () => {
  const inside = await startRawServer((socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n'))
  let addresses: string[] = []
  const guarded = await startApp({ outbound: createOutbound({ resolve: async () => addresses }) })
  const them = await guarded.person()
  for (const address of ['127.0.0.1', '::1', '10.0.0.1', '192.168.1.1', '169.254.169.254', '::ffff:127.0.0.1']) {
    addresses = [address]
    const lost = new OAuthProgram(guarded.origin)
    for (const host of ['docs.example', '127.0.0.1', 'localhost']) {
      lost.clientId = `https://${host}:${inside.port}/program.json`
      expect([address, host, (await them.get(lost.authorizePath())).status]).toEqual([address, host, 502])
    }
  }
  expect(inside.connections).toBe(0)
  await inside.stop()
  await guarded.stop()
})
