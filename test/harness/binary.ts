import { mkdirSync, readdirSync, rmdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { until } from './everything.ts'
import type { Program } from './program.ts'

const ROOT = join(import.meta.dir, '../..')
const BINARY = join(ROOT, 'dist/agentport')
/** Test files run in several processes; a folder is made by one of them only. */
const BUILDING = join(ROOT, 'dist/.building')
const SOURCES = ['src', 'views', 'scripts/build.ts', 'package.json', 'bun.lock']

const changedAt = (path: string): number => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0

function newestSource(): number {
  const files = SOURCES.flatMap((source) => {
    const path = join(ROOT, source)
    if (!statSync(path).isDirectory()) return [path]
    return readdirSync(path, { recursive: true, encoding: 'utf8' }).map((name) => join(path, name))
  })
  return Math.max(...files.map(changedAt))
}

/** The executable for this machine, built unless it is newer than everything it is made of. */
export async function builtBinary(): Promise<string> {
  const isFresh = () => changedAt(BINARY) > newestSource()
  if (isFresh()) return BINARY
  mkdirSync(join(ROOT, 'dist'), { recursive: true })
  await until(() => takeTurn(), 60_000)
  try {
    if (!isFresh()) {
      const build = Bun.spawnSync([process.execPath, 'scripts/build.ts'], { cwd: ROOT })
      if (!build.success) throw new Error(`The build failed: ${build.stderr}`)
    }
  } finally {
    rmdirSync(BUILDING)
  }
  return BINARY
}

function takeTurn(): boolean {
  try {
    // Left behind by a run that was killed.
    if (changedAt(BUILDING) !== 0 && Date.now() - changedAt(BUILDING) > 60_000) rmdirSync(BUILDING)
    mkdirSync(BUILDING)
    return true
  } catch {
    return false
  }
}

export const programBuilt = async (): Promise<Program> => [await builtBinary()]
