import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { EMAIL, PASSWORD } from '../harness/app.ts'
import { type EmptyApp, LeapClock, startEmptyApp } from '../harness/empty-app.ts'
import { Person } from '../harness/person.ts'
import { allRows } from '../harness/tables.ts'

const DAY_MS = 24 * 60 * 60_000
const clock = new LeapClock()
let app: EmptyApp
let userId: string

beforeAll(async () => {
  app = await startEmptyApp({ clock })
  userId = (await app.serving.rooms.identity.humans.addUser(EMAIL, PASSWORD, 'operator')).id
})
afterAll(() => app.stop())

const humans = () => app.serving.rooms.identity.humans
const guess = (password: string, address: string, email = EMAIL) =>
  humans().signIn({ email, password, address, originProof: null, program: null })
async function quietDay() {
  clock.time += DAY_MS + 1
  await humans().forgetOverdue()
}

describe('guessing gets slower', () => {
  test('five wrong tries are free, then each doubles the wait, up to a minute', async () => {
    const waits: number[] = []
    for (let i = 0; i < 14; i++) {
      const refused = await guess('wrong', '192.0.2.1')
      if (refused.ok) throw new Error('let in')
      waits.push(refused.retryAfterMs)
      clock.time += refused.retryAfterMs
      if (refused.retryAfterMs > 0) await guess('wrong', '192.0.2.1')
    }
    expect(waits.slice(0, 5)).toEqual([0, 0, 0, 0, 0])
    expect(waits.slice(5)).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000])
  })

  test('while it lasts even the right password waits, and is not tried', async () => {
    const refused = await guess(PASSWORD, '192.0.2.1')
    expect(refused).toEqual({ ok: false, retryAfterMs: 60_000 })
    clock.time += 60_000
    expect((await guess(PASSWORD, '192.0.2.1')).ok).toBe(true)
    // And with that the count begins anew.
    expect(await guess('wrong', '192.0.2.1')).toEqual({ ok: false, retryAfterMs: 0 })
  })

  test('for one account from one address only: the owner elsewhere is not locked out', async () => {
    for (let i = 0; i < 7; i++) await guess('wrong', '192.0.2.2')
    expect(await guess(PASSWORD, '192.0.2.2')).toMatchObject({ ok: false })
    expect((await guess(PASSWORD, '192.0.2.3')).ok).toBe(true)
  })

  test('guesses sent all at once get no extra tries', async () => {
    const parallel = await Promise.all(Array.from({ length: 20 }, () => guess('wrong', '192.0.2.4')))
    expect(parallel.filter((result) => !result.ok && result.retryAfterMs === 0)).toHaveLength(5)
    expect(parallel.filter((result) => !result.ok && result.retryAfterMs > 0)).toHaveLength(15)
  })

  test('names that do not exist share one count per address, so that guessing names is slowed too', async () => {
    const waits: number[] = []
    for (let i = 0; i < 7; i++) {
      const refused = await guess('wrong', '192.0.2.5', `nobody${i}@example.org`)
      waits.push(refused.ok ? -1 : refused.retryAfterMs)
    }
    expect(waits.slice(0, 5)).toEqual([0, 0, 0, 0, 0])
    expect(waits[5]).toBe(1_000)
    const counted = allRows(app.dataDir).sign_in_failures as { subject: string }[]
    expect(counted.filter(({ subject }) => subject.includes('192.0.2.5'))).toHaveLength(1)
  })

  test('a clock that is set back locks nobody out until it is there again', async () => {
    for (let i = 0; i < 8; i++) await guess('wrong', '192.0.2.9')
    expect(await guess('wrong', '192.0.2.9')).toMatchObject({ ok: false, retryAfterMs: expect.any(Number) })
    clock.time -= DAY_MS
    try {
      expect(await guess('wrong again', '192.0.2.9')).toEqual({ ok: false, retryAfterMs: 0 })
      // That one counts, and the next waits for it.
      expect((await guess('wrong', '192.0.2.9')) as object).toMatchObject({ ok: false })
      const waits = (await guess('wrong', '192.0.2.9')) as { retryAfterMs: number }
      expect(waits.retryAfterMs).toBeGreaterThan(0)
      expect(waits.retryAfterMs).toBeLessThanOrEqual(60_000)
      clock.time += 60_000
      expect((await guess(PASSWORD, '192.0.2.9')).ok).toBe(true)
    } finally {
      clock.time += DAY_MS
    }
  })

  test('another address of the same IPv6 network gets no tries of its own', async () => {
    for (let i = 0; i < 5; i++)
      expect(await guess('wrong', `2001:db8:1:2::${i}`)).toEqual({ ok: false, retryAfterMs: 0 })
    expect(await guess('wrong', '2001:db8:1:2:ffff::1')).toEqual({ ok: false, retryAfterMs: 1_000 })
    expect(await guess('wrong', '2001:db8:1:3::1')).toEqual({ ok: false, retryAfterMs: 0 })
    await quietDay()
  })

  test('after a quiet day the count is forgotten', async () => {
    for (let i = 0; i < 6; i++) await guess('wrong', '192.0.2.6')
    await quietDay()
    expect(allRows(app.dataDir).sign_in_failures).toEqual([])
  })

  test('the page says how long to wait, with status 429', async () => {
    const person = new Person(app.origin, EMAIL, PASSWORD)
    let answer = await person.post('/sign-in', { email: EMAIL, password: 'wrong' })
    for (let i = 0; i < 6 && answer.status === 401; i++)
      answer = await person.post('/sign-in', { email: EMAIL, password: 'wrong' })
    expect(answer.status).toBe(429)
    expect(await answer.text()).toContain('Too many wrong tries. Try again in 1 s.')
    await quietDay()
  })

  test('the password that stands for a missing secret is slowed the same way', async () => {
    const person = await new Person(app.origin, EMAIL, PASSWORD).signIn()
    for (let i = 0; i < 6; i++) await person.post('/sign-out', { origin_proof: '', password: 'wrong' })
    const right = await person.post('/sign-out', { origin_proof: '', password: PASSWORD })
    expect(right.status).toBe(401)
    expect((await person.get('/')).status).toBe(200)
    await quietDay()
  })
})

describe('who has an account stays unknown', () => {
  test('an unknown account is refused in the same words and takes as long', async () => {
    const person = new Person(app.origin, EMAIL, PASSWORD)
    const pages = await Promise.all(
      [EMAIL, 'nobody@example.org'].map(async (email) => {
        const answer = await person.post('/sign-in', { email, password: 'wrong' })
        return [answer.status, (await answer.text()).replaceAll(email, '')]
      }),
    )
    expect(pages[0]).toEqual(pages[1])

    const timeOf = async (email: string, address: string) => {
      const from = performance.now()
      await guess('wrong', address, email)
      return performance.now() - from
    }
    const known: number[] = []
    const unknown: number[] = []
    for (let i = 0; i < 7; i++) {
      known.push(await timeOf(EMAIL, `192.0.2.${100 + i}`))
      unknown.push(await timeOf('nobody@example.org', `192.0.2.${100 + i}`))
    }
    const middle = (times: number[]) => times.toSorted((a, b) => a - b)[3] ?? 0
    // Without hashing it would be a hundredth.
    expect(middle(unknown) / middle(known)).toBeGreaterThan(0.4)
    expect(middle(unknown) / middle(known)).toBeLessThan(2.5)
  })

  test('an account without a password yet cannot be entered with none', async () => {
    await humans().addUser('new@example.org', null, 'operator')
    for (const password of ['', ' ', 'null', 'no account has this password'])
      expect((await guess(password, '192.0.2.50', 'new@example.org')).ok).toBe(false)
  })
})

describe('a session', () => {
  test('ends after thirty days, however much it is used', async () => {
    const person = await new Person(app.origin, EMAIL, PASSWORD).signIn()
    clock.time += 30 * DAY_MS - 1_000
    expect((await person.get('/')).status).toBe(200)
    clock.time += 1_000
    const answer = await person.get('/')
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/sign-in?return_to=%2F'])
    await humans().forgetOverdue()
    expect(allRows(app.dataDir).sessions).toEqual([])
  })

  test('has a cookie that scripts cannot read and other sites do not send with forms', async () => {
    const answer = await new Person(app.origin, EMAIL, PASSWORD).post('/sign-in', { email: EMAIL, password: PASSWORD })
    const cookie = answer.headers.get('set-cookie') ?? ''
    expect(cookie).toMatch(/^agentport_\d+=[A-Za-z0-9_-]{43}; Max-Age=2592000; Path=\/; HttpOnly; SameSite=Lax$/)
  })

  test('is kept as a hash: what the file holds opens nothing', async () => {
    const person = await new Person(app.origin, EMAIL, PASSWORD).signIn()
    const [name, token] = person.cookie.split('=')
    const everything = JSON.stringify(allRows(app.dataDir))
    expect(everything).not.toContain(token ?? '')
    expect(everything).not.toContain(person.proof)
    for (const { token_hash } of allRows(app.dataDir).sessions as { token_hash: string }[]) {
      const answer = await fetch(app.origin, { headers: { cookie: `${name}=${token_hash}` }, redirect: 'manual' })
      expect(answer.status).toBe(303)
    }
  })

  test('is not taken over from before the sign-in: each one gets a token of its own', async () => {
    const fixed = `agentport_${new URL(app.origin).port}=${'a'.repeat(43)}`
    const answer = await new Person(app.origin, EMAIL, PASSWORD).post(
      '/sign-in',
      { email: EMAIL, password: PASSWORD },
      { cookie: fixed },
    )
    expect(answer.headers.get('set-cookie')).not.toContain('a'.repeat(43))
    expect((await fetch(app.origin, { headers: { cookie: fixed }, redirect: 'manual' })).status).toBe(303)
  })

  test('ends with every other when the password is set anew, and so does the old password', async () => {
    const { id } = await humans().addUser('changing@example.org', 'the first password', 'operator')
    const bystander = await new Person(app.origin, EMAIL, PASSWORD).signIn()
    const before = await new Person(app.origin, 'changing@example.org', 'the first password').signIn()
    const leftOver = await humans().newSetupToken(id)
    await humans().setPassword(id, 'the second password', 'operator')
    expect((await before.get('/')).status).toBe(303)
    expect((await bystander.get('/')).status).toBe(200)
    expect((await guess('the first password', '192.0.2.60', 'changing@example.org')).ok).toBe(false)
    expect((await guess('the second password', '192.0.2.60', 'changing@example.org')).ok).toBe(true)
    expect(await humans().findSetupLink(leftOver)).toBeNull()
  })
})

test('passwords are kept as argon2id with its cost, never as text', () => {
  const rows = allRows(app.dataDir).users as { id: string; password_hash: string }[]
  const hash = rows.find(({ id }) => id === userId)?.password_hash
  expect(hash).toStartWith('$argon2id$v=19$m=19456,t=2,p=1$')
  expect(JSON.stringify(allRows(app.dataDir))).not.toContain(PASSWORD)
})
