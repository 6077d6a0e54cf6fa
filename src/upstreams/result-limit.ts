import { isJsonObject, type JsonObject, type JsonValue } from '../lib/json.ts'

const sizeOf = (value: JsonValue): number => Buffer.byteLength(JSON.stringify(value))

/**
 * Cuts a result that is larger than `limitBytes` of JSON: whole content blocks are kept from the front, a text is cut where the
 * room ends, and a notice says so. Everything else is not cut but left out when it is large, since half of it would be another value.
 */
export function limitResult(result: JsonObject, limitBytes: number): JsonObject {
  const size = sizeOf(result)
  if (size <= limitBytes) return result
  const { structuredContent, content, isError, ...others } = result
  const rest = sizeOf(others) <= limitBytes / 4 ? others : {}
  const kept: JsonValue[] = []
  let room = limitBytes - sizeOf(rest)
  for (const block of Array.isArray(content) ? content : []) {
    const length = sizeOf(block)
    if (length <= room) {
      kept.push(block)
      room -= length
      continue
    }
    if (isJsonObject(block) && block.type === 'text' && typeof block.text === 'string') {
      const frame = sizeOf({ ...block, text: '' })
      if (frame < room) kept.push({ ...block, text: cutText(block.text, room - frame) })
    }
    break
  }
  const dropped = structuredContent === undefined ? '' : ' Its structured content was left out.'
  const notice = `[AgentPort: this result was cut. The server sent ${size} bytes; the limit is ${limitBytes}.${dropped} Ask for less, for example a smaller page.]`
  const meta = isJsonObject(rest._meta) ? rest._meta : {}
  return {
    ...rest,
    content: [...kept, { type: 'text', text: notice }],
    ...(isError === undefined ? {} : { isError }),
    _meta: { ...meta, 'agentport/cut_from_bytes': size },
  }
}

/** As much of the text as fits in `bytes` of JSON, never half a character. */
function cutText(text: string, bytes: number): string {
  // No character is shorter in JSON than in UTF-8, so this much is enough to look at.
  let cut = wholeCharacters(text, bytes)
  for (let over = sizeOf(cut) - 2 - bytes; over > 0; over = sizeOf(cut) - 2 - bytes) {
    // What is cut off next is written at most six times as long as it is.
    cut = wholeCharacters(cut, Buffer.byteLength(cut) - Math.ceil(over / 6))
  }
  return cut
}

function wholeCharacters(text: string, bytes: number): string {
  const encoded = Buffer.from(text)
  let end = Math.min(Math.max(0, bytes), encoded.length)
  // A byte of the form 10xxxxxx goes on with a character that began before it.
  while (end < encoded.length && end > 0 && ((encoded[end] ?? 0) & 0xc0) === 0x80) end--
  return encoded.toString('utf8', 0, end)
}
