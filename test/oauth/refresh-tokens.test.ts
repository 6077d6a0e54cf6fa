import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { type App, startApp } from '../harness/app.ts'
import { LeapClock, startEmptyApp } from '../harness/empty-app.ts'
import { LineProcess } from '../harness/line-process.ts'
import { OAuthProgram, type TokenAnswer } from '../harness/oauth-program.ts'
import { Person } from '../harness/person.ts'
import { allRows } from '../harness/tables.ts'
import { TestClock } from '../harness/test-clock.ts'
import { Wire } from '../harness/wire.ts'

const HOUR = 60 * 60_000
const DAY = 24 * HOUR
const clock = new TestClock()
let app: App
let person: Person
let program: OAuthProgram
let first: TokenAnswer

beforeAll(async () => {
  app = await startApp({ clock })
  person = await app.person()
})
beforeEach(async () => {
  program = new OAuthProgram(app.origin)
  program.clientId = clientId
  first = await program.signIn(person)
  clientId = program.clientId
})
afterAll(() => app.stop())
/** One registration serves all tests: signing in again takes the place of the last time. */
let clientId = ''

const opens = async ({ access_token }: TokenAnswer) =>
  (await new Wire(app.origin, access_token).modern('tools/list')).status === 200
const recorded = () => [...app.rooms.audit.events()].map(({ name }) => name)

const live = async () =>
  (await app.rooms.identity.agents.list(app.userId)).filter(({ revokedAt }) => revokedAt === null)

/** Uses the token, which is refused, and looks at what is left of all that was issued. */
async function expectEndedBy(token: string, ...issued: TokenAnswer[]) {
  expect(await program.refresh(token)).toMatchObject({ status: 400, error: 'invalid_grant' })
  for (const tokens of issued) {
    expect(await opens(tokens)).toBe(false)
    expect(await program.refresh(tokens.refresh_token)).toMatchObject({ status: 400, error: 'invalid_grant' })
  }
  expect(recorded()).toContain('agent.reuse_noticed')
  expect(await live()).toEqual([])
}

describe('an honest race', () => {
  test('of ten windows gives all the same successor, and every access token opens /mcp', async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => program.refresh(first.refresh_token)))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    expect(new Set(answers.map(({ refresh_token }) => refresh_token)).size).toBe(1)
    expect(new Set(answers.map(({ access_token }) => access_token)).size).toBe(10)
    for (const answer of answers) expect(await opens(answer)).toBe(true)
    expect((await program.refresh(answers[0]?.refresh_token ?? '')).status).toBe(200)
  })

  test('that ends within 30 s is forgiven, as when an answer was lost on its way', async () => {
    const lost = await program.refresh(first.refresh_token)
    await clock.advance(30_000)
    const again = await program.refresh(first.refresh_token)
    expect([again.status, again.refresh_token]).toEqual([200, lost.refresh_token])
  })

  test('of two processes over one data directory gives both the same successor', async () => {
    const script = join(import.meta.dir, '../harness/refresher.ts')
    const dir = await startEmptyApp()
    const { humans } = dir.serving.rooms.identity
    await humans.addUser('me@example.org', 'a good long password', 'operator')
    const owner = await new Person(dir.origin, 'me@example.org', 'a good long password').signIn()
    const its = new OAuthProgram(dir.origin)
    let { refresh_token: token } = await its.signIn(owner)
    const processes = await Promise.all([1, 2].map(() => new LineProcess(script, dir.dataDir).ready()))
    for (let round = 0; round < 10; round++) {
      const startAt = Date.now() + 25
      const answers = (await Promise.all(processes.map((each) => each.ask(`${its.clientId} ${token} ${startAt}`)))) as {
        accessToken: string
        refreshToken: string
      }[]
      const [one, other] = answers
      expect(one?.refreshToken).toMatch(/^apr_/)
      expect(other?.refreshToken).toBe(one?.refreshToken)
      expect(other?.accessToken).not.toBe(one?.accessToken)
      for (const { accessToken } of answers) {
        expect((await new Wire(dir.origin, accessToken).modern('tools/list')).status).toBe(200)
      }
      token = one?.refreshToken ?? ''
    }
    for (const each of processes) await each.stop()
    await dir.stop()
  }, 20_000)
})

describe('a second use that is no race ends the sign-in for whoever has any of its tokens', () => {
  test('31 s after the first', async () => {
    const next = await program.refresh(first.refresh_token)
    await clock.advance(30_001)
    await expectEndedBy(first.refresh_token, first, next)
  })

  test('at once, when the successor was used already', async () => {
    const next = await program.refresh(first.refresh_token)
    const third = await program.refresh(next.refresh_token)
    await expectEndedBy(first.refresh_token, first, next, third)
  })

  test('of a token from long before', async () => {
    let latest = first
    for (let i = 0; i < 5; i++) {
      latest = await program.refresh(latest.refresh_token)
      await clock.advance(HOUR)
    }
    expect((await program.refresh(latest.refresh_token)).status).toBe(200)
    await expectEndedBy(first.refresh_token, first, latest)
  })

  test('by the thief as well as by the program, whoever is second', async () => {
    const thief = new OAuthProgram(app.origin)
    thief.clientId = program.clientId
    const stolen = await thief.refresh(first.refresh_token)
    await thief.refresh(stolen.refresh_token)
    await expectEndedBy(first.refresh_token, first, stolen)
  })

  test('also when the thief refreshed so often that it is slowed down', async () => {
    const thief = new OAuthProgram(app.origin)
    thief.clientId = program.clientId
    let stolen = await thief.refresh(first.refresh_token)
    for (;;) {
      const next = await thief.refresh(stolen.refresh_token)
      if (next.status !== 200) break
      stolen = next
    }
    await expectEndedBy(first.refresh_token, first, stolen)
  })

  test('but not by another program that got hold of one', async () => {
    const other = new OAuthProgram(app.origin)
    await other.register()
    await program.refresh(first.refresh_token)
    await clock.advance(HOUR)
    expect(await other.refresh(first.refresh_token)).toMatchObject({ error: 'invalid_grant' })
    expect(await live()).toHaveLength(1)
  })
})

test('a program that refreshes without end is slowed down, and fills nothing', async () => {
  const rows = () => allRows(app.dataDir).oauth_tokens?.length ?? 0
  let { refresh_token: token } = first
  const answers: number[] = []
  for (let i = 0; i < 120; i++) {
    const { status, refresh_token, error, headers } = await program.refresh(token)
    answers.push(status)
    if (status === 200) token = refresh_token
    else expect([status, error, headers.get('retry-after')]).toEqual([429, 'temporarily_unavailable', '600'])
  }
  expect(answers.filter((status) => status === 200)).toHaveLength(99)
  expect(rows()).toBeLessThan(250)
  // What it has goes on working, and within the hour it may refresh again.
  expect(await opens(first)).toBe(true)
  await clock.advance(HOUR)
  expect((await program.refresh(token)).status).toBe(200)
})

test('nor does refreshing without end hide that a token is used twice', async () => {
  let latest = first
  for (let i = 0; i < 99; i++) latest = await program.refresh(latest.refresh_token)
  expect((await program.refresh(latest.refresh_token)).status).toBe(429)
  await expectEndedBy(first.refresh_token, first, latest)
})

test('RFC 6749 §6: a refresh token lasts thirty days, and each refresh gives thirty days more', async () => {
  const leap = new LeapClock()
  const long = await startEmptyApp({ clock: leap })
  await long.serving.rooms.identity.humans.addUser('me@example.org', 'a good long password', 'operator')
  const owner = await new Person(long.origin, 'me@example.org', 'a good long password').signIn()
  const its = new OAuthProgram(long.origin)
  let { refresh_token: token } = await its.signIn(owner)
  for (let i = 0; i < 3; i++) {
    leap.time += 30 * DAY - 1
    await long.serving.rooms.identity.oauth.forgetOverdue()
    const next = await its.refresh(token)
    expect(next.status).toBe(200)
    token = next.refresh_token
  }
  leap.time += 30 * DAY
  expect(await its.refresh(token)).toMatchObject({ status: 400, error: 'invalid_grant' })
  // Nothing brings it back but another sign-in, so it is over for good.
  leap.time += 1
  await long.serving.rooms.identity.oauth.forgetOverdue()
  const [user] = await long.serving.rooms.identity.humans.users()
  const [agent] = await long.serving.rooms.identity.agents.list(user?.id ?? '')
  expect(agent?.revokedAt).toBe(leap.time)
  expect(allRows(long.dataDir).oauth_tokens).toEqual([])
  await long.stop()
})
