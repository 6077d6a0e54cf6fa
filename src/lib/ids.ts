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

/** A secret of 256 random bits, base64url, 43 characters. */
export const newSecret = (): string => randomBytes(32).toString('base64url')

export const randomBytes = (length: number): Buffer => Buffer.from(crypto.getRandomValues(new Uint8Array(length)))
