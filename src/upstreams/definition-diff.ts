import { canonicalJson } from '../lib/canonical-json.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../lib/json.ts'

export type DefinitionPart = 'title' | 'description' | 'hints' | 'input' | 'output' | 'other'

/** A word of the definition's own grammar, a name that the server chose within it, or a place in a list. */
export interface Step {
  kind: 'keyword' | 'member' | 'index'
  name: string
}

/** One value that is another than before; undefined where there is none. */
export interface Difference {
  part: DefinitionPart
  /** From the definition as a whole, outermost first. */
  path: Step[]
  before: JsonValue | undefined
  after: JsonValue | undefined
  /** Of lists that stand for sets, what came and what went; null where only their order is another. */
  items: { added: JsonValue[]; removed: JsonValue[] } | null
}

export interface DefinitionDiff {
  changes: Difference[]
  /** Changes beyond those that are listed. */
  more: number
}

/** Nobody reads further; whoever hides one change among thousands is told on by their number. */
const MOST_LISTED = 200

const PARTS: readonly DefinitionPart[] = ['title', 'description', 'hints', 'input', 'output', 'other']
const SCHEMA_MAPS = new Set(['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas'])
const SCHEMA_LISTS = new Set(['allOf', 'anyOf', 'oneOf', 'prefixItems', 'items'])
const SCHEMAS = new Set(
  'items additionalItems additionalProperties unevaluatedItems unevaluatedProperties contains not if then else propertyNames contentSchema'.split(
    ' ',
  ),
)
const SETS = new Set(['enum', 'required', 'type'])

/**
 * What changed between two definitions of a tool. Schemas are taken apart into their parts, everything else is compared whole, and
 * references are not followed: each value is looked at once, so the work grows with the length of the texts and with nothing else.
 * Definitions that differ in anything have at least one change, and the changes lead from the one to the other.
 */
export function diffDefinitions(before: JsonObject, after: JsonObject): DefinitionDiff {
  const found = new Map<DefinitionPart, Difference[]>(PARTS.map((part) => [part, []]))
  let count = 0

  function compare(path: Step[], before: JsonValue | undefined, after: JsonValue | undefined): void {
    if (isSame(before, after)) return
    count++
    const part = partOf(path)
    const ofPart = found.get(part) ?? []
    if (ofPart.length >= MOST_LISTED) return
    const last = path.at(-1)
    const items = last?.kind === 'keyword' && SETS.has(last.name) ? difference(before, after) : null
    ofPart.push({ part, path, before, after, items })
  }

  function compareMembers(path: Step[], before: JsonObject, after: JsonObject, kind: 'keyword' | 'member'): void {
    for (const [name, b, a] of pairs(before, after)) {
      const here: Step[] = [...path, { kind, name }]
      if (kind === 'member') compareSchemas(here, b, a)
      else if (SCHEMA_MAPS.has(name) && isJsonObject(b) && isJsonObject(a)) compareMembers(here, b, a, 'member')
      else if (SCHEMA_LISTS.has(name) && Array.isArray(b) && Array.isArray(a)) compareLists(here, b, a)
      else if (SCHEMAS.has(name)) compareSchemas(here, b, a)
      else compare(here, b, a)
    }
  }

  function compareSchemas(path: Step[], before: JsonValue | undefined, after: JsonValue | undefined): void {
    if (isJsonObject(before) && isJsonObject(after)) compareMembers(path, before, after, 'keyword')
    else compare(path, before, after)
  }

  function compareLists(path: Step[], before: JsonValue[], after: JsonValue[]): void {
    for (let i = 0; i < Math.max(before.length, after.length); i++)
      compareSchemas([...path, { kind: 'index', name: String(i) }], before[i], after[i])
  }

  for (const [name, b, a] of pairs(before, after)) {
    const path: Step[] = [{ kind: 'keyword', name }]
    if (name === 'inputSchema' || name === 'outputSchema') compareSchemas(path, b, a)
    else if (name === 'annotations' && isJsonObject(b ?? {}) && isJsonObject(a ?? {})) {
      const [was, is] = [(b ?? {}) as JsonObject, (a ?? {}) as JsonObject]
      for (const [key, x, y] of pairs(was, is)) compare([...path, { kind: 'keyword', name: key }], x, y)
      // Said to have none, or not said to have any.
      if (Object.keys({ ...was, ...is }).length === 0) compare(path, b, a)
    } else compare(path, b, a)
  }
  const changes = [...found.values()].flat().slice(0, MOST_LISTED)
  return { changes, more: count - changes.length }
}

function partOf([first, second]: Step[]): DefinitionPart {
  switch (first?.name) {
    case 'title':
    case 'description':
      return first.name
    case 'inputSchema':
      return 'input'
    case 'outputSchema':
      return 'output'
    case 'annotations':
      if (second?.name === 'title') return 'title'
      return second?.name.endsWith('Hint') ? 'hints' : 'other'
    default:
      return 'other'
  }
}

/** A name such as `__proto__` must not find what every object inherits. */
const own = (object: JsonObject, name: string): JsonValue | undefined =>
  Object.hasOwn(object, name) ? object[name] : undefined

/** The members of both, those of the first in front. */
function* pairs(
  before: JsonObject,
  after: JsonObject,
): Generator<[string, JsonValue | undefined, JsonValue | undefined]> {
  for (const name of Object.keys(before)) yield [name, own(before, name), own(after, name)]
  for (const name of Object.keys(after)) if (!Object.hasOwn(before, name)) yield [name, undefined, own(after, name)]
}

const textOf = (value: JsonValue | undefined): string => (value === undefined ? '' : canonicalJson(value))
const isSame = (before: JsonValue | undefined, after: JsonValue | undefined): boolean =>
  before === after || textOf(before) === textOf(after)

/** What a set gained and lost; one value alone, as `type` may be, counts as a set of it. */
function difference(before: JsonValue | undefined, after: JsonValue | undefined): Difference['items'] {
  if (before === undefined || after === undefined || (!Array.isArray(before) && !Array.isArray(after))) return null
  const [was, is] = [before, after].map((value) => (Array.isArray(value) ? value : [value])) as [
    JsonValue[],
    JsonValue[],
  ]
  const [known, wanted] = [new Set(was.map(textOf)), new Set(is.map(textOf))]
  const added = is.filter((item) => !known.has(textOf(item)))
  const removed = was.filter((item) => !wanted.has(textOf(item)))
  return added.length + removed.length > 0 ? { added, removed } : null
}
