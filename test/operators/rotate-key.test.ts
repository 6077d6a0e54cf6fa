import { afterEach, expect, test } from 'bun:test'
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { outcome } from '../harness/agent.ts'
import { startApp } from '../harness/app.ts'
import { FarEnd } from '../harness/far-end.ts'
import { operatorCommand } from '../harness/operator.ts'
import { tempDir } from '../harness/temp-dir.ts'

const cleanUp: (() => unknown)[] = []
afterEach(async () => {
  for (const act of cleanUp.splice(0).reverse()) await act()
})

/** A data directory with one connection whose token is in the vault, and the far end that wants to see it. */
async function sealedData() {
  const far = new FarEnd().start()
  const dir = tempDir()
  cleanUp.push(
    () => far.stop(),
    () => dir.remove(),
  )
  const app = await startApp({ dataDir: dir.path })
  await app.installWithToken('far', far.url, 'the-secret', { header: 'X-Token', format: '{token}' })
  await app.setPolicy('far', 'run', 'allow')
  await app.serving.stop()
  return { far, dataDir: dir.path, keyFile: join(dir.path, 'master.key') }
}

async function tokenSent(dataDir: string, far: FarEnd): Promise<string | null> {
  const app = await startApp({ dataDir })
  const agent = await app.agent('v2-2026')
  expect(outcome(await agent.call('far', 'run', {}))).toBe('executed')
  await agent.close()
  await app.serving.stop()
  return far.calls.at(-1)?.headers.get('x-token') ?? null
}

test('after a rotation the secrets open under the new key only, and the log still verifies', async () => {
  const { far, dataDir, keyFile } = await sealedData()
  const oldKey = readFileSync(keyFile, 'utf8')
  const rotated = await operatorCommand(dataDir, ['admin', 'rotate-key', '--json'])
  expect(rotated.code).toBe(0)
  // The connection's token, and the instance's own keys of the log and of refresh tokens.
  expect(JSON.parse(rotated.stdout)).toEqual({ secrets: 3 })
  const newKey = readFileSync(keyFile, 'utf8')
  expect(newKey).not.toBe(oldKey)
  expect(await tokenSent(dataDir, far)).toBe('the-secret')
  expect((await operatorCommand(dataDir, ['admin', 'audit', 'verify'])).code).toBe(0)

  writeFileSync(keyFile, oldKey)
  const wrong = await operatorCommand(dataDir, ['admin', 'audit', 'verify'])
  expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining('The master key does not fit') })
})

test('a rotation cut off before its commit goes on with the old key', async () => {
  const { far, dataDir, keyFile } = await sealedData()
  writeFileSync(`${keyFile}.next`, `${Buffer.alloc(32, 7).toString('base64')}\n`, { mode: 0o600 })
  expect(await tokenSent(dataDir, far)).toBe('the-secret')
  expect(existsSync(`${keyFile}.next`)).toBe(false)
})

test('a rotation cut off after its commit goes on with the new key', async () => {
  const { far, dataDir, keyFile } = await sealedData()
  const oldKey = readFileSync(keyFile, 'utf8')
  expect((await operatorCommand(dataDir, ['admin', 'rotate-key'])).code).toBe(0)
  // As if power had failed between the commit and the renaming of the key.
  copyFileSync(keyFile, `${keyFile}.next`)
  writeFileSync(keyFile, oldKey)
  expect(await tokenSent(dataDir, far)).toBe('the-secret')
})

test('a key from the environment is rotated to one that is piped in', async () => {
  const { dataDir, keyFile } = await sealedData()
  const env = { AGENTPORT_MASTER_KEY: readFileSync(keyFile, 'utf8').trim() }
  const next = Buffer.alloc(32, 9).toString('base64')
  expect((await operatorCommand(dataDir, ['admin', 'rotate-key'], { env })).stderr).toContain('--new-key-stdin')
  const rotated = await operatorCommand(dataDir, ['admin', 'rotate-key', '--new-key-stdin'], {
    env,
    stdin: `${next}\n`,
  })
  expect(rotated.code).toBe(0)
  const now = await operatorCommand(dataDir, ['admin', 'audit', 'verify'], { env: { AGENTPORT_MASTER_KEY: next } })
  expect(now.code).toBe(0)
})

test('a missing master key beside a database is said, and not made anew', async () => {
  const { dataDir, keyFile } = await sealedData()
  const kept = readFileSync(keyFile)
  await Bun.file(keyFile).delete()
  const refused = await operatorCommand(dataDir, ['admin', 'key', 'list'])
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('is missing') })
  expect(existsSync(keyFile)).toBe(false)
  writeFileSync(keyFile, kept)
  expect((await operatorCommand(dataDir, ['admin', 'key', 'list'])).code).toBe(0)
})
