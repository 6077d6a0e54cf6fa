import { canonicalJson, NotCanonical } from '../lib/canonical-json.ts'
import { sha256Hex } from '../lib/hashes.ts'
import type { JsonObject } from '../lib/json.ts'

export const MAX_ARGUMENTS_BYTES = 256 * 1024

/** Arguments as they are shown, hashed and sent: one canonical text. */
export interface BoundArguments {
  value: JsonObject
  json: string
  hash: string
}

/**
 * @param inexact source texts of numbers in the message that a double cannot hold.
 * @returns the reason, in words for the agent, when the arguments cannot be bound.
 */
export function bindArguments(value: JsonObject, inexact: readonly string[]): BoundArguments | { invalid: string } {
  if (inexact.length > 0) {
    return {
      invalid: `The number ${inexact[0]?.slice(0, 40)} cannot be held exactly (numbers are IEEE doubles). Send it as a string, if the tool takes one, or use a number that can be held.`,
    }
  }
  try {
    const json = canonicalJson(value)
    const bytes = Buffer.byteLength(json)
    if (bytes > MAX_ARGUMENTS_BYTES) {
      return {
        invalid: `The arguments are ${bytes} bytes of JSON; at most ${MAX_ARGUMENTS_BYTES} (256 KB) can be sent.`,
      }
    }
    // What is sent is read back from the text that was hashed, so that the two cannot differ.
    return { value: JSON.parse(json) as JsonObject, json, hash: sha256Hex(json) }
  } catch (error) {
    if (error instanceof NotCanonical) return { invalid: `The arguments cannot be sent: ${error.message}.` }
    throw error
  }
}
