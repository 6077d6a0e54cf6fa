import { isJsonObject, type JsonObject, type JsonValue } from '../lib/json.ts'

/** Values under these are data, whatever they look like. */
const DATA_KEYWORDS = new Set(['const', 'enum', 'default', 'examples'])
const MOST_QUANTIFIERS = 2
/** Up to this long a string is tried against the patterns that are left: at worst some 10^8 steps. */
export const LONGEST_TRIED = 500

/**
 * A server's schema without the regular expressions that could take for ever: the engine backtracks and cannot be interrupted, so one
 * pattern and one argument that does not match it would hold up everybody. What is left out, the server itself will judge.
 */
export function withoutPatterns(schema: JsonObject, which: 'unsafe' | 'all'): JsonObject {
  const leaveOut = (pattern: string) => which === 'all' || !isSafe(pattern)
  const walk = (value: JsonValue): JsonValue => {
    if (Array.isArray(value)) return value.map(walk)
    if (!isJsonObject(value)) return value
    const kept: [string, JsonValue][] = []
    for (const [key, part] of Object.entries(value)) {
      if (key === 'pattern' && typeof part === 'string' && leaveOut(part)) continue
      if (key === 'patternProperties' && isJsonObject(part) && Object.keys(part).some(leaveOut)) {
        // Without its patterns nobody can say which properties are additional ones.
        return walk(without(value, 'patternProperties', 'additionalProperties', 'unevaluatedProperties'))
      }
      // The formats of long texts are regular expressions as well.
      if (key === 'format' && which === 'all') continue
      const walked = walk(part)
      // Half of a constant would be another; and a `$ref` may lead even into it.
      if (DATA_KEYWORDS.has(key) && JSON.stringify(walked) !== JSON.stringify(part)) continue
      kept.push([key, walked])
    }
    return Object.fromEntries(kept)
  }
  return walk(schema) as JsonObject
}

const without = (object: JsonObject, ...names: string[]): JsonObject =>
  Object.fromEntries(Object.entries(object).filter(([key]) => !names.includes(key)))

export function holdsLongString(value: JsonValue): boolean {
  if (typeof value === 'string') return value.length > LONGEST_TRIED
  if (Array.isArray(value)) return value.some(holdsLongString)
  if (!isJsonObject(value)) return false
  return Object.entries(value).some(([key, part]) => key.length > LONGEST_TRIED || holdsLongString(part))
}

/** Few repetitions, and none of a group that repeats or chooses within itself. Says no too often rather than yes. */
function isSafe(pattern: string): boolean {
  const plain = pattern
    .replace(/\\./gs, 'x')
    .replace(/\[[^\]]*\]/g, 'x')
    .replace(/\(\?[:=!]/g, '(')
  if (/\\\d|\(\?</.test(pattern)) return false
  const quantifiers = plain.match(/[*+]|\{\d+,\d*\}|\{\d{3,}\}/g)?.length ?? 0
  return quantifiers <= MOST_QUANTIFIERS && !repeatsGroup(plain)
}

/** Whether a group with a quantifier or a choice in it is itself repeated. */
function repeatsGroup(plain: string): boolean {
  const open: { branches: boolean }[] = []
  for (let i = 0; i < plain.length; i++) {
    const char = plain[i] ?? ''
    if (char === '(') open.push({ branches: false })
    else if (char === ')') {
      const group = open.pop()
      const repeated = /[*+{]/.test(plain[i + 1] ?? '')
      if (group?.branches && repeated) return true
      const around = open.at(-1)
      if (around && (group?.branches || repeated)) around.branches = true
    } else if (/[*+{|?]/.test(char)) {
      const around = open.at(-1)
      if (around) around.branches = true
    }
  }
  return false
}
