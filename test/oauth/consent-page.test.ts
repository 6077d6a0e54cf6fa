import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { type App, PASSWORD, startApp } from '../harness/app.ts'
import { LeapClock } from '../harness/empty-app.ts'
import { FarEnd } from '../harness/far-end.ts'
import { OAuthProgram, REDIRECT, waysOut } from '../harness/oauth-program.ts'
import { Person } from '../harness/person.ts'
import { allRows } from '../harness/tables.ts'
import { Wire } from '../harness/wire.ts'
import { elementsOf, unmarked } from '../views/markup.ts'

const clock = new LeapClock()
const far = new FarEnd([{ name: 'run' }])
let app: App
let person: Person
let program: OAuthProgram

beforeAll(async () => {
  far.start()
  app = await startApp({ clock })
  await app.install('far', far.url)
  person = await app.person()
})
beforeEach(async () => {
  // Registrations of one address are limited by the hour.
  clock.time += 60 * 60_000
  program = new OAuthProgram(app.origin)
  await program.register()
})
afterAll(async () => {
  await app.stop()
  await far.stop()
})

const answerForm = (form: Record<string, string> = {}) => ({
  ...Object.fromEntries(program.request()),
  decision: 'allow',
  reach: 'all',
  lifetime: 'forever',
  ...form,
})

describe('an answer that is not the person’s own changes nothing', () => {
  const OURS = { 'sec-fetch-site': 'same-origin' }
  test.each<
    [
      what: string,
      proof: (form: Record<string, string>) => Record<string, string>,
      headers: Record<string, string>,
      says: string,
    ]
  >([
    [
      'without the secret of our own pages',
      (form) => ({ ...form, origin_proof: '' }),
      OURS,
      'Confirm with your password',
    ],
    ['with a guess at it', (form) => ({ ...form, origin_proof: 'a'.repeat(43) }), OURS, 'Confirm with your password'],
    ['from another site', (form) => form, { 'sec-fetch-site': 'cross-site' }, 'Not from this site'],
    ['from another port of this host', (form) => form, { 'sec-fetch-site': 'same-site' }, 'Not from this site'],
    ['from an address bar', (form) => form, { 'sec-fetch-site': 'none' }, 'Not from this site'],
    [
      'from a foreign origin',
      (form) => form,
      { 'sec-fetch-site': '', origin: 'https://evil.example' },
      'Not from this site',
    ],
    ['from a sandboxed frame', (form) => form, { 'sec-fetch-site': '', origin: 'null' }, 'Not from this site'],
  ])('%s', async (_, proof, headers, says) => {
    const before = allRows(app.dataDir)
    for (const decision of ['allow', 'deny']) {
      const response = await person.post('/oauth/authorize', proof(answerForm({ decision })), headers)
      const text = await response.text()
      expect(response.status).toBe(403)
      expect(text).toContain(says)
      expect(waysOut(text)).toEqual({ byItself: null, links: [] })
    }
    expect(allRows(app.dataDir)).toEqual(before)
  })

  test('with a wrong password', async () => {
    const tries = ['sign_in_failures', 'audit_events']
    const before = allRows(app.dataDir, tries)
    const response = await person.post('/oauth/authorize', answerForm({ origin_proof: '', password: 'wrong' }))
    expect([response.status, waysOut(await response.text())]).toEqual([401, { byItself: null, links: [] }])
    expect(allRows(app.dataDir, tries)).toEqual(before)
  })

  test('with the secret of another session', async () => {
    const other = await app.person()
    const before = allRows(app.dataDir)
    const response = await person.post('/oauth/authorize', answerForm({ origin_proof: other.proof }))
    expect(response.status).toBe(403)
    expect(allRows(app.dataDir)).toEqual(before)
  })

  test('in the address of the page', async () => {
    const before = allRows(app.dataDir)
    const query = new URLSearchParams({ ...answerForm(), origin_proof: person.proof })
    const response = await person.get(`/oauth/authorize?${query}`)
    expect(waysOut(await response.text())).toEqual({ byItself: null, links: [] })
    expect(allRows(app.dataDir)).toEqual(before)
  })

  test('without a session', async () => {
    const before = allRows(app.dataDir)
    const response = await person.post('/oauth/authorize', answerForm(), { cookie: '' })
    expect([response.status, response.headers.get('location')]).toEqual([303, '/sign-in?return_to=%2F'])
    expect(allRows(app.dataDir)).toEqual(before)
  })

  test('but the password does, where no script could show the secret', async () => {
    const response = await person.post('/oauth/authorize', answerForm({ origin_proof: '', password: PASSWORD }))
    expect(waysOut(await response.text()).byItself).toStartWith(`${REDIRECT}?code=`)
  })
})

describe('an answer that is not whole is asked for again', () => {
  test.each<[what: string, form: Record<string, string>, says: string]>([
    ['no connections chosen', { reach: 'chosen' }, 'Tick at least one connection'],
    ['neither all nor chosen', { reach: '' }, 'Choose which connections it may use.'],
    ['a connection of nobody', { reach: 'chosen', connection: 'nobody' }, 'One of these connections is gone.'],
    ['no time that is offered', { lifetime: '3650' }, 'Choose for how long.'],
    ['no number at all', { lifetime: '1e1' }, 'Choose for how long.'],
    ['no answer', { decision: '' }, 'Choose Allow or Deny.'],
    ['another answer', { decision: 'ALLOW' }, 'Choose Allow or Deny.'],
  ])('%s', async (_, form, says) => {
    const before = allRows(app.dataDir)
    const { status, text, led } = await program.answer(person, { decision: 'allow', ...form })
    expect([status, led, text.includes(says)]).toEqual([400, null, true])
    expect(allRows(app.dataDir)).toEqual(before)
  })

  test('another user’s connection cannot be chosen', async () => {
    const { humans } = app.rooms.identity
    const email = `neighbour-${clock.time}@example.org`
    await humans.addUser(email, 'a good long password', 'operator')
    const neighbour = await new Person(app.origin, email, 'a good long password').signIn()
    const mine = (await app.rooms.upstreams.find(app.userId, 'far'))?.id ?? ''
    const { status, text } = await program.answer(neighbour, { decision: 'allow', reach: 'chosen', connection: mine })
    expect([status, text.includes('One of these connections is gone.')]).toEqual([400, true])
  })
})

test.each<[page: string, open: () => Promise<Response>, status: number]>([
  ['the consent page', () => person.get(program.authorizePath()), 200],
  ['the page that leads on after a yes', () => person.post('/oauth/authorize', answerForm()), 200],
  ['the page that leads on after a no', () => person.post('/oauth/authorize', answerForm({ decision: 'deny' })), 200],
  [
    'the page of a request that is not in order',
    () => person.get(program.authorizePath({ state: 's'.repeat(4_001) })),
    400,
  ],
  ['the page that asks for the password', () => person.post('/oauth/authorize', answerForm({ origin_proof: '' })), 403],
])(
  '%s cannot be framed, runs nothing of others, is kept by nobody and tells nobody where it was',
  async (_, open, status) => {
    const response = await open()
    expect(response.status).toBe(status)
    const policy = response.headers.get('content-security-policy')?.split('; ') ?? []
    for (const rule of [
      "default-src 'none'",
      "script-src 'self'",
      "form-action 'self'",
      "frame-ancestors 'none'",
      "base-uri 'none'",
    ])
      expect(policy).toContain(rule)
    expect(response.headers.get('x-frame-options')).toBe('DENY')
    expect(response.headers.get('cross-origin-opener-policy')).toBe('same-origin')
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(response.headers.get('referrer-policy')).toBe('same-origin')
    const html = await response.text()
    for (const { name, attributes } of await elementsOf(html)) {
      if (name === 'script') expect(attributes.get('src')).toStartWith('/assets/')
      // The sheet of keyboard shortcuts closes itself, and is sent nowhere.
      if (name === 'form' && attributes.get('method') !== 'dialog') expect(attributes.get('action')).toStartWith('/')
      expect([...attributes.keys()].filter((each) => /^on|^style$/.test(each))).toEqual([])
      if (attributes.get('href')?.startsWith('http')) expect(attributes.get('rel')).toBe('noreferrer')
    }
  },
)

describe('a program’s own name is shown for what it is', () => {
  const LONG = 'Claude Code '.repeat(1_000)
  test.each<[what: string, name: string, shown: string]>([
    ['markup', '<script>alert(1)</script><b>x</b>', '<script>alert(1)</script><b>x</b>'],
    ['an end of the heading', '"></bdi></h1><h1>AgentPort', '"></bdi></h1><h1>AgentPort'],
    ['a turned direction', 'Claude \u202eedoC\u202c\u2067x\u2069', 'Claude \u202eedoC\u202c\u2067x\u2069'],
    [
      'what nobody sees',
      'Cla\u200bude\u2060 \u00adCode\ufeff\u{e0041}',
      'Cla\u200bude\u2060 \u00adCode\ufeff\u{e0041}',
    ],
    ['nothing but that', '\u200b\u200b\u2060', '\u200b\u200b\u2060'],
    ['lines', 'Claude\n\nIt is safe.\r\nReally', 'Claude\n\nIt is safe.\r\nReally'],
    ['a heap of marks', `C${'\u0301'.repeat(50)}laude`, `C${'\u0301'.repeat(50)}laude`],
    ['letters of another alphabet', 'Сlаude Соde', 'Сlаude Соde'],
    ['letters that run the other way', 'Claude שלום 123', 'Claude שלום 123'],
    ['far too much', LONG, LONG.slice(0, 100)],
    [
      'a sentence that could be ours',
      'Claude. It is described at anthropic.com',
      'Claude. It is described at anthropic.com',
    ],
    ['no name', ' \t ', 'A program without a name'],
  ])('%s', async (_, client_name, shown) => {
    await program.register({ client_name })
    const html = await (await person.get(program.authorizePath())).text()
    const heading = /<h1 class="consent-name">(<bdi class="line" dir="ltr">.*?<\/bdi>)<\/h1>/s.exec(html)?.[1] ?? ''
    expect(unmarked(heading)).toBe(shown)
    expect(html).toContain('The name is its own claim. Nobody vouches for it')
    expect(html).toContain('<title>Let a program in? · AgentPort</title>')
    await expectNothingUnseen(html)
  })

  test('one that mixes alphabets is called careful', async () => {
    await program.register({ client_name: 'Сlaude Code' })
    const html = await (await person.get(program.authorizePath())).text()
    expect(html).toMatch(/<span class="alike" title="Careful: [^"]+">С<\/span>/)
  })

  test('also where it asks later, on the page of the request', async () => {
    await program.register({ client_name: '<i>Claude</i> \u202eedoC\u200b' })
    const { access_token } = await program.signIn(person)
    const asked = await new Wire(app.origin, access_token).call('2026', 'far', 'run', '{}')
    const html = await (await person.get(`/approve/${asked._meta?.['agentport/request_id']}`)).text()
    expect(unmarked(html)).toContain('<i>Claude</i> \u202eedoC\u200b')
    expect(html).not.toContain('<i>')
    await expectNothingUnseen(html)
  })
})

describe('the place where the answer goes is shown as what is dialled', () => {
  test.each<[address: string, shown: string]>([
    ['https://xn--clude-2we.ai/callback', 'the site xn--clude-2we.ai'],
    [
      `https://claude.ai.${'x'.repeat(60)}.${'y'.repeat(60)}.example/`,
      `the site claude.ai.${'x'.repeat(60)}.${'y'.repeat(60)}.example`,
    ],
    ['https://evil.example/claude.ai/callback', 'the site evil.example'],
    ['https://evil.example:8443/?claude.ai', 'the site evil.example:8443'],
    ['http://localhost:33418/claude.ai', 'a program on the computer you sit at (localhost:33418)'],
    ['claude-ai.evil:/callback', 'the program that opens claude-ai.evil: links here'],
  ])('%s', async (redirect_uri, shown) => {
    await program.register({ redirect_uris: [redirect_uri] })
    const html = await (await person.get(program.authorizePath({ redirect_uri }))).text()
    expect(unmarked(/<dt>Leads on to<\/dt><dd>(.*?)<\/dd>/s.exec(html)?.[1] ?? '')).toBe(shown)
    const { text } = await program.answer(person, { decision: 'deny' }, { redirect_uri })
    const place = /Continue to (<bdi.*?<\/bdi>)/s.exec(text)?.[1] ?? ''
    expect(shown).toContain(unmarked(place))
  })
})

/** Neither as characters nor as entities. */
async function expectNothingUnseen(html: string) {
  expect(html).not.toMatch(/[\u200b-\u200f\u202a-\u202e\u2060-\u2069\u00ad\ufeff\u{e0000}-\u{e007f}]|&#/u)
}
