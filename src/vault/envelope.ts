import { createCipheriv, createDecipheriv } from 'node:crypto'
import { sha256Hex } from '../lib/hashes.ts'
import { randomBytes } from '../lib/ids.ts'

/**
 * The sealed form of a secret: `v1.<key id>.<nonce>.<ciphertext and tag>`, the last two base64url.
 * AES-256-GCM with a random 96-bit nonce; the context is authenticated, so a sealed text moved to another row does not open.
 */
const VERSION = 'v1'
const NONCE_BYTES = 12
const TAG_BYTES = 16

export class CannotOpen extends Error {}

/** Names a master key without telling anything about it. */
export const keyId = (masterKey: Uint8Array): string => sha256Hex(masterKey).slice(0, 8)

export function seal(masterKey: Uint8Array, plaintext: Uint8Array, context: string): string {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', masterKey, nonce).setAAD(Buffer.from(context))
  const sealed = Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
  return [VERSION, keyId(masterKey), nonce.toString('base64url'), sealed.toString('base64url')].join('.')
}

/** @throws CannotOpen when the key, the context or the sealed text is another than at sealing. */
export function open(masterKey: Uint8Array, sealedText: string, context: string): Buffer {
  const [version, id, nonce, sealed, ...rest] = sealedText.split('.')
  if (version !== VERSION || !id || !nonce || !sealed || rest.length > 0) {
    throw new CannotOpen('A sealed secret has an unknown form')
  }
  if (id !== keyId(masterKey)) throw new CannotOpen('A secret was sealed under another master key')
  const bytes = Buffer.from(sealed, 'base64url')
  try {
    const decipher = createDecipheriv('aes-256-gcm', masterKey, Buffer.from(nonce, 'base64url'), {
      authTagLength: TAG_BYTES,
    })
      .setAAD(Buffer.from(context))
      .setAuthTag(bytes.subarray(-TAG_BYTES))
    return Buffer.concat([decipher.update(bytes.subarray(0, -TAG_BYTES)), decipher.final()])
  } catch {
    throw new CannotOpen('A sealed secret was changed or moved')
  }
}
