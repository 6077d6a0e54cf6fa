import { expect, test } from 'bun:test'
import { startApp } from '../harness/app.ts'

test.each([
  ['sessions', 'before a door has opened'],
  ['requests', 'while the page of what went wrong is made'],
])('what breaks in the table %s, %s, is told as a number only', async (table) => {
  const app = await startApp()
  const person = await app.person()
  app.rooms.store.db.run(`ALTER TABLE ${table} RENAME TO lost`)
  const answer = await person.get('/')
  expect(answer.status).toBe(500)
  expect(await answer.text()).toMatch(/^Internal error \w{8}$/)
  await app.stop()
})
