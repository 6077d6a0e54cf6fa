import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { silentLogger } from '../lib/logger.ts'
import { buildRooms, readConfig, readMasterKey } from '../server/server.ts'
import { flawOfBackup, placeDatabase, swapDatabase, takeDataLock } from '../store/store.ts'
import { MASTER_KEY_FILE, masterKeyPutThere } from '../vault/vault.ts'
import { readArguments, stringOption } from './arguments.ts'
import { operate } from './operator.ts'
import { CommandError, output } from './output.ts'

export async function backup(argv: string[]): Promise<void> {
  const args = readArguments(argv, 'agentport admin backup FILE [--data DIR]', { least: 1, most: 1 })
  const file = resolve(args.positionals[0] ?? '')
  if (existsSync(file)) throw new CommandError(`${file} exists already; choose a new name.`)
  await operate(args, async ({ rooms, out }) => {
    rooms.store.copyTo(file)
    out.result({ file, master_key_included: false }, [
      `Wrote ${file}. The master key is not in it: keep ${MASTER_KEY_FILE}, or AGENTPORT_MASTER_KEY, in another safe place.`,
    ])
  })
}

/** The copy is made ready beside the data first, so that a failure on the way changes nothing. */
export async function restore(argv: string[]): Promise<void> {
  const args = readArguments(argv, 'agentport admin restore FILE [--data DIR]', { least: 1, most: 1 })
  const file = resolve(args.positionals[0] ?? '')
  const { dataDir } = readConfig({ data: stringOption(args, 'data') }, process.env)
  const flaw = flawOfBackup(file)
  if (flaw) throw new CommandError(flaw)
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const lock = takeDataLock(dataDir)
  if (!lock) throw new CommandError('A server runs on this data directory. Stop it, then restore.')
  const ready = mkdtempSync(join(dataDir, 'restoring-'))
  try {
    placeDatabase(file, ready)
    const masterKey = readMasterKey(process.env) ?? masterKeyPutThere(dataDir)
    if (!masterKey) {
      throw new CommandError(
        `Put the ${MASTER_KEY_FILE} that belongs to this backup into ${dataDir} first, or set AGENTPORT_MASTER_KEY.`,
      )
    }
    const rooms = buildRooms({ dataDir: ready, masterKey, logger: silentLogger })
    await rooms.identity.humans.endAllSessions('operator')
    await rooms.approvals.voidAllOpen('The database was restored from an older copy.')
    await rooms.approvals.recover()
    rooms.store.transaction((tx) => {
      rooms.audit.append(tx, { name: 'store.restored', userId: null, actor: 'operator', subject: 'store', details: {} })
    })
    const now = rooms.clock.now()
    rooms.store.close()
    const kept = swapDatabase(ready, dataDir, now)
    output(args.values.json === true).result({ restored: file, kept }, [
      `Restored ${file}. All sessions are ended, and requests that were open are void.`,
      'Policies and keys are as they were then: look through what is allowed, and revoke again what was revoked since.',
      ...(kept ? [`What was there before lies in ${kept}.`] : []),
    ])
  } finally {
    rmSync(ready, { recursive: true, force: true })
    lock.release()
  }
}
