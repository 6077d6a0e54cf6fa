import { errorText } from './errors.ts'
import { newId } from './ids.ts'

/**
 * Our own log on stderr, one line an event, for the host's log keeper.
 * It never holds credentials, arguments or results: callers hand in ids and plain words.
 */
export interface Logger {
  info(message: string, fields?: Fields): void
  error(message: string, fields?: Fields): void
}
/** A server's error may be a page of HTML; what matters stands at its beginning. */
const LONGEST_LINE = 8_000

type Fields = Record<string, string | number | boolean | null>

export function stderrLogger(now: () => number): Logger {
  const line = (level: string, message: string, fields: Fields = {}) => {
    const rest = Object.entries(fields).map(([key, value]) => ` ${key}=${JSON.stringify(value)}`)
    const text = oneLine(`${message}${rest.join('')}`.slice(0, LONGEST_LINE))
    process.stderr.write(`${new Date(now()).toISOString()} ${level} ${text}\n`)
  }
  return {
    info: (message, fields) => line('info', message, fields),
    error: (message, fields) => line('error', message, fields),
  }
}

export const silentLogger: Logger = { info() {}, error() {} }

/** Writes down a fault of our own. @returns the number it is found by, which is all that the outside is told of it. */
export function logFault(logger: Logger, error: unknown, fields: Fields): string {
  const id = newId().slice(0, 8)
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  logger.error('internal error', { id, ...fields, error: errorText(error), stack })
  return id
}

/** Text from outside must not forge a log line or drive the terminal, so controls and redirections become escapes. */
export function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]|\p{Cs}/gu, (c) => `\\u{${c.codePointAt(0)?.toString(16)}}`)
}
