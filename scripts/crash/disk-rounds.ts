import { until } from '../../test/harness/everything.ts'
import { FROM_SOURCE, type Program, serveProgram } from '../../test/harness/program.ts'
import { end, recovers } from './ending.ts'
import { type GatewayProcess, startGateway } from './gateway-process.ts'
import { Counts, type Kind } from './kind.ts'
import { live } from './lives.ts'
import { limitFiles, smallDisk } from './small-disk.ts'
import type { Stage } from './stage.ts'

export interface DiskOptions {
  /** Whether a file system may be mounted for it. */
  mayMount: boolean
}

const MOST_UNTIL_FELT_MS = 5_000

/** The disk fills up in the middle of everything, and has room again later. */
export function fullDiskKind(options: DiskOptions): Kind {
  const disk = smallDisk(options)
  const seen = new Counts()
  return {
    ...disk,
    async round(stage) {
      const { random } = stage
      const gateway = await startGateway(stage)
      const lives = live(stage, gateway)
      try {
        await Bun.sleep(150 + random.below(250))
        disk.fill(gateway)
        if (await turnsUnhealthy(gateway)) seen.add('times unhealthy')
        await Bun.sleep(random.below(800))
        if (random.chance(0.3)) {
          gateway.kill()
          await gateway.exited
          await startsOrSaysWhy(stage, FROM_SOURCE, seen)
        }
        disk.free(gateway)
        if (gateway.isDead()) return
        await recovers(stage, gateway)
        await end(stage, gateway)
      } finally {
        gateway.kill()
        await lives
        disk.free(gateway)
      }
    },
    says: () => `on ${disk.is}: ${seen}`,
    lacks: () => (seen.of('times unhealthy') > 0 ? null : 'The disk was never felt to be full'),
  }
}

/** The disk can be read only, from the start or from some moment on. */
export function readOnlyKind(options: DiskOptions): Kind {
  const disk = smallDisk(options)
  const seen = new Counts()
  return {
    ...disk,
    async round(stage) {
      const { random } = stage
      if (random.chance(0.4)) await disk.whileReadOnly((program) => refusesToStart(stage, program, seen))
      const gateway = await startGateway(stage)
      const lives = live(stage, gateway)
      try {
        await Bun.sleep(150 + random.below(250))
        // A file system whose files are open for writing cannot be remounted; for the process it is the same when every write fails.
        limitFiles(gateway, 0)
        if (!(await turnsUnhealthy(gateway))) throw new Error('Nothing can be written, and it says that it is well')
        seen.add('times unhealthy')
        await Bun.sleep(random.below(500))
        limitFiles(gateway, 'unlimited')
        await recovers(stage, gateway)
        await end(stage, gateway)
      } finally {
        gateway.kill()
        await lives
      }
    },
    says: () => `on ${disk.is}, and while it runs by a limit on what it may write: ${seen}`,
    lacks: () => null,
  }
}

/** A journal with room in it feels the full disk later, and it may be too late for us. */
async function turnsUnhealthy({ origin }: GatewayProcess): Promise<boolean> {
  const isUnhealthy = async () => (await fetch(`${origin}/health`)).status === 503
  return until(isUnhealthy, MOST_UNTIL_FELT_MS).catch(() => false)
}

const CLEAR = /ended with code 1: The data directory \S+ cannot be [^\n]+\.\n$/

/** With no room at all a gateway may start, if it needs none; else it says in one sentence why it does not. */
async function startsOrSaysWhy({ dataDir, port, ledger }: Stage, program: Program, seen: Counts): Promise<boolean> {
  const args = ['--data', dataDir, '--port', String(port)]
  try {
    const server = await serveProgram(args, { program })
    await server.end('SIGKILL')
    seen.add('times started all the same')
    return true
  } catch (error) {
    const words = String(error)
    if (!CLEAR.test(words)) ledger.broken.push(`It did not start, and not in one clear sentence: ${words}`)
    seen.add('times refused to start')
    return false
  }
}

async function refusesToStart(stage: Stage, program: Program, seen: Counts): Promise<void> {
  if (await startsOrSaysWhy(stage, program, seen)) stage.ledger.broken.push('It started where it cannot write')
}
