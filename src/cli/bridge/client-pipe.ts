import { isJsonObject, type JsonObject, type JsonValue } from '../../lib/json.ts'

/** What came in one line from the client: a message, or a batch of them. */
export interface Incoming {
  /** The line as it came: numbers in it are the gateway's to judge, so it goes on untouched. */
  text: string
  messages: JsonObject[]
  isBatch: boolean
}

/** The lines of a stream, however it is cut into pieces; what follows the last line feed is one too. */
export async function* readLines(stream: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  // Joined once a line is whole: a long one comes in thousands of pieces.
  let pieces: string[] = []
  for await (const chunk of stream) {
    const parts = decoder.decode(chunk, { stream: true }).split('\n')
    for (const [i, part] of parts.entries()) {
      pieces.push(part)
      if (i === parts.length - 1) break
      yield pieces.join('')
      pieces = []
    }
  }
  const rest = pieces.join('')
  if (rest) yield rest
}

/** Null for a line that holds no message. */
export function readIncoming(line: string): Incoming | null {
  try {
    const value: unknown = JSON.parse(line)
    const isBatch = Array.isArray(value)
    const messages = (isBatch ? value : [value]).filter(isJsonObject)
    return messages.length > 0 ? { text: line, messages, isBatch } : null
  } catch {
    return null
  }
}

export type Write = (message: JsonValue) => void

export const isRequest = ({ id, method }: JsonObject): boolean => typeof method === 'string' && isId(id)

export const isResponse = ({ method }: JsonObject): boolean => method === undefined

export const isId = (id: JsonValue | undefined): id is string | number =>
  typeof id === 'string' || typeof id === 'number'

/** The request that a message calls off; null for any other message. */
export function cancelledId({ method, params }: JsonObject): string | number | null {
  if (method !== 'notifications/cancelled' || !isJsonObject(params)) return null
  return isId(params.requestId) ? params.requestId : null
}
