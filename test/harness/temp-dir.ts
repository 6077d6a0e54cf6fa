import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** An empty folder of its own; `remove` takes it away again. */
export function tempDir(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'agentport-test-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}
