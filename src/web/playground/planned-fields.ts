import { isJsonObject, type JsonObject, type JsonValue } from '../../lib/json.ts'

/** A field of the form for a tool's arguments, as its input schema has it. */
export interface PlannedField {
  /** Its name in the form, and the path to its value: ASCII, whatever the server calls it. */
  key: string
  /** The server's name for it. */
  name: string
  description: string | null
  required: boolean
  /** What the server takes when it is left out, as it says. */
  fallback: JsonValue | undefined
  nullable: boolean
  kind: FieldKind
}

export type FieldKind =
  | { is: 'text' }
  | { is: 'number'; whole: boolean }
  | { is: 'choice'; values: (string | number | boolean)[] }
  /** One value a line. */
  | { is: 'lines'; of: 'text' | 'number' | 'whole' }
  | { is: 'group'; fields: PlannedField[] }
  | { is: 'json' }

export type Plan = { fields: PlannedField[] } | { none: 'large' | 'unusual' }

/** A page has to stay a page: beyond these the arguments are written as JSON. */
const LARGEST_SCHEMA = 32 * 1024
const MOST_FIELDS = 80
const MOST_CHOICES = 200
const DEEPEST_GROUP = 2
const MOST_HOPS = 5

/** What makes an object's properties depend on more than themselves. */
const UNUSUAL = ['oneOf', 'anyOf', 'allOf', '$ref', '$dynamicRef', 'if', 'not', 'patternProperties', 'dependentSchemas']

/**
 * A form for a tool's arguments. The schema is its server's: it is read no deeper than a person would fill it in, and nothing in it is
 * carried out. A part that no field fits becomes a field for JSON, and a schema that is no plain object becomes no form. Pure.
 */
export function planFields(schema: JsonObject): Plan {
  if (JSON.stringify(schema).length > LARGEST_SCHEMA) return { none: 'large' }
  const { properties } = schema
  if (UNUSUAL.some((keyword) => schema[keyword] !== undefined)) return { none: 'unusual' }
  if (properties !== undefined && !isJsonObject(properties)) return { none: 'unusual' }
  const planning = { root: schema, fieldsLeft: MOST_FIELDS }
  const fields = plannedIn(schema, '', 0, planning)
  return planning.fieldsLeft < 0 ? { none: 'large' } : { fields }
}

interface Planning {
  root: JsonObject
  /** Below none, nothing more is planned: a few references to one another are millions of fields. */
  fieldsLeft: number
}

function plannedIn(object: JsonObject, path: string, depth: number, planning: Planning): PlannedField[] {
  const { root } = planning
  const required = Array.isArray(object.required) ? object.required : []
  const properties = isJsonObject(object.properties) ? Object.entries(object.properties) : []
  planning.fieldsLeft -= properties.length
  if (planning.fieldsLeft < 0) return []
  const fields = properties.map(([name, schema]): PlannedField => {
    const key = `${path}/${encodeURIComponent(name)}`
    const { schema: own, nullable } = withoutNull(resolved(schema, root), root)
    const description = [schema, own].map((each) => isJsonObject(each) && each.description).find(isText) ?? null
    const fallback = isJsonObject(schema) ? (schema.default ?? own.default) : undefined
    const kind = kindOf(own, key, depth, planning)
    return { key, name, description, required: required.includes(name), fallback, nullable, kind }
  })
  // What has to be filled in comes first; else in the order of the server.
  return fields.sort((a, b) => Number(b.required) - Number(a.required))
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''

/** Follows a `$ref` within the schema, and only so far: one may lead to itself. */
function resolved(schema: JsonValue, root: JsonObject): JsonObject {
  let at: JsonValue | undefined = schema
  for (let hops = 0; isJsonObject(at) && typeof at.$ref === 'string'; hops++) {
    const [, defs, name]: (string | undefined)[] = /^#\/(\$defs|definitions)\/([^/~%]+)$/.exec(at.$ref) ?? []
    const place: JsonValue | undefined = defs === undefined ? undefined : root[defs]
    if (hops === MOST_HOPS || name === undefined || !isJsonObject(place) || !Object.hasOwn(place, name)) return {}
    at = place[name]
  }
  return isJsonObject(at) ? at : {}
}

/** `["string", "null"]`, null among the values, and `anyOf` with null, as generators of schemas write what may be left out. */
function withoutNull(schema: JsonObject, root: JsonObject): { schema: JsonObject; nullable: boolean } {
  const { type, anyOf, enum: values } = schema
  if (Array.isArray(type) && type.length === 2 && type.includes('null'))
    return { schema: { ...schema, type: type.find((each) => each !== 'null') ?? 'null' }, nullable: true }
  if (Array.isArray(values) && values.includes(null))
    return { schema: { ...schema, enum: values.filter((value) => value !== null) }, nullable: true }
  if (!Array.isArray(anyOf) || anyOf.length !== 2) return { schema, nullable: false }
  const [other, ...more] = anyOf.filter((each) => !isJsonObject(each) || each.type !== 'null')
  if (other === undefined || more.length > 0) return { schema, nullable: false }
  const { anyOf: _, ...rest } = schema
  return { schema: { ...rest, ...resolved(other, root) }, nullable: true }
}

function kindOf(schema: JsonObject, key: string, depth: number, planning: Planning): FieldKind {
  const { type } = schema
  const values = schema.const === undefined ? schema.enum : [schema.const]
  if (UNUSUAL.some((keyword) => schema[keyword] !== undefined)) return { is: 'json' }
  if (Array.isArray(values)) {
    if (values.length <= MOST_CHOICES && values.every(isSimple)) return { is: 'choice', values }
    return values.every((value) => typeof value === 'string') ? { is: 'text' } : { is: 'json' }
  }
  switch (type) {
    case 'string':
      return { is: 'text' }
    case 'number':
    case 'integer':
      return { is: 'number', whole: type === 'integer' }
    case 'boolean':
      return { is: 'choice', values: [true, false] }
    case 'array': {
      const of = itemKind(schema, planning.root)
      return of === null ? { is: 'json' } : { is: 'lines', of }
    }
    case 'object': {
      const isPlain = isJsonObject(schema.properties) && !isJsonObject(schema.additionalProperties)
      if (!isPlain || depth >= DEEPEST_GROUP) return { is: 'json' }
      return { is: 'group', fields: plannedIn(schema, key, depth + 1, planning) }
    }
    default:
      return { is: 'json' }
  }
}

const isSimple = (value: JsonValue): value is string | number | boolean => value !== null && typeof value !== 'object'

function itemKind({ items, prefixItems }: JsonObject, root: JsonObject): 'text' | 'number' | 'whole' | null {
  if (items === undefined || prefixItems !== undefined) return null
  const { type, anyOf, enum: values } = resolved(items, root)
  if (anyOf !== undefined) return null
  if (Array.isArray(values) && !values.every((value) => typeof value === 'string')) return null
  if (type === 'string' || (type === undefined && Array.isArray(values))) return 'text'
  return type === 'integer' ? 'whole' : type === 'number' ? 'number' : null
}
