import { isJsonObject, type JsonObject, type JsonValue } from '../lib/json.ts'

/**
 * Cuts a result that is larger than `limitBytes` of JSON: whole content blocks are kept from the front, a text is cut where the
 * room ends, and a notice says so. Structured content is not cut but left out, since half of it would be another value.
 */
export function limitResult(result: JsonObject, limitBytes: number): JsonObject {
  const size = Buffer.byteLength(JSON.stringify(result))
  if (size <= limitBytes) return result
  const { structuredContent, content, ...rest } = result
  const kept: JsonValue[] = []
  let room = limitBytes
  for (const block of Array.isArray(content) ? content : []) {
    const length = Buffer.byteLength(JSON.stringify(block))
    if (length <= room) {
      kept.push(block)
      room -= length
      continue
    }
    if (isJsonObject(block) && block.type === 'text' && typeof block.text === 'string') {
      kept.push({ ...block, text: cutText(block.text, room) })
    }
    break
  }
  const dropped = structuredContent === undefined ? '' : ' Its structured content was left out.'
  const notice = `[AgentPort: this result was cut. The server sent ${size} bytes; the limit is ${limitBytes}.${dropped} Ask for less, for example a smaller page.]`
  const meta = isJsonObject(rest._meta) ? rest._meta : {}
  return {
    ...rest,
    content: [...kept, { type: 'text', text: notice }],
    _meta: { ...meta, 'agentport/cut_from_bytes': size },
  }
}

/** As much of the text as fits in `bytes` of UTF-8, never half a character. */
function cutText(text: string, bytes: number): string {
  const cut = Buffer.from(text)
    .subarray(0, Math.max(0, bytes))
    .toString('utf8')
    .replace(/\uFFFD+$/, '')
  return cut.toWellFormed()
}
