import { afterAll, afterEach, beforeAll, beforeEach, expect, type Mock, spyOn, test } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type App, EMAIL, PASSWORD, startApp } from '../harness/app.ts'
import { Wire } from '../harness/wire.ts'

// How long an answer takes must not say what a secret is, or who is known. The times themselves are measured in
// test/server/sign-in.test.ts; here it is the work that is compared, which no busy machine blurs.

let app: App
let verify: Mock<typeof Bun.password.verify>
let nth = 0

beforeAll(async () => {
  app = await startApp()
  await app.rooms.identity.humans.addUser('invited@example.org', null, 'operator')
})
afterAll(() => app.stop())
beforeEach(() => {
  verify = spyOn(Bun.password, 'verify')
})
afterEach(() => verify.mockRestore())

/** Each from an address of its own, so that none is slowed by the others. */
const signIn = (email: string, password: string) =>
  app.rooms.identity.humans.signIn({
    email,
    password,
    address: `192.0.2.${++nth}`,
    originProof: null,
    program: null,
  })

test('a guess at a password is hashed once at the same cost, whoever it is for', async () => {
  for (const email of [EMAIL, 'nobody@example.org', 'invited@example.org']) {
    verify.mockClear()
    expect(await signIn(email, 'wrong password')).toEqual({ ok: false, retryAfterMs: 0 })
    expect([email, verify.mock.calls.length]).toEqual([email, 1])
    expect(verify.mock.calls[0]?.[1]).toStartWith('$argon2id$v=19$m=19456,t=2,p=1$')
  }
  verify.mockClear()
  expect((await signIn(EMAIL, PASSWORD)).ok).toBe(true)
  expect(verify.mock.calls.length).toBe(1)
})

test('what cannot be a password is hashed for nobody', async () => {
  for (const email of [EMAIL, 'nobody@example.org'])
    for (const password of ['', 'x'.repeat(257)]) expect((await signIn(email, password)).ok).toBe(false)
  expect(verify).not.toHaveBeenCalled()
})

test('a key is found by its hash: there is nothing to compare it with, piece by piece', async () => {
  const { key } = await app.newKey()
  expect((await new Wire(app.origin, key).request('tools/list')).status).not.toBe(401)
  const shown = 'ap_'.length + 6
  for (const name of readdirSync(app.dataDir)) {
    const bytes = readFileSync(join(app.dataDir, name))
    for (let at = shown; at + 8 <= key.length; at++) {
      expect([name, at, bytes.includes(key.slice(at, at + 8))]).toEqual([name, at, false])
    }
  }
  // One that is right but for its last character is as unknown as any.
  const near = key.slice(0, -1) + (key.endsWith('A') ? 'E' : 'A')
  expect((await new Wire(app.origin, near).request('tools/list')).status).toBe(401)
})
