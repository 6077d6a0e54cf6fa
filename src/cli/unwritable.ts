import { oneLine } from '../lib/logger.ts'
import { CommandError } from './output.ts'

const FROM_SQLITE = /^SQLITE_(CANTOPEN|READONLY|FULL|IOERR)/
const FROM_THE_SYSTEM = new Set(['EROFS', 'ENOSPC', 'EDQUOT', 'EFBIG', 'EACCES', 'EPERM'])

/** What SQLite and the system say when they cannot write names neither the place nor what to look at. Any other error stays as it is. */
export function inWordsForData(error: unknown, dataDir: string): unknown {
  const { code, message, path } = (error ?? {}) as { code?: unknown; message?: unknown; path?: unknown }
  if (typeof code !== 'string') return error
  const ofOurFile = FROM_THE_SYSTEM.has(code) && String(path).startsWith(dataDir)
  if (!ofOurFile && !FROM_SQLITE.test(code)) return error
  return new CommandError(
    `The data directory ${dataDir} cannot be written (${oneLine(String(message))}); its disk may be full or read-only, or it may belong to another user.`,
  )
}
