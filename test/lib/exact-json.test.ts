import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { parseExactJson } from '../../src/lib/exact-json.ts'

const inexact = (text: string) => parseExactJson(text).inexact

describe('numbers that a double cannot hold are named by their source text', () => {
  test.each([
    ['9007199254740993', '2^53 + 1'],
    ['-9007199254740993', '-(2^53 + 1)'],
    ['12345678901234567890', 'twenty digits'],
    ['1234567890123456789', 'a snowflake id'],
    ['99999999999999999', 'seventeen nines'],
    ['1e400', 'too large by its exponent'],
    ['-1E+400', 'too small by its exponent'],
    ['1e99999', 'a huge exponent'],
    [`1${'0'.repeat(400)}`, 'too large by its digits'],
    [`${'9'.repeat(310)}.5`, 'too large, with a fraction'],
  ])('%s: %s', (source) => {
    expect(inexact(source)).toEqual([source])
    expect(inexact(`{"a":[{"b":${source}}]}`)).toEqual([source])
    expect(inexact(`[${source},1,${source}]`)).toEqual([source, source])
  })
})

describe('numbers that a double holds pass', () => {
  test.each([
    '0',
    '-0',
    '9007199254740991',
    '-9007199254740991',
    '9007199254740992',
    '9007199254740994',
    '100000000000000000000',
    '1152921504606846976',
    '1e22',
    '1e308',
    '1.7976931348623157e308',
    '0.1',
    '3.141592653589793238462643383279',
    '1e-400',
  ])('%s', (source) => {
    const { value, inexact } = parseExactJson(`{"n":${source}}`)
    expect(inexact).toEqual([])
    expect(value).toEqual({ n: Number(source) })
  })
})

test('digits inside strings and keys are only text', () => {
  const source = '{"9007199254740993":"9007199254740993","id":"x 1e400 y","n":1}'
  expect(parseExactJson(source)).toEqual({ value: JSON.parse(source), inexact: [] })
})

test('a string beside an inexact number is untouched, and only the number is named', () => {
  expect(inexact('{"id":"9007199254740993","n":9007199254740993,"m":"1e400"}')).toEqual(['9007199254740993'])
})

test('an integer is inexact precisely when reading it changes it', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 80n), max: 2n ** 80n }), (integer) => {
      const changes = BigInt(Number(integer)) !== integer
      expect(inexact(`{"n":${integer}}`)).toEqual(changes ? [String(integer)] : [])
    }),
    { numRuns: 500 },
  )
})

test('for any JSON text the value is the one that JSON.parse reads', () => {
  fc.assert(
    fc.property(fc.json(), (source) => {
      expect(parseExactJson(source).value).toEqual(JSON.parse(source))
    }),
    { numRuns: 300 },
  )
  // Both roads, the fast one and the careful one.
  const long = '{"a":{"b":[1,"x",null,true]},"long":"1234567890123456"}'
  expect(parseExactJson(long).value).toEqual(JSON.parse(long))
})

test('what is no JSON is refused', () => {
  for (const source of ['', '{', '{"a":01}', '[1,]', "{'a':1}", 'NaN', '9007199254740993n', '{"a":9007199254740993']) {
    expect(() => parseExactJson(source)).toThrow(SyntaxError)
  }
})

test('__proto__ is a key like any other', () => {
  const source = '{"__proto__":{"admin":true},"n":1234567890123456}'
  const { value } = parseExactJson(source)
  expect(Object.keys(value as object)).toEqual(['__proto__', 'n'])
  expect((value as { admin?: boolean }).admin).toBeUndefined()
})
