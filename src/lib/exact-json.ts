/**
 * JSON parsing that notices when a number would silently change.
 * 9007199254740993 parses as 9007199254740992: a person would approve one number and see another.
 */
import type { JsonValue } from './json.ts'

export interface ExactJson {
  value: JsonValue
  /** Source texts of numbers that a double cannot hold: integers that would be rounded, and overflows. */
  inexact: string[]
}

/** Only a text with a 16-digit run or a three-digit exponent can hold such a number, so most texts take the fast road. */
const SUSPECT = /\d{16}|[eE]\+?\d{3}/

/** @throws SyntaxError when the text is not JSON. */
export function parseExactJson(text: string): ExactJson {
  if (!SUSPECT.test(text)) return { value: JSON.parse(text) as JsonValue, inexact: [] }
  const inexact: string[] = []
  const value = JSON.parse(text, ((_key: string, parsed: unknown, context: { source?: string }) => {
    if (typeof parsed === 'number' && context.source !== undefined && !holds(context.source, parsed)) {
      inexact.push(context.source)
    }
    return parsed
  }) as (this: unknown, key: string, value: unknown) => unknown) as JsonValue
  return { value, inexact }
}

function holds(source: string, parsed: number): boolean {
  if (!Number.isFinite(parsed)) return false
  // A fraction or an exponent announces an approximate number; a plain integer promises every digit.
  if (!/^-?\d+$/.test(source)) return true
  return BigInt(source) === BigInt(parsed)
}
