import { Database } from 'bun:sqlite'
import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { DATABASE_FILE } from '../../src/store/store.ts'
import { end, recovers } from './ending.ts'
import { startGateway } from './gateway-process.ts'
import { Counts, type Kind, onDisk } from './kind.ts'
import { live } from './lives.ts'
import type { Random } from './random.ts'

const BLOCK = new Uint8Array(4 * 1024 * 1024)

/**
 * A disk that is slow at random: this process holds the store's write lock for up to half a second again and again, so that a write
 * takes that long, and has the same file system write and flush megabytes meanwhile.
 */
export function slowKind(): Kind {
  const done = new Counts()
  return {
    ...onDisk(),
    async round(stage) {
      const { random, dataDir } = stage
      const gateway = await startGateway(stage)
      const lives = live(stage, gateway)
      try {
        const until = performance.now() + 800 + random.below(1_200)
        const slow = () => performance.now() < until
        await Promise.all([
          holdLock(join(dataDir, DATABASE_FILE), random, slow, () => done.add('times held up')),
          flush(join(dataDir, 'slow'), slow, () => done.add('flushes of 4 MB')),
        ])
        await recovers(stage, gateway)
        await end(stage, gateway)
      } finally {
        gateway.kill()
        await lives
      }
    },
    says: () => `${done}`,
    lacks: () => (done.of('times held up') > 0 ? null : 'Nothing was held up'),
  }
}

async function holdLock(path: string, random: Random, goesOn: () => boolean, held: () => void): Promise<void> {
  const database = new Database(path)
  // Tried again by ourselves: this process must go on with everything else meanwhile.
  database.run('PRAGMA busy_timeout = 0')
  while (goesOn()) {
    try {
      database.run('BEGIN IMMEDIATE')
    } catch {
      await Bun.sleep(1)
      continue
    }
    await Bun.sleep(50 + random.below(450))
    database.run('ROLLBACK')
    held()
    await Bun.sleep(random.below(150))
  }
  database.close()
}

async function flush(path: string, goesOn: () => boolean, flushed: () => void): Promise<void> {
  const file = await open(path, 'w')
  while (goesOn()) {
    await file.write(BLOCK, 0, BLOCK.length, 0)
    await file.sync()
    flushed()
  }
  await file.close()
  await rm(path)
}
