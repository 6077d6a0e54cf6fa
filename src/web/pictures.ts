import type { Picture } from '../../views/types.ts'
import { isJsonObject, type JsonValue } from '../lib/json.ts'

/** Each with how its bytes begin, in base64: what says it is a picture and is none is not handed to a browser as one. */
const KINDS: Record<Picture['type'], RegExp> = {
  'image/png': /^iVBORw0KGgo/,
  'image/jpeg': /^\/9j\//,
  'image/gif': /^R0lGOD[dl]h/,
  'image/webp': /^UklGR[A-Za-z0-9+/]{6}XRUJQ/,
}
const MOST = 4
/** All together, so that a page is not many times what it says. */
const MOST_CHARACTERS = 700_000

/** The pictures of an MCP tool result that a page can draw: of few kinds, none of which can carry anything out. Pure. */
export function picturesIn(json: string): Picture[] {
  if (!json.includes('"image"')) return []
  const result = JSON.parse(json) as JsonValue
  const content = isJsonObject(result) && Array.isArray(result.content) ? result.content : []
  let left = MOST_CHARACTERS
  return content.flatMap(asPicture).filter(({ data }, index) => {
    if (index >= MOST || data.length > left) return false
    left -= data.length
    return true
  })
}

function asPicture(block: JsonValue): Picture[] {
  if (!isJsonObject(block) || block.type !== 'image' || typeof block.data !== 'string') return []
  const { data } = block
  const type = (Object.keys(KINDS) as Picture['type'][]).find((each) => each === block.mimeType)
  const isOne = type !== undefined && KINDS[type].test(data) && /^[A-Za-z0-9+/]+={0,2}$/.test(data)
  return isOne ? [{ type, data }] : []
}
