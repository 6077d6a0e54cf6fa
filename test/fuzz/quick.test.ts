import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { FROM_SOURCE, run } from '../harness/program.ts'

test('five thousand bodies of nonsense bring no 500, no hang and no secret', async () => {
  const script = join(import.meta.dir, '../../scripts/fuzz/fuzz.ts')
  const { code, stdout, stderr } = await run(['--bodies', '5000'], { program: [FROM_SOURCE[0] ?? 'bun', script] })
  expect({ code, stderr, seed: code === 0 ? null : stdout }).toEqual({ code: 0, stderr: '', seed: null })
  expect(stdout).toMatch(/^5000 bodies/)
}, 90_000)
