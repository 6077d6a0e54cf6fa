import { type Clock, systemClock } from '../lib/clock.ts'
import { errorText } from '../lib/errors.ts'
import { stderrLogger } from '../lib/logger.ts'
import { VERSION } from '../lib/version.ts'
import { readConfig, readMasterKey, serve } from '../server/server.ts'
import { readArguments, stringOption } from './arguments.ts'
import { inWordsForData } from './unwritable.ts'

const USAGE = 'agentport serve [--data DIR] [--host HOST] [--port PORT] [--url ORIGIN]'

/** Resolves when the server has been told to stop, and has. */
export async function serveCommand(argv: string[], clock: Clock = systemClock): Promise<void> {
  const args = readArguments(
    argv,
    USAGE,
    { least: 0, most: 0 },
    { host: { type: 'string' }, port: { type: 'string' }, url: { type: 'string' } },
  )
  const config = readConfig(
    {
      data: stringOption(args, 'data'),
      host: stringOption(args, 'host'),
      port: stringOption(args, 'port'),
      url: stringOption(args, 'url'),
    },
    process.env,
  )
  const masterKey = readMasterKey(process.env)
  // Nothing that is started from here may find it there.
  delete process.env.AGENTPORT_MASTER_KEY
  const logger = stderrLogger(clock.now)
  // A library's stray error on some upstream's stream must not let that upstream stop everybody's gateway.
  // Nothing is lost by going on: every change is a transaction of its own, done or not done.
  for (const kind of ['unhandledRejection', 'uncaughtException'] as const) {
    process.on(kind, (error: unknown) => logger.error('nobody caught this', { kind, error: errorText(error) }))
  }
  // Heard from the start: told to stop while it still starts, it stops as soon as it has.
  const toldToStop = new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve())
  })
  const serving = await serve({ config, masterKey, logger, clock }).catch((error: unknown) => {
    throw inWordsForData(error, config.dataDir)
  })
  process.stdout.write(`AgentPort ${VERSION} listening on ${serving.origin}\n`)
  if (serving.setupLink)
    process.stdout.write(`Open this link to make the first account; it works once: ${serving.setupLink}\n`)
  await toldToStop
  await serving.stop()
}
