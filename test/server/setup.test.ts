import { afterEach, expect, test } from 'bun:test'
import { type EmptyApp, LeapClock, startEmptyApp } from '../harness/empty-app.ts'
import { Person } from '../harness/person.ts'
import { allRows } from '../harness/tables.ts'
import { tempDir } from '../harness/temp-dir.ts'

const running: { stop(): Promise<void> }[] = []
afterEach(async () => {
  for (const app of running.splice(0)) await app.stop()
})
async function start(options: Parameters<typeof startEmptyApp>[0] = {}): Promise<EmptyApp> {
  const app = await startEmptyApp(options)
  running.push(app)
  return app
}

const tokenOf = (link: string | null) => new URL(link ?? '').searchParams.get('token') ?? ''
const anybody = (app: EmptyApp) => new Person(app.origin, '', '')
const claim = (app: EmptyApp, token: string, email: string, password = 'a good long password') =>
  anybody(app).post('/setup', { token, email, password, password_again: password })
const emails = async (app: EmptyApp) => (await app.serving.rooms.identity.humans.users()).map(({ email }) => email)

test('the setup link makes the first account, signs it in, and works once', async () => {
  const app = await start()
  const token = tokenOf(app.serving.setupLink)
  expect(app.serving.setupLink).toBe(`${app.origin}/setup?token=${token}`)
  expect(token).toMatch(/^[A-Za-z0-9_-]{43}$/)
  const first = await claim(app, token, 'Me@Example.org ')
  expect([first.status, first.headers.get('location')]).toEqual([303, '/'])
  const cookie = first.headers.get('set-cookie')?.split(';')[0] ?? ''
  expect((await fetch(app.origin, { headers: { cookie }, redirect: 'manual' })).status).toBe(200)

  const second = await claim(app, token, 'thief@example.org')
  expect(second.status).toBe(410)
  expect((await fetch(app.serving.setupLink ?? '')).status).toBe(410)
  expect(await emails(app)).toEqual(['me@example.org'])
})

test('two posts of the link at once make one user', async () => {
  const app = await start()
  const token = tokenOf(app.serving.setupLink)
  const answers = await Promise.all(['a', 'b', 'c'].map((name) => claim(app, token, `${name}@example.org`)))
  expect(answers.map(({ status }) => status).toSorted()).toEqual([303, 410, 410])
  expect(await emails(app)).toHaveLength(1)
})

test('nobody claims the instance without the link', async () => {
  const app = await start()
  const token = tokenOf(app.serving.setupLink)
  for (const guess of ['', 'x', token.slice(0, -1), `${token}A`, 'A'.repeat(43)])
    expect((await claim(app, guess, 'thief@example.org')).status).toBe(410)
  expect(await emails(app)).toEqual([])
  expect(JSON.stringify(allRows(app.dataDir))).not.toContain(token)
})

test('a typing error does not use the link up', async () => {
  const app = await start()
  const token = tokenOf(app.serving.setupLink)
  const form = { token, email: 'me@example.org', password: 'a good long password' }
  const differing = await anybody(app).post('/setup', { ...form, password_again: 'another' })
  expect([differing.status, await differing.text()]).toEqual([
    400,
    expect.stringContaining('The two passwords differ.'),
  ])
  const short = await claim(app, token, 'me@example.org', 'short')
  expect(await short.text()).toContain('at least 8 characters')
  for (const email of ['', 'me', 'me@', 'a b@c', 'me@exa\u202emple.org'])
    expect([email, (await claim(app, token, email)).status]).toEqual([email, 400])
  expect(await emails(app)).toEqual([])
  expect((await claim(app, token, 'me@example.org')).status).toBe(303)
})

test('the link lapses after a day', async () => {
  const clock = new LeapClock()
  const app = await start({ clock })
  const token = tokenOf(app.serving.setupLink)
  clock.time += 24 * 60 * 60_000 - 1
  expect((await fetch(app.serving.setupLink ?? '')).status).toBe(200)
  clock.time += 1
  expect((await fetch(app.serving.setupLink ?? '')).status).toBe(410)
  expect((await claim(app, token, 'me@example.org')).status).toBe(410)
  expect(await emails(app)).toEqual([])
})

test('a claim is refused once there is a user, made at the command line for one', async () => {
  const app = await start()
  const token = tokenOf(app.serving.setupLink)
  await app.serving.rooms.identity.humans.addUser('owner@example.org', 'a good long password', 'operator')
  expect((await claim(app, token, 'thief@example.org')).status).toBe(410)
  // Nor with a claim that was made by whatever means after that.
  const late = await app.serving.rooms.identity.humans.newSetupToken(null)
  expect((await claim(app, late, 'thief@example.org')).status).toBe(410)
  expect(await emails(app)).toEqual(['owner@example.org'])
})

test('a new start makes a new link and voids the old; with a user there is none', async () => {
  const data = tempDir()
  const first = await startEmptyApp({ dataDir: data.path })
  const old = tokenOf(first.serving.setupLink)
  await first.stop()
  const second = await startEmptyApp({ dataDir: data.path })
  expect(tokenOf(second.serving.setupLink)).not.toBe(old)
  expect((await claim(second, old, 'thief@example.org')).status).toBe(410)
  expect((await claim(second, tokenOf(second.serving.setupLink), 'me@example.org')).status).toBe(303)
  await second.stop()
  const third = await startEmptyApp({ dataDir: data.path })
  expect(third.serving.setupLink).toBeNull()
  await third.stop()
  data.remove()
})

test('a link for a new password changes that account only, whatever email the form says', async () => {
  const app = await start()
  const { humans } = app.serving.rooms.identity
  const mine = await humans.addUser('me@example.org', 'the first password', 'operator')
  await humans.addUser('other@example.org', 'the other password', 'operator')
  const link = `${app.origin}/setup?token=${await humans.newSetupToken(mine.id)}`
  expect(await (await fetch(link)).text()).toContain('Set your password')
  const token = tokenOf(link)
  expect((await claim(app, token, 'other@example.org', 'the second password')).status).toBe(303)
  const tries = await Promise.all([
    new Person(app.origin, 'me@example.org', 'the second password').signIn(),
    new Person(app.origin, 'other@example.org', 'the other password').signIn(),
  ])
  expect(tries).toHaveLength(2)
  expect((await claim(app, token, 'me@example.org', 'a third password')).status).toBe(410)
})
