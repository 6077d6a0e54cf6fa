import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { canonicalJson } from '../../src/lib/canonical-json.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/lib/json.ts'
import { type Difference, diffDefinitions, type Step } from '../../src/upstreams/definition-diff.ts'

/** As a person reads it: `part: path: before → after`, and of a set what came and went. */
function told({ part, path, before, after, items }: Difference): string {
  const value = (json: JsonValue | undefined) => (json === undefined ? '–' : JSON.stringify(json))
  const set = items ? ` (+${JSON.stringify(items.added)} −${JSON.stringify(items.removed)})` : ''
  return `${part}: ${path.map(({ name }) => name).join('/')}: ${value(before)} → ${value(after)}${set}`
}

const tool = (more: JsonObject): JsonObject => ({ name: 'run', ...more })
const input = (schema: JsonObject): JsonObject => tool({ inputSchema: { type: 'object', ...schema } })
const told2 = (before: JsonObject, after: JsonObject) => diffDefinitions(before, after).changes.map(told)

describe('a changed definition is told as', () => {
  const TABLE: [what: string, before: JsonObject, after: JsonObject, told: string[]][] = [
    ['nothing, when nothing changed', tool({ title: 'Run' }), tool({ title: 'Run' }), []],
    ['nothing, when only the spelling changed', { name: 'run', title: 'a' }, { title: 'a', name: 'run' }, []],
    ['its title', tool({ title: 'Run' }), tool({ title: 'Walk' }), ['title: title: "Run" → "Walk"']],
    ['a title that came', tool({}), tool({ title: 'Walk' }), ['title: title: – → "Walk"']],
    [
      'the title among its hints',
      tool({ annotations: { title: 'a' } }),
      tool({ annotations: { title: 'b' } }),
      ['title: annotations/title: "a" → "b"'],
    ],
    [
      'its description, whole',
      tool({ description: `${'long '.repeat(2_000)}end` }),
      tool({ description: `${'long '.repeat(2_000)}END` }),
      [`description: description: "${'long '.repeat(2_000)}end" → "${'long '.repeat(2_000)}END"`],
    ],
    ['a description that went', tool({ description: 'Runs' }), tool({}), ['description: description: "Runs" → –']],
    [
      'each hint',
      tool({ annotations: { readOnlyHint: true, openWorldHint: true } }),
      tool({ annotations: { readOnlyHint: false, destructiveHint: true } }),
      [
        'hints: annotations/readOnlyHint: true → false',
        'hints: annotations/openWorldHint: true → –',
        'hints: annotations/destructiveHint: – → true',
      ],
    ],
    [
      'hints where there were none',
      tool({}),
      tool({ annotations: { readOnlyHint: true } }),
      ['hints: annotations/readOnlyHint: – → true'],
    ],
    ['hints that say nothing', tool({}), tool({ annotations: {} }), ['other: annotations: – → {}']],
    [
      'properties that came and went, whole',
      input({ properties: { a: { type: 'string' } } }),
      input({ properties: { b: { type: 'number', description: 'How many' } } }),
      [
        'input: inputSchema/properties/a: {"type":"string"} → –',
        'input: inputSchema/properties/b: – → {"type":"number","description":"How many"}',
      ],
    ],
    [
      'each word about a property',
      input({ properties: { a: { type: 'string', description: 'Who', maxLength: 5 } } }),
      input({ properties: { a: { type: 'integer', description: 'Whom', default: 5 } } }),
      [
        'input: inputSchema/properties/a/type: "string" → "integer"',
        'input: inputSchema/properties/a/description: "Who" → "Whom"',
        'input: inputSchema/properties/a/maxLength: 5 → –',
        'input: inputSchema/properties/a/default: – → 5',
      ],
    ],
    [
      'a property that is an object, in its own properties',
      input({ properties: { to: { type: 'object', properties: { street: { type: 'string' } } } } }),
      input({ properties: { to: { type: 'object', properties: { street: { type: 'string', minLength: 1 } } } } }),
      ['input: inputSchema/properties/to/properties/street/minLength: – → 1'],
    ],
    [
      'what is in a list',
      input({ properties: { to: { type: 'array', items: { type: 'string' } } } }),
      input({ properties: { to: { type: 'array', items: { type: 'string', format: 'email' } } } }),
      ['input: inputSchema/properties/to/items/format: – → "email"'],
    ],
    [
      'a list that had a schema for each place',
      input({ properties: { to: { items: [{ type: 'string' }, { type: 'number' }] } } }),
      input({ properties: { to: { items: [{ type: 'string' }] } } }),
      ['input: inputSchema/properties/to/items/1: {"type":"number"} → –'],
    ],
    [
      'values that a choice gained and lost',
      input({ properties: { currency: { enum: ['eur', 'usd', 'gbp'] } } }),
      input({ properties: { currency: { enum: ['usd', 'btc', 'eur'] } } }),
      ['input: inputSchema/properties/currency/enum: ["eur","usd","gbp"] → ["usd","btc","eur"] (+["btc"] −["gbp"])'],
    ],
    [
      'a choice in another order',
      input({ properties: { currency: { enum: ['eur', 'usd'] } } }),
      input({ properties: { currency: { enum: ['usd', 'eur'] } } }),
      ['input: inputSchema/properties/currency/enum: ["eur","usd"] → ["usd","eur"]'],
    ],
    [
      'what is required now',
      input({ required: ['a'] }),
      input({ required: ['a', 'b'] }),
      ['input: inputSchema/required: ["a"] → ["a","b"] (+["b"] −[])'],
    ],
    [
      'a type that became one of several',
      input({ properties: { a: { type: 'string' } } }),
      input({ properties: { a: { type: ['string', 'null'] } } }),
      ['input: inputSchema/properties/a/type: "string" → ["string","null"] (+["null"] −[])'],
    ],
    [
      'a definition that others refer to, once, wherever it is used',
      input({ $defs: { Money: { type: 'number' } }, properties: { a: { $ref: '#/$defs/Money' } } }),
      input({ $defs: { Money: { type: 'string' } }, properties: { a: { $ref: '#/$defs/Money' } } }),
      ['input: inputSchema/$defs/Money/type: "number" → "string"'],
    ],
    [
      'each branch of a choice of schemas',
      input({ anyOf: [{ required: ['a'] }, { required: ['b'] }] }),
      input({ anyOf: [{ required: ['a'] }, { required: ['c'] }, true] }),
      ['input: inputSchema/anyOf/1/required: ["b"] → ["c"] (+["c"] −["b"])', 'input: inputSchema/anyOf/2: – → true'],
    ],
    [
      'further properties that are refused now',
      input({}),
      input({ additionalProperties: false }),
      ['input: inputSchema/additionalProperties: – → false'],
    ],
    [
      'a property called like a word of the grammar',
      input({ properties: { properties: { type: 'string' }, enum: { type: 'string' } } }),
      input({ properties: { properties: { type: 'number' }, enum: { enum: ['a'] } } }),
      [
        'input: inputSchema/properties/properties/type: "string" → "number"',
        'input: inputSchema/properties/enum/type: "string" → –',
        'input: inputSchema/properties/enum/enum: – → ["a"]',
      ],
    ],
    [
      'data whole, whatever it looks like',
      input({ properties: { a: { default: { properties: { x: 1 } } } } }),
      input({ properties: { a: { default: { properties: { x: 2 } } } } }),
      ['input: inputSchema/properties/a/default: {"properties":{"x":1}} → {"properties":{"x":2}}'],
    ],
    [
      'names that every object inherits',
      input({ properties: {} }),
      input({ properties: JSON.parse('{"__proto__":{"type":"string"},"constructor":{},"toString":true}') }),
      [
        'input: inputSchema/properties/__proto__: – → {"type":"string"}',
        'input: inputSchema/properties/constructor: – → {}',
        'input: inputSchema/properties/toString: – → true',
      ],
    ],
    [
      'what does not look like a schema at all',
      tool({ inputSchema: { type: 'object', properties: ['a'] } }),
      tool({ inputSchema: { type: 'object', properties: { a: true } } }),
      ['input: inputSchema/properties: ["a"] → {"a":true}'],
    ],
    [
      'a schema that is none any more',
      input({}),
      tool({ inputSchema: null }),
      ['input: inputSchema: {"type":"object"} → null'],
    ],
    [
      'what it gives back',
      tool({ outputSchema: { type: 'object' } }),
      tool({ outputSchema: { type: 'object', required: ['id'] } }),
      ['output: outputSchema/required: – → ["id"]'],
    ],
    [
      'whatever else a server says of it',
      tool({ _meta: { a: 1 }, icons: [] }),
      tool({ _meta: { a: 2 }, icons: [] }),
      ['other: _meta: {"a":1} → {"a":2}'],
    ],
    [
      'all of it, in the order in which a person reads',
      tool({ _meta: 1, inputSchema: { type: 'object' }, title: 'a', description: 'a' }),
      tool({ _meta: 2, inputSchema: { type: 'array' }, title: 'b', description: 'b' }),
      [
        'title: title: "a" → "b"',
        'description: description: "a" → "b"',
        'input: inputSchema/type: "object" → "array"',
        'other: _meta: 1 → 2',
      ],
    ],
  ]
  test.each(TABLE)('%s', (_what, before, after, expected) => {
    expect(told2(before, after)).toEqual(expected)
  })
})

describe('of any two definitions', () => {
  const NAMES = ['type', 'properties', 'items', 'enum', 'required', 'anyOf', '$defs', 'default', 'a', '__proto__']
  const value = fc.letrec<{ any: JsonValue; object: JsonObject }>((tie) => ({
    any: fc.oneof(
      { maxDepth: 5, withCrossShrink: true },
      fc.constantFrom<JsonValue>(null, true, 0, 'string', 'x'),
      fc.array(tie('any'), { maxLength: 3 }),
      tie('object'),
    ),
    object: fc
      .array(fc.tuple(fc.constantFrom(...NAMES), tie('any')), { maxLength: 4 })
      .map((members) => JSON.parse(`{${members.map(([k, v]) => `${JSON.stringify(k)}:${JSON.stringify(v)}`)}}`)),
  })) as { any: fc.Arbitrary<JsonValue>; object: fc.Arbitrary<JsonObject> }
  const definition = fc
    .record(
      { title: value.any, description: value.any, inputSchema: value.any, outputSchema: value.any, _meta: value.any },
      { requiredKeys: [] },
    )
    .map((parts) => parts as JsonObject)

  test('the changes lead from the one to the other: nothing that changed is left out', () => {
    fc.assert(
      fc.property(definition, definition, (before, after) => {
        const { changes, more } = diffDefinitions(before, after)
        expect(more).toBe(0)
        expect(canonicalJson(applied(before, changes))).toBe(canonicalJson(after))
      }),
      { numRuns: 2_000 },
    )
  })

  test('there are no changes between a definition and itself', () => {
    fc.assert(
      fc.property(definition, (each) => expect(diffDefinitions(each, structuredClone(each)).changes).toEqual([])),
    )
  })
})

describe('of a huge or hostile definition', () => {
  const MOST_MS = 500
  function quickly(before: JsonObject, after: JsonObject) {
    const began = performance.now()
    const diff = diffDefinitions(before, after)
    expect(performance.now() - began).toBeLessThan(MOST_MS)
    return diff
  }
  const many = (count: number, schema: (n: number) => JsonValue) =>
    Object.fromEntries(Array.from({ length: count }, (_, n) => [`p${n}`, schema(n)]))

  test('thousands of changes are counted, the first 200 listed, and what a person looks for first is among them', () => {
    const before = { ...input({ properties: many(20_000, () => ({ type: 'string' })) }), title: 'a' }
    const after = { ...input({ properties: many(20_000, () => ({ type: 'number' })) }), title: 'b' }
    const { changes, more } = quickly(before, after)
    expect(changes).toHaveLength(200)
    expect(more).toBe(19_801)
    expect(changes[0]?.part).toBe('title')
  })

  test('a large choice is compared as a set without comparing each with each', () => {
    const values = (from: number) => Array.from({ length: 40_000 }, (_, n) => `value ${from + n}`)
    const { changes } = quickly(
      input({ properties: { a: { enum: values(0) } } }),
      input({ properties: { a: { enum: values(20_000) } } }),
    )
    expect(changes[0]?.items?.added).toHaveLength(20_000)
  })

  test('schemas nested as deep as a definition may be cost no more than their length', () => {
    const nested = (leaf: JsonValue) => {
      let schema: JsonValue = { const: leaf, description: 'x'.repeat(4_000) }
      for (let depth = 0; depth < 45; depth++) schema = { anyOf: [schema], description: 'y'.repeat(4_000) }
      return input(schema as JsonObject)
    }
    const { changes } = quickly(nested(1), nested(2))
    expect(changes.map(({ path }) => path.length)).toEqual([92])
  })

  test('references in a ring are not followed', () => {
    const ring = (type: string) =>
      input({ $ref: '#/$defs/a', $defs: { a: { $ref: '#', type }, b: { $ref: '#/$defs/a' } } })
    expect(quickly(ring('string'), ring('number')).changes).toHaveLength(1)
  })
})

/** What the changes make of the definition. Of lists first what is another, then what went, then what came. */
function applied(before: JsonObject, changes: readonly Difference[]): JsonObject {
  const result = structuredClone(before)
  const place = (path: Step[]): JsonValue => {
    let at: JsonValue = result
    for (const { name } of path)
      at = (Array.isArray(at) ? at[Number(name)] : isJsonObject(at) ? at[name] : null) ?? null
    return at
  }
  const put = (target: JsonValue, name: string, value: JsonValue | undefined) => {
    if (Array.isArray(target))
      target.splice(Number(name), value === undefined ? 1 : 0, ...(value === undefined ? [] : [value]))
    else if (value === undefined) delete (target as JsonObject)[name]
    else Object.defineProperty(target, name, { value, writable: true, enumerable: true, configurable: true })
  }
  const changed = changes.filter(({ before, after }) => before !== undefined && after !== undefined)
  const gone = changes.filter(({ after }) => after === undefined).reverse()
  const come = changes.filter(({ before }) => before === undefined)
  for (const { path, after } of changed) {
    const target = place(path.slice(0, -1))
    const name = path.at(-1)?.name ?? ''
    if (Array.isArray(target)) target[Number(name)] = after ?? null
    else put(target, name, after)
  }
  for (const { path, after } of [...gone, ...come]) put(place(path.slice(0, -1)), path.at(-1)?.name ?? '', after)
  return result
}
