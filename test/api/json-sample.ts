import type { Random } from '../../scripts/crash/random.ts'
import type { JsonObject, JsonValue } from '../../src/lib/json.ts'

type Schema = { [key: string]: JsonValue }

const LETTERS = 'abc XYZ09-_/%é😀\u202e\u0000"\\<'

function text(random: Random, least: number, most: number): string {
  const characters = [...LETTERS]
  const length = least + random.below(Math.min(most - least, 12) + 1)
  return Array.from({ length }, () => random.pick(characters)).join('')
}

/** A value that the schema allows. It knows as much of JSON Schema as our description uses. */
export function sampleOf(schema: Schema, random: Random): JsonValue {
  const { anyOf, enum: values, type, format } = schema
  if (Array.isArray(anyOf)) return sampleOf(random.pick(anyOf) as Schema, random)
  if (Array.isArray(values)) return random.pick(values)
  switch (Array.isArray(type) ? random.pick(type) : type) {
    case 'string':
      if (format === 'date-time') return new Date(1_795_000_000_000 + random.below(1e9)).toISOString()
      return text(random, Number(schema.minLength ?? 0), Number(schema.maxLength ?? 40))
    case 'integer':
      return Number(schema.minimum ?? 0) + random.below(5)
    case 'number':
      return (Number(schema.exclusiveMinimum ?? schema.minimum ?? 0) + 1 + random.below(9)) / 1_000
    case 'boolean':
      return random.chance(0.5)
    case 'null':
      return null
    case 'array':
      return Array.from({ length: random.below(3) }, () => sampleOf((schema.items ?? {}) as Schema, random))
    case 'object':
      return sampleObject(schema, random)
    default:
      return random.pick<JsonValue>([null, 1, 'x', [], {}, { deep: [{ n: 0.1 }] }])
  }
}

function sampleObject({ properties = {}, required = [], additionalProperties }: Schema, random: Random): JsonObject {
  const always = new Set(required as string[])
  const known = Object.entries(properties as { [name: string]: Schema })
    .filter(([name]) => always.has(name) || random.chance(0.6))
    .map(([name, property]) => [name, sampleOf(property, random)] as const)
  const more = additionalProperties === undefined ? [] : [[text(random, 1, 8), sampleOf({}, random)] as const]
  return Object.fromEntries([...known, ...more])
}

/** Values that the schema of an object does not allow, each wrong in one place. */
export function misfitsOf(schema: Schema, good: JsonObject): { what: string; value: JsonValue }[] {
  const properties = Object.entries((schema.properties ?? {}) as { [name: string]: Schema })
  const required = (schema.required ?? []) as string[]
  const without = (name: string) => Object.fromEntries(Object.entries(good).filter(([each]) => each !== name))
  return [
    { what: 'a list', value: [] },
    { what: 'a text', value: 'x' },
    { what: 'a number', value: 1 },
    ...required.map((name) => ({ what: `no ${name}`, value: without(name) })),
    ...properties.flatMap(([name, property]) =>
      wrongValues(property).map((value) => ({
        what: `${name}: ${JSON.stringify(value).slice(0, 30)}`,
        value: { ...good, [name]: value },
      })),
    ),
  ]
}

function wrongValues(schema: Schema): JsonValue[] {
  const options = (Array.isArray(schema.anyOf) ? schema.anyOf : [schema]) as Schema[]
  const kinds = options.flatMap(({ type }) => (Array.isArray(type) ? type : [type]))
  const has = (kind: string) => kinds.includes(kind)
  const limit = (name: string) => options.map((option) => option[name]).find((value) => value !== undefined)
  const minimum = limit('exclusiveMinimum') ?? limit('minimum')
  return [
    ...(has('null') ? [] : [null]),
    ...(has('string') ? [] : ['text']),
    ...(has('number') || has('integer') ? [] : [7]),
    ...(has('object') ? [] : [{}]),
    [],
    ...(limit('maxLength') === undefined ? [] : ['x'.repeat(Number(limit('maxLength')) + 1)]),
    ...(Number(limit('minLength') ?? 0) > 0 ? [''] : []),
    ...(limit('enum') === undefined ? [] : ['none of them']),
    ...(minimum === undefined ? [] : [Number(minimum) - 1]),
  ]
}
