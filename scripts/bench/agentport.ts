// The program under test: the compiled binary as a process of its own over an empty data directory, set up as an operator would.

import { copyFileSync, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { keep, runToEnd, withManyFiles } from './children.ts'
import type { Gateway } from './lanes.ts'
import type { Account } from './person.ts'

const ROOT = join(import.meta.dir, '../..')
const BINARY = join(ROOT, 'dist/agentport')
const EMAIL = 'bench@example.org'
const PASSWORD = 'correct horse battery staple'

/** Builds the binary when there is none or a source is newer. */
export async function buildWhenStale(): Promise<void> {
  const built = existsSync(BINARY) ? statSync(BINARY).mtimeMs : 0
  const sources = [...new Bun.Glob('{src,views}/**/*').scanSync(ROOT), 'package.json', 'scripts/build.ts']
  if (sources.every((path) => statSync(join(ROOT, path)).mtimeMs < built)) return
  console.log((await runToEnd([process.execPath, join(ROOT, 'scripts/build.ts')])).trim())
}

export interface Installed {
  binary: string
  dataDir: string
  key: string
  /** An operator command over this data directory: what it printed. */
  admin(words: string): Promise<string>
  remove(): void
}

/** A data directory with one user, one key, one connection called bench, and one of its tools allowed. */
export async function install(upstreamUrl: string): Promise<Installed> {
  const folder = mkdtempSync(join(tmpdir(), 'agentport-bench-'))
  const dataDir = join(folder, 'data')
  const binary = join(folder, 'agentport')
  try {
    // A copy, so that a build in the meantime does not change what is measured.
    copyFileSync(BINARY, binary)
    const admin = (words: string, stdin = '') =>
      runToEnd([binary, 'admin', ...words.split(' '), '--data', dataDir], stdin)
    await admin(`user add ${EMAIL} --password-stdin`, PASSWORD)
    const key = (await admin('key create bench')).trim()
    await admin(`integration add custom --as bench --url ${upstreamUrl} --no-auth --allow-private-network`)
    await admin('policy set bench echo allow')
    return { binary, dataDir, key, admin, remove: () => rmSync(folder, { recursive: true, force: true }) }
  } catch (error) {
    rmSync(folder, { recursive: true, force: true })
    throw error
  }
}

/** How many events the log holds, once the whole chain has been verified. */
export async function verifyLog({ admin }: Installed): Promise<number> {
  return (JSON.parse(await admin('audit verify --json')) as { events: number }).events
}

export interface Serving {
  pid: number
  port: number
  gateway: Gateway
  account: Account
  stop(): Promise<void>
}

/** Resolves as soon as the program says that it listens. A session is kept across a restart only on the same port. */
export async function serve({ binary, dataDir, key }: Installed, onPort = 0): Promise<Serving> {
  const command = [binary, 'serve', '--data', dataDir, '--port', String(onPort)]
  const child = keep(Bun.spawn(withManyFiles(command), { stdio: ['ignore', 'pipe', 'inherit'] }))
  let said = ''
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader()
  for (;;) {
    const { value, done } = await reader.read()
    if (done) throw new Error(`The server ended with code ${await child.exited}: ${said}`)
    said += value
    const port = Number(/listening on http:\/\/localhost:(\d+)\n/.exec(said)?.[1] ?? 0)
    if (port === 0) continue
    return {
      pid: child.pid,
      port,
      gateway: { origin: `http://127.0.0.1:${port}`, key },
      // Pages are at home on the one name that their cookie is for.
      account: { origin: `http://localhost:${port}`, email: EMAIL, password: PASSWORD },
      async stop() {
        child.kill()
        await child.exited
      },
    }
  }
}
