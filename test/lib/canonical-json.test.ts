import { describe, expect, test } from 'bun:test'
import canonicalize from 'canonicalize'
import fc from 'fast-check'
import { canonicalHash, canonicalJson, MAX_JSON_DEPTH, NotCanonical } from '../../src/lib/canonical-json.ts'
import type { JsonObject, JsonValue } from '../../src/lib/json.ts'

/** Any JSON value whose texts are well formed, odd keys and odd numbers included. */
const text = fc.string({ unit: 'binary' })
const { value: anyJson } = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    fc.constant(null),
    fc.boolean(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.integer(),
    text,
    fc.array(tie('value'), { maxLength: 6 }),
    fc.dictionary(
      fc.oneof(text, fc.constantFrom('', '__proto__', 'constructor', 'toString', '1', '10', '9')),
      tie('value'),
      {
        maxKeys: 6,
      },
    ),
  ),
}))

/** The same value with the members of every object in another order. */
function reordered(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(reordered)
  if (typeof value !== 'object' || value === null) return value
  const turned = Object.create(null) as JsonObject
  for (const key of Object.keys(value).reverse()) turned[key] = reordered(value[key] ?? null)
  return turned
}

describe('for any JSON value', () => {
  test('the text is that of an independent implementation of RFC 8785', () => {
    fc.assert(
      fc.property(anyJson, (value) => {
        expect(canonicalJson(value)).toBe(canonicalize(value) ?? '')
      }),
      { numRuns: 500 },
    )
  })

  test('the order of keys does not matter', () => {
    fc.assert(
      fc.property(anyJson, (value) => {
        expect(canonicalJson(reordered(value))).toBe(canonicalJson(value))
        expect(canonicalHash(reordered(value))).toBe(canonicalHash(value))
      }),
      { numRuns: 300 },
    )
  })

  test('reading the text back and writing it again changes nothing', () => {
    fc.assert(
      fc.property(anyJson, (value) => {
        const written = canonicalJson(value)
        expect(canonicalJson(JSON.parse(written) as JsonValue)).toBe(written)
      }),
      { numRuns: 300 },
    )
  })

  test('two values have one text only if they are equal', () => {
    fc.assert(
      fc.property(anyJson, anyJson, (a, b) => {
        const same = Bun.deepEquals(JSON.parse(JSON.stringify(a)), JSON.parse(JSON.stringify(b)))
        expect(canonicalJson(a) === canonicalJson(b)).toBe(same)
      }),
      { numRuns: 300 },
    )
  })
})

test('the number examples of RFC 8785, appendix B, in its own words', () => {
  const examples: [hex: string, text: string][] = [
    ['0000000000000000', '0'],
    ['8000000000000000', '0'],
    ['0000000000000001', '5e-324'],
    ['8000000000000001', '-5e-324'],
    ['7fefffffffffffff', '1.7976931348623157e+308'],
    ['ffefffffffffffff', '-1.7976931348623157e+308'],
    ['4340000000000000', '9007199254740992'],
    ['c340000000000000', '-9007199254740992'],
    ['4430000000000000', '295147905179352830000'],
    ['44b52d02c7e14af5', '9.999999999999997e+22'],
    ['44b52d02c7e14af6', '1e+23'],
    ['44b52d02c7e14af7', '1.0000000000000001e+23'],
    ['444b1ae4d6e2ef4e', '999999999999999700000'],
    ['444b1ae4d6e2ef4f', '999999999999999900000'],
    ['444b1ae4d6e2ef50', '1e+21'],
    ['3eb0c6f7a0b5ed8c', '9.999999999999997e-7'],
    ['3eb0c6f7a0b5ed8d', '0.000001'],
    ['41b3de4355555553', '333333333.3333332'],
    ['41b3de4355555554', '333333333.33333325'],
    ['41b3de4355555555', '333333333.3333333'],
    ['41b3de4355555556', '333333333.3333334'],
    ['41b3de4355555557', '333333333.33333343'],
    ['becbf647612f3696', '-0.0000033333333333333333'],
    ['43143ff3c1cb0959', '1424953923781206.2'],
  ]
  for (const [hex, expected] of examples) {
    const number = Buffer.from(hex, 'hex').readDoubleBE()
    expect([hex, canonicalJson(number)]).toEqual([hex, expected])
  }
})

test('keys are sorted by UTF-16 code units, as in the example of RFC 8785', () => {
  const value = {
    '\u20ac': 'Euro Sign',
    '\r': 'Carriage Return',
    '\ufb33': 'Hebrew Letter Dalet With Dagesh',
    '1': 'One',
    '\ud83d\ude00': 'Emoji: Grinning Face',
    '\u0080': 'Control',
    '\u00f6': 'Latin Small Letter O With Diaeresis',
  }
  expect(Object.values(JSON.parse(canonicalJson(value)) as JsonObject)).toContain('One')
  expect([...canonicalJson(value).matchAll(/:"([^"]*)"/g)].map((match) => match[1])).toEqual([
    'Carriage Return',
    'One',
    'Control',
    'Latin Small Letter O With Diaeresis',
    'Euro Sign',
    'Emoji: Grinning Face',
    'Hebrew Letter Dalet With Dagesh',
  ])
})

test('-0 is 0', () => {
  expect(canonicalJson({ a: -0 })).toBe('{"a":0}')
  expect(canonicalHash([-0])).toBe(canonicalHash([0]))
})

test('characters that look alike stay different: nothing is normalised', () => {
  expect(canonicalHash('\u00e9')).not.toBe(canonicalHash('e\u0301'))
  expect(canonicalJson('\u2028\u007f\u202e')).toBe('"\u2028\u007f\u202e"')
})

test('numbers that are none are refused, naming where', () => {
  for (const number of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    expect(() => canonicalJson({ a: [1, { b: number }] })).toThrow(NotCanonical)
    expect(() => canonicalJson({ a: [1, { b: number }] })).toThrow('a[1].b')
  }
})

test('half of a surrogate pair is refused, as a value and as a key', () => {
  for (const half of ['\ud800', '\udfff', 'a\udc00b', '\ude00\ud83d']) {
    expect(() => canonicalJson({ text: half })).toThrow(NotCanonical)
    expect(() => canonicalJson({ [half]: 1 })).toThrow(NotCanonical)
  }
  expect(canonicalJson('\ud83d\ude00')).toBe('"\ud83d\ude00"')
})

test('what is nested too deeply is refused, and the deepest that is taken is taken', () => {
  const nested = (depth: number): JsonValue => {
    let value: JsonValue = 1
    for (let i = 0; i < depth; i++) value = i % 2 ? { a: value } : [value]
    return value
  }
  expect(canonicalJson(nested(MAX_JSON_DEPTH))).toContain('1')
  expect(() => canonicalJson(nested(MAX_JSON_DEPTH + 1))).toThrow(NotCanonical)
  expect(() => canonicalJson(nested(100_000))).toThrow(NotCanonical)
})
