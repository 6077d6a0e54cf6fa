import { timingSafeEqual } from 'node:crypto'

/** SHA-256 of text (as UTF-8) or bytes, lower-case hexadecimal. */
export const sha256Hex = (input: string | Uint8Array): string =>
  new Bun.CryptoHasher('sha256').update(input).digest('hex')

/** SHA-256 of UTF-8 text, base64url without padding, as PKCE has it. */
export const sha256Base64url = (input: string): string =>
  new Bun.CryptoHasher('sha256').update(input).digest('base64url')

/** Compares two hashes of equal length without telling by time where they differ. */
export function sameHash(a: string, b: string): boolean {
  const left = Buffer.from(a)
  const right = Buffer.from(b)
  return left.length === right.length && timingSafeEqual(left, right)
}

/** HMAC-SHA-256 over UTF-8 text, lower-case hexadecimal. */
export const hmacHex = (key: Uint8Array, text: string): string =>
  new Bun.CryptoHasher('sha256', key).update(text).digest('hex')

/** HMAC-SHA-256 over UTF-8 text, base64url without padding. */
export const hmacBase64url = (key: Uint8Array, text: string): string =>
  new Bun.CryptoHasher('sha256', key).update(text).digest('base64url')
