import { expect, test } from 'bun:test'
import { join } from 'node:path'

test('twelve lives that end by kill -9 run nothing twice and lose nothing that was acknowledged', async () => {
  const script = join(import.meta.dir, '../../scripts/crash/crash.ts')
  const child = Bun.spawn([process.execPath, script, '--rounds', '12'], { stdout: 'pipe', stderr: 'pipe' })
  const [stdout, stderr, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  expect({ code, stderr, seed: code === 0 ? null : stdout }).toEqual({ code: 0, stderr: '', seed: null })
  expect(stdout).toContain('12 of 12 rounds')
}, 90_000)
