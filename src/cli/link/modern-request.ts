import { isJsonObject, type JsonObject, type JsonValue } from '../../lib/json.ts'
import { VERSION } from '../../lib/version.ts'

/** The protocol generation in which each request stands alone. */
export const MODERN = '2026-07-28'
export const VERSION_META = 'io.modelcontextprotocol/protocolVersion'

/** What each request says of its sender. */
export const envelope = (program: string): JsonObject => ({
  [VERSION_META]: MODERN,
  'io.modelcontextprotocol/clientInfo': { name: program, version: VERSION },
  'io.modelcontextprotocol/clientCapabilities': {},
})

/** The parameter that a method names its subject by, mirrored into a header (SEP-2243). */
const SUBJECTS: { [method: string]: string } = {
  'tools/call': 'name',
  'prompts/get': 'name',
  'resources/read': 'uri',
}

/** Headers that repeat what the message says; the server holds one against the other. */
export function modernHeaders({
  method,
  params,
}: {
  method: string
  params?: JsonValue | undefined
}): Record<string, string> {
  const subject = isJsonObject(params) ? params[SUBJECTS[method] ?? ''] : undefined
  return {
    'mcp-protocol-version': protocolVersionOf(params) ?? MODERN,
    'mcp-method': headerText(method),
    ...(typeof subject === 'string' ? { 'mcp-name': headerText(subject) } : {}),
  }
}

/** The version that a message of the newer generation carries with it; null for one of the older. */
export function protocolVersionOf(params: JsonValue | undefined): string | null {
  const meta = isJsonObject(params) ? params._meta : undefined
  const version = isJsonObject(meta) ? meta[VERSION_META] : undefined
  return typeof version === 'string' ? version : null
}

/** A header holds only what survives as plain text; the rest goes in base64, marked as such (SEP-2243, value encoding). */
function headerText(text: string): string {
  const isPlain = /^[\x21-\x7e]([\x20-\x7e\t]*[\x21-\x7e])?$/.test(text) && !/^=\?base64\?.*\?=$/.test(text)
  return isPlain ? text : `=?base64?${Buffer.from(text).toString('base64')}?=`
}
