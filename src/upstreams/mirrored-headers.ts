import { isJsonObject } from '../lib/json.ts'

/** RFC 9110 §5.6.2. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const MIRRORED_TYPES = new Set(['string', 'integer', 'boolean'])
/** Keywords with schemas beneath them that an argument is not found under by name alone. */
const ELSEWHERE = [
  'items',
  'prefixItems',
  'contains',
  'additionalProperties',
  'unevaluatedProperties',
  'unevaluatedItems',
  'propertyNames',
  'oneOf',
  'anyOf',
  'allOf',
  'not',
  'if',
  'then',
  'else',
]
const ELSEWHERE_BY_NAME = ['patternProperties', 'dependentSchemas', '$defs', 'definitions']

/**
 * Whether a tool's `x-mcp-header` marks keep the rules of 2026-07-28: on plain arguments only, each under a header name of its own.
 * A tool that breaks them has to be left out, since its headers would not say what its body says. Pure.
 */
export function mirrorsCleanly(inputSchema: unknown): boolean {
  const names = new Set<string>()

  function isClean(schema: unknown, isArgument: boolean): boolean {
    if (Array.isArray(schema)) return schema.every((each) => isClean(each, false))
    if (!isJsonObject(schema)) return true
    if ('x-mcp-header' in schema) {
      const { 'x-mcp-header': name, type } = schema
      if (!isArgument || typeof name !== 'string' || !TOKEN.test(name) || !MIRRORED_TYPES.has(String(type)))
        return false
      if (names.has(name.toLowerCase())) return false
      names.add(name.toLowerCase())
    }
    return beneath(schema).every(([each, isNamed]) => isClean(each, isNamed && (isArgument || schema === inputSchema)))
  }

  return isClean(inputSchema, false)
}

/** The schemas right beneath one, and whether an argument is reached there by its name. */
function beneath(schema: { [key: string]: unknown }): [schema: unknown, isNamed: boolean][] {
  const members = (key: string) => (isJsonObject(schema[key]) ? Object.values(schema[key]) : [])
  return [
    ...members('properties').map((each): [unknown, boolean] => [each, true]),
    ...ELSEWHERE_BY_NAME.flatMap(members).map((each): [unknown, boolean] => [each, false]),
    ...ELSEWHERE.map((key): [unknown, boolean] => [schema[key], false]),
  ]
}
