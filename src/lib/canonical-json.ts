/**
 * Canonical JSON as RFC 8785 defines it: one value, one text, one hash.
 * What a person is shown, what is hashed and what is sent upstream all come from this text.
 */

import { sha256Hex } from './hashes.ts'
import type { JsonValue } from './json.ts'

/** Deeper than any honest argument; keeps recursion, here and in every later reader, far from the stack's end. */
export const MAX_JSON_DEPTH = 100

export class NotCanonical extends Error {
  constructor(
    readonly path: string,
    readonly reason: string,
  ) {
    super(`${path || 'the value'} ${reason}`)
  }
}

/** @throws NotCanonical for what RFC 8785 has no text for: NaN, infinities, half surrogate pairs, or depth over 100. */
export function canonicalJson(value: JsonValue): string {
  return write(value, '', 0)
}

/** SHA-256 over the canonical text's UTF-8 bytes, in lower-case hexadecimal. */
export const canonicalHash = (value: JsonValue): string => sha256Hex(canonicalJson(value))

function write(value: JsonValue, path: string, depth: number): string {
  if (depth > MAX_JSON_DEPTH) throw new NotCanonical(path, `is nested deeper than ${MAX_JSON_DEPTH} levels`)
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'number') return writeNumber(value, path)
  if (typeof value === 'string') return writeString(value, path)
  if (Array.isArray(value)) return `[${value.map((item, i) => write(item, `${path}[${i}]`, depth + 1)).join(',')}]`
  // Sorting by UTF-16 code units is what Array.prototype.sort does by default.
  const members = Object.keys(value)
    .sort()
    .map((key) => `${writeString(key, path)}:${write(value[key] ?? null, path ? `${path}.${key}` : key, depth + 1)}`)
  return `{${members.join(',')}}`
}

function writeNumber(value: number, path: string): string {
  if (!Number.isFinite(value)) throw new NotCanonical(path, 'is too large for a number')
  // ECMAScript's number-to-text is the one RFC 8785 prescribes; JSON.stringify also turns -0 into 0.
  return JSON.stringify(value)
}

function writeString(value: string, path: string): string {
  if (!value.isWellFormed()) throw new NotCanonical(path, 'holds half of a surrogate pair, which is not text')
  return JSON.stringify(value)
}
