import type { Clock } from '../../src/lib/clock.ts'
import { silentLogger } from '../../src/lib/logger.ts'
import { readConfig, readMasterKey, type Serving, serve } from '../../src/server/server.ts'
import { tempDir } from './temp-dir.ts'

export interface EmptyApp {
  serving: Serving
  origin: string
  dataDir: string
  stop(): Promise<void>
}

/** The real app as it is on the first start: nobody has an account yet. */
export async function startEmptyApp({
  clock,
  environment = {},
  dataDir,
  port = 0,
}: {
  clock?: Clock
  environment?: { [name: string]: string }
  dataDir?: string
  port?: number
} = {}): Promise<EmptyApp> {
  const own = dataDir === undefined ? tempDir() : null
  const data = dataDir ?? own?.path ?? ''
  const serving = await serve({
    config: readConfig({ data, port: String(port) }, environment),
    masterKey: readMasterKey(environment),
    logger: silentLogger,
    ...(clock ? { clock } : {}),
  })
  return {
    serving,
    origin: serving.origin,
    dataDir: data,
    async stop() {
      await serving.stop()
      own?.remove()
    },
  }
}

/** A clock whose time only the test moves, and that never calls anybody: for leaps of weeks. */
export class LeapClock implements Clock {
  time = Date.now()
  now = () => this.time
  schedule = () => () => {}
}
