import { afterEach, expect, test } from 'bun:test'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { silentLogger } from '../../src/lib/logger.ts'
import { buildRooms } from '../../src/server/server.ts'
import { takeDataLock } from '../../src/store/store.ts'
import { startApp } from '../harness/app.ts'
import { FarEnd } from '../harness/far-end.ts'
import { operatorCommand } from '../harness/operator.ts'
import { tempDir } from '../harness/temp-dir.ts'

const cleanUp: (() => unknown)[] = []
afterEach(async () => {
  for (const act of cleanUp.splice(0).reverse()) await act()
})

async function dataDirectory(): Promise<{ path: string; userId: string }> {
  const dir = tempDir()
  cleanUp.push(() => dir.remove())
  const app = await startApp({ dataDir: dir.path })
  await app.serving.stop()
  return { path: dir.path, userId: app.userId }
}

test('a command beside a rotation leaves the new key alone; only who works alone puts key files right', async () => {
  const { path } = await dataDirectory()
  const next = join(path, 'master.key.next')
  writeFileSync(next, `${Buffer.alloc(32, 5).toString('base64')}\n`, { mode: 0o600 })
  const rotating = takeDataLock(path)
  expect((await operatorCommand(path, ['admin', 'key', 'list'])).code).toBe(0)
  expect(existsSync(next)).toBe(true)
  rotating?.release()
  expect((await operatorCommand(path, ['admin', 'key', 'list'])).code).toBe(0)
  expect(existsSync(next)).toBe(false)
})

test('nothing is sealed under a key that was rotated away meanwhile', async () => {
  const { path, userId } = await dataDirectory()
  const far = new FarEnd().start()
  cleanUp.push(() => far.stop())
  const slow = buildRooms({ dataDir: path, masterKey: null, logger: silentLogger })
  cleanUp.push(() => slow.store.close())
  expect((await operatorCommand(path, ['admin', 'rotate-key'])).code).toBe(0)
  const adding = slow.upstreams.add({
    userId,
    slug: 'far',
    integrationId: 'custom',
    name: 'far',
    url: far.url,
    auth: { method: 'token', place: { header: 'X-Token', format: '{token}' }, credentials: { token: 't', extra: {} } },
    allowPrivateNetwork: true,
    actor: 'operator',
  })
  await expect(adding).rejects.toThrow('The master key was changed meanwhile')
  expect(await slow.upstreams.connections(userId)).toEqual([])
})
