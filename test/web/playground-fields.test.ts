import { describe, expect, test } from 'bun:test'
import type { JsonObject, JsonValue } from '../../src/lib/json.ts'
import { type PlannedField, planFields } from '../../src/web/playground/planned-fields.ts'
import {
  readTyped,
  type Typed,
  typedAtFirst,
  typedFromArguments,
  typedFromForm,
} from '../../src/web/playground/typed-fields.ts'

function fieldsOf(properties: JsonObject, more: JsonObject = {}): PlannedField[] {
  const plan = planFields({ type: 'object', properties, ...more })
  if (!('fields' in plan)) throw new Error(`No fields: ${plan.none}`)
  return plan.fields
}
const kindOf = (schema: JsonValue, more: JsonObject = {}) => fieldsOf({ it: schema }, more)[0]?.kind
const typed = (values: Record<string, string>): Typed => new Map(Object.entries(values))

function read(fields: PlannedField[], values: Record<string, string>) {
  const { value, errors } = readTyped(fields, typed(values))
  return { value, errors: Object.fromEntries(errors) }
}

describe('a schema becomes fields', () => {
  test.each<[JsonValue, PlannedField['kind']]>([
    [{ type: 'string' }, { is: 'text' }],
    [{ type: 'number' }, { is: 'number', whole: false }],
    [{ type: 'integer' }, { is: 'number', whole: true }],
    [{ type: 'boolean' }, { is: 'choice', values: [true, false] }],
    [{ enum: ['a', 1, true] }, { is: 'choice', values: ['a', 1, true] }],
    [{ const: 'only' }, { is: 'choice', values: ['only'] }],
    [
      { type: 'array', items: { type: 'string' } },
      { is: 'lines', of: 'text' },
    ],
    [
      { type: 'array', items: { type: 'integer' } },
      { is: 'lines', of: 'whole' },
    ],
    [{ type: 'array', items: { type: 'object' } }, { is: 'json' }],
    [{ type: 'array' }, { is: 'json' }],
    [{}, { is: 'json' }],
    [true, { is: 'json' }],
    [{ oneOf: [{ type: 'string' }] }, { is: 'json' }],
    [{ type: 'object', additionalProperties: { type: 'string' } }, { is: 'json' }],
  ])('%j', (schema, kind) => {
    expect(kindOf(schema)).toEqual(kind)
  })

  test.each<JsonObject>([
    { type: ['string', 'null'] },
    { anyOf: [{ type: 'string' }, { type: 'null' }] },
    { anyOf: [{ type: 'null' }, { $ref: '#/$defs/Text' }] },
  ])('what may be null is the field it would be without: %j', (schema) => {
    const [field] = fieldsOf({ it: schema }, { $defs: { Text: { type: 'string' } } })
    expect(field).toMatchObject({ nullable: true, kind: { is: 'text' } })
  })

  test('a reference within the schema is followed, and one that leads to itself or elsewhere is not', () => {
    const $defs = { Colour: { enum: ['red'] }, Loop: { $ref: '#/$defs/Loop' } }
    expect(kindOf({ $ref: '#/$defs/Colour' }, { $defs })).toEqual({ is: 'choice', values: ['red'] })
    for (const $ref of ['#/$defs/Loop', '#/$defs/none', '#/$defs/constructor', 'https://evil.example/schema', '#'])
      expect(kindOf({ $ref }, { $defs })).toEqual({ is: 'json' })
  })

  test('objects in objects go two levels deep, and on as JSON', () => {
    const nest = (inner: JsonValue): JsonObject => ({ type: 'object', properties: { a: inner } })
    const [outer] = fieldsOf({ it: nest(nest(nest({ type: 'string' }))) })
    expect(outer).toMatchObject({
      kind: { is: 'group', fields: [{ kind: { is: 'group', fields: [{ kind: { is: 'json' } }] } }] },
    })
  })

  test('what is required comes first, and else the order is kept', () => {
    const fields = fieldsOf({ a: {}, b: {}, c: {}, d: {} }, { required: ['c', 'b'] })
    expect(fields.map(({ name, required }) => [name, required])).toEqual([
      ['b', true],
      ['c', true],
      ['a', false],
      ['d', false],
    ])
  })

  test('a schema that is no plain object, and one beyond what a page can hold, become no fields', () => {
    for (const unusual of [{ oneOf: [] }, { $ref: '#/$defs/x' }, { properties: [] }, { if: {} }])
      expect(planFields({ type: 'object', ...(unusual as JsonObject) })).toEqual({ none: 'unusual' })
    const many = Object.fromEntries(Array.from({ length: 81 }, (_, n) => [`p${n}`, {}]))
    expect(planFields({ properties: many })).toEqual({ none: 'large' })
    expect(planFields({ properties: { it: { description: 'x'.repeat(40_000) } } })).toEqual({ none: 'large' })
    expect(planFields({ type: 'object' })).toEqual({ fields: [] })
  })

  test('thousands of values to choose from are no list to choose from', () => {
    const values = Array.from({ length: 2_000 }, (_, n) => `v${n}`)
    expect(kindOf({ enum: values })).toEqual({ is: 'text' })
    expect(kindOf({ enum: values.map((_, n) => n) })).toEqual({ is: 'json' })
  })
})

describe('what stands in the fields becomes arguments', () => {
  const fields = fieldsOf(
    {
      text: { type: 'string' },
      count: { type: 'integer' },
      ratio: { type: 'number' },
      yes: { type: 'boolean' },
      tags: { type: 'array', items: { type: 'string' } },
      sizes: { type: 'array', items: { type: 'number' } },
      address: { type: 'object', properties: { city: { type: 'string' } } },
      free: {},
    },
    { required: ['text'] },
  )

  test('each by its kind', () => {
    const values = {
      '/text': ' two\nlines ',
      '/count': ' 12 ',
      '/ratio': '-0.5e2',
      '/yes': 'false',
      '/tags': 'a\n\n b ',
      '/sizes': '1\n2.5',
      '/address/city': 'Rome',
      '/free': '{"a":[1,null]}',
    }
    expect(read(fields, values)).toEqual({
      value: {
        text: ' two\nlines ',
        count: 12,
        ratio: -50,
        yes: false,
        tags: ['a', ' b '],
        sizes: [1, 2.5],
        address: { city: 'Rome' },
        free: { a: [1, null] },
      },
      errors: {},
    })
  })

  test('what is left empty is left out, and what is required is asked for', () => {
    expect(read(fields, { '/text': 'x' })).toEqual({ value: { text: 'x' }, errors: {} })
    expect(Object.keys(read(fields, {}).errors)).toEqual(['/text'])
    const needed = fieldsOf(
      { list: { type: 'array', items: { type: 'string' } }, none: { type: ['string', 'null'] } },
      { required: ['list', 'none'] },
    )
    expect(read(needed, {})).toEqual({ value: { list: [], none: null }, errors: {} })
  })

  test.each([
    ['/count', '1.5'],
    ['/count', '9007199254740993'],
    ['/count', '0x10'],
    ['/count', '١٢'],
    ['/ratio', '1e999'],
    ['/ratio', '1,5'],
    ['/ratio', 'NaN'],
    ['/yes', 'maybe'],
    ['/yes', '"true"'],
    ['/sizes', '1\ntwo'],
    ['/free', '{'],
    ['/free', '{"n":9007199254740993}'],
  ])('%s does not take %j, and says so there', (key, text) => {
    const { value, errors } = read(fields, { '/text': 'x', [key]: text })
    expect(Object.keys(errors)).toEqual([key])
    expect(value).toEqual({ text: 'x' })
  })

  test('a name that every object has, or that looks like a path, is a name like any other', () => {
    const properties = JSON.parse(
      '{"__proto__":{"type":"string"},"constructor":{"type":"string"},"a/b":{"type":"string"},"":{"type":"string"},"a":{"type":"object","properties":{"b":{"type":"string"}}}}',
    )
    const odd = fieldsOf(properties)
    expect(new Set(odd.map(({ key }) => key)).size).toBe(5)
    const values = { '/__proto__': 'p', '/constructor': 'c', '/a%2Fb': 's', '/': 'e', '/a/b': 'n' }
    const { value } = readTyped(odd, typed(values))
    expect(JSON.parse(JSON.stringify(value))).toEqual(
      JSON.parse('{"__proto__":"p","constructor":"c","a/b":"s","":"e","a":{"b":"n"}}'),
    )
    expect(({} as { p?: unknown }).p).toBeUndefined()
    expect(typedFromArguments(odd, value)).toEqual(typed(values))
  })

  test('line breaks come as a browser sends them, and are line breaks again', () => {
    const form = new URLSearchParams([
      ['/text', 'a\r\nb'],
      ['connection', 'no field'],
    ])
    expect(typedFromForm(form)).toEqual(typed({ '/text': 'a\nb' }))
  })

  test.each<JsonObject>([
    { text: 'x', beyond: 1 },
    { text: 1 },
    { text: 'x', tags: ['a\nb'] },
    { text: 'x', tags: ['', 'b'] },
    { text: 'a\r\nb' },
    { text: '' },
    { text: 'x', address: {} },
    { text: 'x', count: null },
    { text: 'x', address: { city: 'Rome', zip: 1 } },
  ])('arguments that would not come out of the fields as they are do not go in: %j', (value) => {
    expect(typedFromArguments(fields, value)).toBeNull()
  })

  test('what is required begins with what its server says it takes, and nothing else is filled in', () => {
    const some = fieldsOf(
      {
        a: { type: 'string', default: 'x' },
        b: { type: 'string', default: 'y' },
        c: { type: 'integer', default: 'z' },
      },
      { required: ['a', 'c'] },
    )
    expect(typedAtFirst(some)).toEqual(typed({ '/a': 'x' }))
  })
})
