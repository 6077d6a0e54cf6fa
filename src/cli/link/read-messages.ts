import { isJsonObject, type JsonObject } from '../../lib/json.ts'

/**
 * The JSON-RPC messages of an answer, as they come: one JSON text, or the events of a stream (WHATWG HTML §9.2.6; of its fields
 * only data counts here). Ends when the answer does; @throws what breaks it off.
 * @param onSound called for whatever arrives, comments included: a sign of life.
 */
export async function* readMessages(response: Response, onSound: () => void = () => {}): AsyncGenerator<JsonObject> {
  if (!response.body) return
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true
  const decoder = new TextDecoder()
  let pieces: string[] = []
  let data: string[] = []
  const takeLine = (line: string): JsonObject[] => {
    if (line.startsWith('data:')) data.push(line.slice(line[5] === ' ' ? 6 : 5))
    if (line !== '' || data.length === 0) return []
    const text = data.join('\n')
    data = []
    return parse(text)
  }
  for await (const chunk of response.body) {
    onSound()
    const text = decoder.decode(chunk, { stream: true })
    const lines = isStream ? text.split('\n') : [text]
    for (const [i, line] of lines.entries()) {
      pieces.push(line)
      if (i === lines.length - 1) break
      // A line may have come in a thousand pieces; joined once, it costs its length.
      const whole = pieces.join('').replace(/\r$/, '')
      pieces = []
      yield* takeLine(whole)
    }
  }
  // An event that its blank line does not end is none.
  if (!isStream) yield* parse(pieces.join(''))
}

/** Several where the text is a batch; none where it holds no message. */
function parse(text: string): JsonObject[] {
  try {
    const value: unknown = JSON.parse(text)
    return (Array.isArray(value) ? value : [value]).filter(isJsonObject)
  } catch {
    return []
  }
}
