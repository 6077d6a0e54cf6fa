import { mkdirSync } from 'node:fs'
import type { User } from '../identity/identity.ts'
import { silentLogger } from '../lib/logger.ts'
import { buildRooms, type Rooms, readConfig, readMasterKey } from '../server/server.ts'
import { findFact, takeDataLock } from '../store/store.ts'
import { type Arguments, hasFlag, stringOption } from './arguments.ts'
import { CommandError, type Output, output } from './output.ts'
import { inWordsForData } from './unwritable.ts'

/** What an operator command works with: the rooms over the data directory, whether a server runs on it or not. */
export interface Operator {
  rooms: Rooms
  out: Output
  /** Where links lead: the origin that the server last had, else the configured or default one. */
  origin: string
  /** The user that is meant. @throws CommandError when there is none, or several and none was named. */
  user(): Promise<User>
}

/**
 * Runs `act` on the data directory and closes it again, whatever happens.
 * @param alone when no server may run meanwhile; the reason ends the sentence that says so.
 */
export async function operate(
  args: Arguments,
  act: (operator: Operator) => Promise<void>,
  { alone }: { alone?: string } = {},
): Promise<void> {
  const config = readConfig({ data: stringOption(args, 'data') }, process.env)
  // Holding the lock while no server runs means that the schema may be brought up to date here.
  const lock = orSayWhy(config.dataDir, () => {
    mkdirSync(config.dataDir, { recursive: true, mode: 0o700 })
    return takeDataLock(config.dataDir)
  })
  if (alone !== undefined && !lock) throw new CommandError(`A server runs on this data directory ${alone}`)
  try {
    const masterKey = readMasterKey(process.env)
    const rooms = orSayWhy(config.dataDir, () =>
      buildRooms({ dataDir: config.dataDir, masterKey, logger: silentLogger, mayMigrate: lock !== null }),
    )
    if (alone === undefined) lock?.release()
    try {
      const configured = config.publicOrigin?.origin ?? `http://localhost:${config.port || 4747}`
      await act({
        rooms,
        out: output(hasFlag(args, 'json')),
        origin: findFact(rooms.store.db, 'origin') ?? configured,
        user: () => chosenUser(rooms, stringOption(args, 'user')),
      })
    } finally {
      await rooms.upstreams.close()
      rooms.store.close()
    }
  } finally {
    lock?.release()
  }
}

function orSayWhy<T>(dataDir: string, open: () => T): T {
  try {
    return open()
  } catch (error) {
    throw inWordsForData(error, dataDir)
  }
}

async function chosenUser({ identity }: Rooms, email: string | undefined): Promise<User> {
  if (email !== undefined) {
    const user = await identity.humans.findUserByEmail(email)
    if (!user) throw new CommandError(`There is no user ${email}. "agentport admin user list" shows who there is.`)
    return user
  }
  const [first, second] = await identity.humans.users()
  if (!first)
    throw new CommandError(
      'There is no user yet. Make one with "agentport admin user add EMAIL", or open the setup link of "agentport serve".',
    )
  if (second) throw new CommandError('There are several users; say whose with --user EMAIL.')
  return first
}
