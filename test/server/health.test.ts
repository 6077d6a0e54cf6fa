import { Database } from 'bun:sqlite'
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { join } from 'node:path'
import manifest from '../../package.json'
import { type App, startApp } from '../harness/app.ts'
import { LeapClock, startEmptyApp } from '../harness/empty-app.ts'
import { until } from '../harness/everything.ts'

let app: App
beforeAll(async () => {
  app = await startApp()
})
afterAll(() => app.stop())

const health = () => fetch(`${app.origin}/health`)

test('says ok and the version to anybody, and nothing else', async () => {
  const answer = await health()
  expect(answer.status).toBe(200)
  expect(await answer.json()).toEqual({ status: 'ok', version: manifest.version })
})

test('however often it is asked, it writes once a second at the most', async () => {
  const clock = new LeapClock()
  const { origin, dataDir, stop } = await startEmptyApp({ clock })
  const watcher = new Database(join(dataDir, 'agentport.db'), { readonly: true })
  // Changes with every commit of another connection.
  const version = () => JSON.stringify(watcher.query('PRAGMA data_version').get())
  const ask = () => Promise.all(Array.from({ length: 50 }, () => fetch(`${origin}/health`)))
  await ask()
  const seen = version()
  expect((await ask()).every(({ ok }) => ok)).toBe(true)
  expect(version()).toBe(seen)
  clock.time += 1_000
  await ask()
  expect(version()).not.toBe(seen)
  watcher.close()
  await stop()
})

test('goes on looking when the clock was set back', async () => {
  const clock = new LeapClock()
  const { origin, serving, stop } = await startEmptyApp({ clock })
  const status = async () => (await fetch(`${origin}/health`)).status
  expect(await status()).toBe(200)
  clock.time -= 3_600_000
  serving.rooms.store.db.run('PRAGMA query_only = ON')
  expect(await status()).toBe(503)
  await stop()
})

test('is 503 while the store cannot be written, and 200 again once it can', async () => {
  // Another process that holds the file's write lock and does not let go.
  const holder = Bun.spawn(
    [
      process.execPath,
      '-e',
      `const { Database } = require('bun:sqlite')
       const db = new Database(process.argv[1])
       db.run('BEGIN EXCLUSIVE')
       console.log('held')
       setInterval(() => db, 1000)`,
      join(app.dataDir, 'agentport.db'),
    ],
    { stdout: 'pipe' },
  )
  await holder.stdout.getReader().read()
  try {
    await until(async () => (await health()).status === 503, 15_000)
    const answer = await health()
    expect(await answer.json()).toEqual({ status: 'unavailable', version: manifest.version })
  } finally {
    holder.kill('SIGKILL')
    await holder.exited
  }
  await until(async () => (await health()).status === 200, 10_000)
}, 40_000)
