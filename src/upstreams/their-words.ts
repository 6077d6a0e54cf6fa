import { isJsonObject, type JsonValue } from '../lib/json.ts'
import { oneLine } from '../lib/logger.ts'

const MOST_SHOWN = 200

/**
 * What a server says to a person about its refusal, in quotation marks, to stand beside our own sentence; null when it says nothing.
 * One line, short, without anything invisible, and without the secrets that it may have sent back.
 */
export function theirWords(body: unknown, secrets: readonly string[] = []): string | null {
  const said = sentenceIn(typeof body === 'string' ? parsed(body) : (body as JsonValue))
  if (said === null) return null
  const clean = secrets.reduce((text, secret) => (secret === '' ? text : text.replaceAll(secret, '…')), said)
  const safe = oneLine(clean.replace(/\s+/g, ' ').trim())
  if (!/[\p{L}\p{N}]/u.test(safe)) return null
  return `“${safe.length > MOST_SHOWN ? `${safe.slice(0, MOST_SHOWN)}…` : safe}”`
}

function parsed(body: string): JsonValue {
  try {
    return JSON.parse(body) as JsonValue
  } catch {
    // A page for browsers tells a person nothing here.
    return /^\s*</.test(body) ? null : body
  }
}

/** The places in which services put a sentence for people. */
function sentenceIn(body: JsonValue | undefined): string | null {
  if (typeof body === 'string') return body
  if (!isJsonObject(body)) return null
  for (const name of ['error_description', 'message', 'detail', 'error', 'title']) {
    const value = body[name]
    if (typeof value === 'string' && value.trim() !== '') return value
    const inner = isJsonObject(value) ? sentenceIn(value) : null
    if (inner !== null) return inner
  }
  return null
}
