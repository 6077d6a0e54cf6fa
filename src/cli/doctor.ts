import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { silentLogger } from '../lib/logger.ts'
import {
  buildRooms,
  examineClock,
  examineSurroundings,
  type Finding,
  readConfig,
  readMasterKey,
} from '../server/server.ts'
import { DATABASE_FILE, flawOfBackup } from '../store/store.ts'
import { readArguments, stringOption } from './arguments.ts'
import { CommandError, output, table } from './output.ts'

/** Looks, and changes nothing but what every command does on opening the database. */
export async function doctor(argv: string[]): Promise<void> {
  const args = readArguments(argv, 'agentport doctor [--data DIR] [--json]', { least: 0, most: 0 })
  const config = readConfig({ data: stringOption(args, 'data') }, process.env)
  const key = readMasterKey(process.env)
  const findings = [...examineSurroundings(config, key !== null), ...(await examineDatabase(config.dataDir, key))]
  const marks = { ok: 'ok', warn: 'WARN', fail: 'FAIL' }
  output(args.values.json === true).result(
    findings,
    table(
      ['STATE', 'ABOUT', 'WHAT'],
      findings.map(({ level, about, text }) => [marks[level], about, text]),
    ),
  )
  const failed = findings.filter(({ level }) => level === 'fail').length
  if (failed > 0) throw new CommandError(`${failed} of these have to be mended.`)
}

async function examineDatabase(dataDir: string, masterKey: Uint8Array | null): Promise<Finding[]> {
  const path = join(dataDir, DATABASE_FILE)
  if (!existsSync(path)) return []
  const flaw = flawOfBackup(path)
  if (flaw) return [{ about: 'database', level: 'fail', text: flaw }]
  try {
    const rooms = buildRooms({ dataDir, masterKey, logger: silentLogger, mayMigrate: false })
    try {
      const { events, fault, lastEventAt } = await rooms.audit.verify()
      const log: Finding = fault
        ? {
            about: 'log',
            level: 'fail',
            text: `Event ${fault.seq} is ${fault.fault}; see "agentport admin audit verify".`,
          }
        : { about: 'log', level: 'ok', text: `${events} events, unbroken.` }
      return [
        { about: 'database', level: 'ok', text: 'It opens, is whole, and the master key fits.' },
        log,
        examineClock(rooms.clock.now(), lastEventAt),
      ]
    } finally {
      rooms.store.close()
    }
  } catch (error) {
    return [{ about: 'database', level: 'fail', text: (error as Error).message }]
  }
}
