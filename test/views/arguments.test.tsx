import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { ApprovalPage } from '../../views/pages/approval.tsx'
import { ExactText } from '../../views/parts/exact-text.tsx'
import { renderFragment, renderPage } from '../../views/render.ts'
import type { JsonValue } from '../../views/types.ts'
import { callWith, frameWith, NONE_EARLIER } from './every-page.tsx'
import { unmarked } from './markup.ts'

/** The list of arguments alone, without the exact JSON that follows it. */
function argumentsShown(json: string): string {
  const html = renderPage(
    <ApprovalPage
      frame={frameWith('x')}
      call={callWith('x', { argumentsJson: json })}
      earlier={NONE_EARLIER}
      others={{ ofAgent: 0, all: 0 }}
    />,
  )
  const from = html.indexOf('id="arguments-req_1"')
  return unmarked(html.slice(from, html.indexOf('</section>', from)))
}

function leavesOf(value: JsonValue): string[] {
  if (Array.isArray(value)) return value.flatMap(leavesOf)
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).flatMap(([key, item]) => [key, ...leavesOf(item)])
  }
  return [String(value)]
}

const anyText = fc.oneof(fc.string({ unit: 'binary', maxLength: 60 }), fc.string({ unit: 'grapheme', maxLength: 20 }))
const anyJson = fc.letrec<{ value: JsonValue; leaf: JsonValue }>((tie) => ({
  leaf: fc.oneof(
    anyText,
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
  ),
  value: fc.oneof(
    { depthSize: 'small', maxDepth: 4 },
    tie('leaf'),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(anyText, tie('value'), { maxKeys: 4 }),
  ),
})).value

describe('the arguments on the approval page', () => {
  test('are all there, every key and value whole', () => {
    fc.assert(
      fc.property(fc.dictionary(anyText, anyJson, { maxKeys: 5 }), (value) => {
        const json = JSON.stringify(value)
        const shown = argumentsShown(json)
        for (const leaf of leavesOf(JSON.parse(json))) expect(shown).toContain(leaf)
      }),
      { numRuns: 150 },
    )
  })

  test('say what kind of value each is', () => {
    const shown = argumentsShown('{"a":"42","b":42,"c":true,"d":null,"e":[1],"f":{"g":1},"h":"","i":{},"j":[]}')
    for (const words of ['astring42', 'bnumber42', 'cbooleantrue', 'dnullnull', 'elist of 1', 'fobject of 1']) {
      expect(shown).toContain(words)
    }
    for (const words of ['hstringempty', 'empty object', 'empty list']) expect(shown).toContain(words)
    expect(argumentsShown('{}')).toContain('No arguments.')
  })

  test('a long value is not cut', () => {
    const long = 'abc '.repeat(20_000)
    expect(argumentsShown(JSON.stringify({ long, z: 'after' }))).toContain(long)
  })

  test('a huge value does not push the short ones out of sight', () => {
    const shown = argumentsShown(JSON.stringify({ a: 'x'.repeat(5000), to: 'mallory@example.com' }))
    expect(shown.indexOf('mallory')).toBeLessThan(shown.indexOf('xxxxx'))
  })

  test('what is nested deeper than a phone can indent is still whole', () => {
    let value: JsonValue = 'the core'
    for (let depth = 0; depth < 30; depth += 1) value = depth % 2 ? [value, depth] : { [`level${depth}`]: value }
    const shown = argumentsShown(JSON.stringify({ value }))
    for (const leaf of ['the core', 'level0', 'level28']) expect(shown).toContain(leaf)
  })

  test('a quarter megabyte of brackets is shown, and quickly', () => {
    const json = `{"a":${'['.repeat(125_000)}${']'.repeat(125_000)}}`
    const started = performance.now()
    expect(argumentsShown(json)).toContain('['.repeat(125_000))
    expect(performance.now() - started).toBeLessThan(2000)
  })

  test('what cannot be read as JSON is shown as it came', () => {
    expect(argumentsShown('{"a":')).toContain('{"a":')
  })
})

describe('exact text', () => {
  test('shows everything, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), (text) => {
        expect(unmarked(renderFragment(<ExactText text={text} />))).toBe(text)
      }),
      { numRuns: 500 },
    )
  })

  test('makes no link of an address', () => {
    expect(renderFragment(<ExactText text="https://example.com javascript:alert(1)" />)).not.toContain('<a')
  })
})
