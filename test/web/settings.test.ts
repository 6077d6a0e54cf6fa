import { Database } from 'bun:sqlite'
import { afterAll, beforeEach, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { type App, EMAIL, PASSWORD, startApp } from '../harness/app.ts'
import { Person } from '../harness/person.ts'
import { rawConnection } from '../harness/raw-connection.ts'
import { HOUR_MS, MINUTE_MS } from '../harness/stage.ts'
import { allRows } from '../harness/tables.ts'
import { TestClock } from '../harness/test-clock.ts'

const NEXT = 'another long password'

let clock: TestClock
let app: App
let person: Person
beforeEach(async () => {
  await app?.stop()
  clock = new TestClock()
  app = await startApp({ clock })
  person = await app.person()
})
afterAll(() => app.stop())

const page = async (path = '/settings', who = person) => (await who.get(path)).text()
const isIn = async (who: Person) => (await who.get('/settings')).status === 200
const endings = (html: string) =>
  [...html.matchAll(/action="\/settings\/browsers\/([0-9a-f]{32})\/end"/g)].map(([, id]) => id ?? '')

describe('signed-in browsers', () => {
  test('each is shown with when and from where, and this one apart', async () => {
    await app.person()
    const html = await page()
    expect(html.match(/– this one/g)).toHaveLength(1)
    expect(endings(html)).toHaveLength(1)
    expect(html).not.toContain('Sign out all others')
    // Neither the token nor the hash that stands for it.
    const token = person.cookie.split('=')[1] ?? ''
    expect(html).not.toContain(token)
    for (const row of allRows(app.dataDir).sessions as { token_hash: string }[])
      expect(html).not.toContain(row.token_hash)
  })

  test('one can be ended, and is then out at once; the others are not', async () => {
    const [second, third] = [await app.person(), await app.person()]
    const [id] = endings(await page())
    await person.post(`/settings/browsers/${id}/end`, {})
    const still = [await isIn(second), await isIn(third)]
    expect(still.filter(Boolean)).toHaveLength(1)
    expect(await isIn(person)).toBe(true)
    expect((await person.post(`/settings/browsers/${id}/end`, {})).status).toBe(404)
  })

  test('all others can be ended at once', async () => {
    const others = [await app.person(), await app.person()]
    const answer = await person.post('/settings/browsers/end-others', {})
    expect(answer.headers.get('location')).toBe('/settings?done=browsers#browsers')
    expect([await isIn(person), await isIn(others[0] as Person), await isIn(others[1] as Person)]).toEqual([
      true,
      false,
      false,
    ])
    const ended = [...app.rooms.audit.events()].filter(({ name }) => name === 'session.ended')
    expect(ended.map(({ actor }) => actor)).toEqual([`user:${app.userId}`, `user:${app.userId}`])
  })

  test('one that is ended while its form still arrives changes nothing by it', async () => {
    const other = await app.person()
    const [id] = endings(await page())
    const body = new URLSearchParams({ appearance: 'dark', origin_proof: other.proof }).toString()
    const late = rawConnection(
      app.origin,
      `POST /settings/appearance HTTP/1.1\r\nHost: ${new URL(app.origin).host}\r\nCookie: ${other.cookie}\r\n` +
        `Sec-Fetch-Site: same-origin\r\nContent-Type: application/x-www-form-urlencoded\r\nConnection: close\r\n` +
        `Content-Length: ${body.length}\r\n\r\n${body.slice(0, -1)}`,
    )
    await Bun.sleep(100)
    await person.post(`/settings/browsers/${id}/end`, {})
    late.write(body.slice(-1))
    expect(await late.closed).toMatch(/^HTTP\/1\.1 303 .*\r\nlocation: \/sign-in/is)
    expect(await page('/')).toContain('<html lang="en">')
  })

  test('of somebody else none is shown, and none can be ended', async () => {
    await app.rooms.identity.humans.addUser('other@example.org', PASSWORD, 'operator')
    const other = await new Person(app.origin, 'other@example.org', PASSWORD).signIn()
    await app.person()
    const [id] = endings(await page())
    expect(endings(await page('/settings', other))).toEqual([])
    expect((await other.post(`/settings/browsers/${id}/end`, {})).status).toBe(404)
    expect(endings(await page())).toEqual([id ?? ''])
  })

  test('when one was seen is written down every few minutes, and not for every page', async () => {
    const database = new Database(join(app.dataDir, 'agentport.db'), { readonly: true })
    const seen = () => (database.query('SELECT last_seen_at AS at FROM sessions').get() as { at: number | null }).at
    await page()
    expect(seen()).toBeNull()
    await clock.advance(6 * MINUTE_MS)
    await page()
    const first = seen()
    expect(first).toBe(clock.now())
    await clock.advance(4 * MINUTE_MS)
    await page()
    expect(seen()).toBe(first ?? 0)
    await clock.advance(-2 * HOUR_MS)
    await page()
    expect(seen()).toBe(clock.now())
    database.close()
  })
})

describe('the password', () => {
  const change = (form: Record<string, string>) =>
    person.post('/settings/password', { password: PASSWORD, new_password: NEXT, new_password_again: NEXT, ...form })

  test('is changed by whoever knows it: this browser stays, all others and the personal tokens end, the keys do not', async () => {
    const other = await app.person()
    const { key } = await app.newKey()
    const { token } = await app.rooms.identity.personalTokens.create(app.userId, {
      name: 'script',
      scope: 'read',
      lifetimeMs: HOUR_MS,
    })
    const answer = await change({})
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/settings?done=password'])
    expect(await page('/settings?done=password')).toContain('The password is changed.')
    expect([await isIn(person), await isIn(other)]).toEqual([true, false])
    const api = (credential: string, path: string) =>
      fetch(app.origin + path, { headers: { authorization: `Bearer ${credential}` } }).then(({ status }) => status)
    expect([await api(token, '/api/human/me'), await api(key, '/api/users/me')]).toEqual([401, 200])
    await expect(new Person(app.origin, EMAIL, PASSWORD).signIn()).rejects.toThrow()
    await new Person(app.origin, EMAIL, NEXT).signIn()
  })

  test.each<[string, Record<string, string>, number, string]>([
    ['another than the one there is', { password: 'not this one' }, 403, 'That was not the password'],
    ['none', { password: '' }, 403, 'That was not the password'],
    ['two that differ', { new_password_again: 'yet another one' }, 400, 'The two new passwords differ.'],
    ['one too short', { new_password: 'short', new_password_again: 'short' }, 400, 'at least 8 characters'],
    ['the one there is', { new_password: PASSWORD, new_password_again: PASSWORD }, 400, 'the password you have'],
  ])('is not changed by %s, and why is said', async (_, form, status, words) => {
    const other = await app.person()
    const answer = await change(form)
    expect([answer.status, await answer.text()]).toEqual([status, expect.stringContaining(words)])
    expect(await isIn(other)).toBe(true)
    await new Person(app.origin, EMAIL, PASSWORD).signIn()
  })

  test('that was reset meanwhile by the operator is not changed by whoever knew the one before', async () => {
    const { humans } = app.rooms.identity
    const changed = change({})
    await humans.setPassword(app.userId, 'chosen by the operator', 'operator')
    await changed
    // Whichever of the two came first, the operator's stands.
    await new Person(app.origin, EMAIL, 'chosen by the operator').signIn()
  })

  test('guessing at it here gets slower as it does at the door', async () => {
    for (let n = 0; n < 6; n++) await change({ password: `guess ${n}` })
    expect((await change({})).status).toBe(403)
    await clock.advance(2 * MINUTE_MS)
    expect((await change({})).status).toBe(303)
  })
})

test('the appearance is the server’s word on every page, from the next page on, in every browser of the person', async () => {
  const other = await app.person()
  expect(await page('/')).toContain('<html lang="en">')
  await person.post('/settings/appearance', { appearance: 'dark' })
  for (const html of [await page('/'), await page('/log'), await page('/', other)])
    expect(html).toContain('<html lang="en" data-appearance="dark">')
  expect(await page('/')).toContain('name="color-scheme" content="dark"')
  expect((await person.post('/settings/appearance', { appearance: 'plaid"' })).status).toBe(400)
  await person.post('/settings/appearance', { appearance: 'system' })
  expect(await page('/')).toContain('<html lang="en">')
})

test('what runs here is told, and where it lies is not', async () => {
  const html = await page()
  for (const words of ['0.1.0', `Bun ${Bun.version}`, '0 connections, 0 agents, 0 calls in the log'])
    expect(html).toContain(words)
  expect(html).not.toContain(app.dataDir)
  expect(await (await fetch(`${app.origin}/assets/licence.txt`)).text()).toContain('MIT License')
})

test('what an address says was done is one of our sentences or nothing', async () => {
  expect(await page('/settings?done=times')).toContain('The times are saved.')
  for (const done of ['x', '__proto__', 'constructor', '<b>'])
    expect(await page(`/settings?done=${encodeURIComponent(done)}`)).not.toContain('notice-ok')
})
