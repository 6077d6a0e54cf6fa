/**
 * Identifiers and secrets from the operating system's random source.
 * An id is unguessable, but it is a name and not a proof: knowing one grants nothing.
 */

/** Crockford's base 32, lower case: no l, o, i, u, so an id read aloud or retyped stays itself. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'

/** 26 characters, 130 random bits. */
export function newId(): string {
  let id = ''
  for (const byte of crypto.getRandomValues(new Uint8Array(26))) id += ALPHABET[byte & 31]
  return id
}

const TIME_LENGTH = 10

/**
 * A ULID in lower case: 48 bits of time in milliseconds, then 80 random bits, so that ids made one after the other sort so.
 * For rows that are many: their index is written at its end only, instead of all over.
 */
export function newOrderedId(now: number): string {
  let time = ''
  for (let rest = now; time.length < TIME_LENGTH; rest = Math.floor(rest / 32)) time = ALPHABET[rest % 32] + time
  return time + newId().slice(TIME_LENGTH)
}

/** A secret of 256 random bits, base64url, 43 characters. */
export const newSecret = (): string => randomBytes(32).toString('base64url')

export const randomBytes = (length: number): Buffer => Buffer.from(crypto.getRandomValues(new Uint8Array(length)))
