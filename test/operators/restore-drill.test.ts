import { afterEach, expect, test } from 'bun:test'
import { copyFileSync, existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { outcome, requestId } from '../harness/agent.ts'
import { type App, startApp } from '../harness/app.ts'
import { FarEnd } from '../harness/far-end.ts'
import { operatorCommand } from '../harness/operator.ts'
import { tempDir } from '../harness/temp-dir.ts'

const cleanUp: (() => unknown)[] = []
afterEach(async () => {
  for (const act of cleanUp.splice(0).reverse()) await act()
})

async function appWithFarEnd(dataDir?: string): Promise<{ app: App; far: FarEnd }> {
  const far = new FarEnd([{ name: 'run' }, { name: 'ask' }]).start()
  cleanUp.push(() => far.stop())
  const app = await startApp(dataDir === undefined ? {} : { dataDir })
  await app.install('far', far.url)
  await app.setPolicy('far', 'run', 'allow')
  return { app, far }
}

test('a backup taken while 50 agents call restores elsewhere, verifies, and goes on', async () => {
  const { app, far } = await appWithFarEnd()
  const dir = tempDir()
  cleanUp.push(dir.remove)
  const person = await app.person()
  const asker = await app.agent('v2-2026')
  const approved = requestId(await asker.call('far', 'ask', { n: 1 }))
  const waiting = requestId(await asker.call('far', 'ask', { n: 2 }))
  await person.decide(approved, 'once')

  let calling = true
  const agents = await Promise.all(Array.from({ length: 50 }, () => app.agent('v2-2025')))
  const load = agents.map(async (agent, i) => {
    for (let n = 0; calling; n++) expect(outcome(await agent.call('far', 'run', { i, n }))).toBe('executed')
  })
  const file = join(dir.path, 'backup.db')
  const taken = await operatorCommand(app.dataDir, ['admin', 'backup', file])
  calling = false
  await Promise.all(load)
  expect(taken).toMatchObject({ code: 0, stderr: '' })
  expect(taken.stdout).toContain('The master key is not in it')
  const running = await operatorCommand(app.dataDir, ['admin', 'restore', file])
  expect(running).toMatchObject({ code: 1, stderr: expect.stringContaining('A server runs on this data directory') })

  const elsewhere = join(dir.path, 'elsewhere')
  mkdirSync(elsewhere)
  const keyless = await operatorCommand(elsewhere, ['admin', 'restore', file])
  expect(keyless).toMatchObject({ code: 1, stderr: expect.stringContaining('master.key') })
  copyFileSync(join(app.dataDir, 'master.key'), join(elsewhere, 'master.key'))
  await app.stop()
  expect(await operatorCommand(elsewhere, ['admin', 'restore', file])).toMatchObject({ code: 0, stderr: '' })
  expect(await operatorCommand(elsewhere, ['admin', 'audit', 'verify'])).toMatchObject({ code: 0, stderr: '' })

  const restored = await startApp({ dataDir: elsewhere })
  cleanUp.push(() => restored.stop())
  for (const id of [approved, waiting]) {
    const found = await restored.rooms.approvals.find(restored.userId, id)
    expect(found?.request).toMatchObject({ state: 'expired', message: 'The database was restored from an older copy.' })
  }
  const cookie = { cookie: person.cookie.replace(/_\d+=/, `_${new URL(restored.origin).port}=`) }
  const page = await fetch(`${restored.origin}/`, { headers: cookie, redirect: 'manual' })
  expect(page.status).toBe(303)
  const again = await restored.agent('v2-2026')
  const before = far.calls.length
  expect(outcome(await again.call('far', 'run', { after: true }))).toBe('executed')
  expect(far.calls.length).toBe(before + 1)
  await Promise.all([...agents, asker, again].map((agent) => agent.close()))
}, 30_000)

test('restoring keeps what was there, and refuses what is no backup', async () => {
  const { app } = await appWithFarEnd()
  const dir = tempDir()
  cleanUp.push(dir.remove)
  const file = join(dir.path, 'backup.db')
  expect((await operatorCommand(app.dataDir, ['admin', 'backup', file])).code).toBe(0)
  await app.serving.stop()

  await Bun.write(join(dir.path, 'text.db'), 'this is no database')
  const refused = await operatorCommand(app.dataDir, ['admin', 'restore', join(dir.path, 'text.db')])
  expect(refused.code).toBe(1)
  expect(refused.stderr).toContain('cannot be restored')

  const done = await operatorCommand(app.dataDir, ['admin', 'restore', file, '--json'])
  expect(done.code).toBe(0)
  expect(existsSync(JSON.parse(done.stdout).kept)).toBe(true)
  expect((await operatorCommand(app.dataDir, ['admin', 'audit', 'verify'])).code).toBe(0)
  await app.stop().catch(() => {})
})

test('what was running when the copy was made ends as unknown', async () => {
  const { app, far } = await appWithFarEnd()
  const dir = tempDir()
  cleanUp.push(dir.remove)
  let release = () => {}
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  far.act = async () => {
    await held
    return { content: [] }
  }
  const agent = await app.agent('v2-2026')
  const call = agent.call('far', 'run', { slow: true })
  while (far.calls.length === 0) await Bun.sleep(5)
  const file = join(dir.path, 'backup.db')
  expect((await operatorCommand(app.dataDir, ['admin', 'backup', file])).code).toBe(0)
  release()
  expect(outcome(await call)).toBe('executed')
  await agent.close()
  await app.serving.stop()
  expect((await operatorCommand(app.dataDir, ['admin', 'restore', file])).code).toBe(0)
  const again = await startApp({ dataDir: app.dataDir })
  const [last] = await again.rooms.approvals.recent(again.userId, 1)
  expect(last).toMatchObject({ state: 'unknown', outcome: 'unknown' })
  await again.stop()
  await app.stop().catch(() => {})
})
