import { expect, test } from 'bun:test'
import { startApp } from '../harness/app.ts'
import { Person } from '../harness/person.ts'

test('strangers at the setup page keep nobody from signing in, since without a link nothing is hashed', async () => {
  const app = await startApp()
  const stranger = new Person(app.origin, '', '')
  const form = {
    token: 'no-such-link',
    email: 'x@example.org',
    password: 'long enough 1',
    password_again: 'long enough 1',
  }
  const began = performance.now()
  const flood = Array.from({ length: 200 }, () => stranger.post('/setup', form))
  const owner = await app.person()
  expect(owner.cookie).not.toBe('')
  const answers = await Promise.all(flood)
  expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([410]))
  // Two hundred hashes, two at a time, would take several seconds.
  expect(performance.now() - began).toBeLessThan(3_000)
  await app.stop()
})
