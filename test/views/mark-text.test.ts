import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { markText, spelledOut } from '../../views/parts/mark-text.ts'

const marksOf = (text: string) => markText(text).flatMap((s) => (s.kind === 'mark' ? [s.label] : []))
const joined = (text: string) =>
  markText(text)
    .map((s) => s.source)
    .join('')

/** Text as an adversary would write it, and any string of UTF-16 units at all. */
const nasty = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(
      fc.integer({ min: 0, max: 0xffff }).map((n) => String.fromCharCode(n)),
      { maxLength: 40 },
    )
    .map((a) => a.join('')),
  fc
    .array(
      fc.constantFrom(
        'a',
        'e',
        ' ',
        '  ',
        '\n',
        '\t',
        '\u0301',
        '\u0323',
        '\u202e',
        '\u200b',
        'а',
        'ο',
        'א',
        '١',
        '7',
        '\ud800',
        '\u1100',
        '\u1161',
        '😀',
        '\u{e0041}',
      ),
      { maxLength: 40 },
    )
    .map((a) => a.join('')),
)

describe('markText', () => {
  test('loses nothing: the sources of all segments are the text', () => {
    fc.assert(
      fc.property(nasty, (text) => {
        expect(joined(text)).toBe(text)
      }),
      { numRuns: 2000 },
    )
  })

  test('a mark counts every character that it stands for', () => {
    fc.assert(
      fc.property(nasty, (text) => {
        for (const segment of markText(text)) {
          if (segment.kind === 'mark') expect([...segment.source]).toHaveLength(segment.count)
        }
      }),
      { numRuns: 2000 },
    )
    expect(marksOf(`C${'\u0301'.repeat(50)}laude`)).toEqual(['U+0301'])
    expect(markText(`C${'\u0301'.repeat(50)}`)[1]).toMatchObject({ kind: 'mark', count: 50 })
  })

  test('leaves ordinary text in one piece', () => {
    for (const text of ['hello world', 'a-b_c.d@e.com', 'Grüße aus Köln', '日本語のAPI', 'Привет, мир', 'q̃']) {
      expect(markText(text)).toEqual([{ kind: 'text', source: text }])
    }
  })

  test('marks every character that cannot be seen', () => {
    const codes = [
      0x00, 0x07, 0x0d, 0x1b, 0x7f, 0x85, 0xa0, 0xad, 0x34f, 0x61c, 0x115f, 0x1160, 0x1680, 0x17b4, 0x180b, 0x180e,
      0x2000, 0x200a, 0x200b, 0x200c, 0x200d, 0x200e, 0x200f, 0x2028, 0x2029, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e,
      0x202f, 0x205f, 0x2060, 0x2064, 0x2065, 0x2066, 0x2067, 0x2068, 0x2069, 0x206f, 0x2800, 0x3000, 0x3164, 0xd800,
      0xdfff, 0xe000, 0xfe00, 0xfe0f, 0xfeff, 0xffa0, 0xfff9, 0xfffb, 0xfffc, 0xfffe, 0xffff, 0x1d173, 0xe0001, 0xe0041,
      0xe007f, 0xe0100, 0xf0000, 0x10ffff, 0x0378,
    ]
    for (const code of codes) {
      const label = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`
      expect(marksOf(`a${String.fromCodePoint(code)}b`)).toEqual([label])
    }
  })

  test('no invisible character is ever left in a piece that is shown as it is', () => {
    fc.assert(
      fc.property(nasty, (text) => {
        for (const segment of markText(text)) {
          if (segment.kind === 'text' || segment.kind === 'isolate' || segment.kind === 'lookalike') {
            expect(segment.source).not.toMatch(/[\p{Cc}\p{Cf}\p{Cn}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/u)
            expect(segment.source).not.toMatch(/\p{M}{3}/u)
          }
        }
      }),
      { numRuns: 1000 },
    )
  })

  test('a text that is not NFC shows a mark, so it looks different from its composed twin', () => {
    expect(marksOf('cafe\u0301')).toEqual(['U+0301'])
    expect(marksOf('caf\u00e9')).toEqual([])
    expect(marksOf('\u212b')).toEqual(['U+212B'])
    expect(marksOf('\u1112\u1161\u11ab')).toEqual(['U+1112', 'U+1161', 'U+11AB'])
    expect(marksOf('a\u0301\u0323').length).toBeGreaterThan(0)
    const composing = fc
      .array(
        fc.constantFrom(
          'a',
          'o',
          'q',
          '\u0301',
          '\u0323',
          '\u0308',
          '\u1100',
          '\u1161',
          '\u212b',
          '\u09c7',
          '\u09be',
          ' ',
        ),
        { maxLength: 12 },
      )
      .map((a) => a.join(''))
    fc.assert(
      fc.property(fc.oneof(composing, nasty), (text) => {
        if (text.normalize('NFC') !== text) expect(marksOf(text).length).toBeGreaterThan(0)
      }),
      { numRuns: 2000 },
    )
  })

  test('stacked marks are shown one by one beyond the second', () => {
    const zalgo = `q${'\u0316\u0303'.repeat(4)}`
    expect(markText(zalgo)[0]).toEqual({ kind: 'text', source: 'q\u0316\u0303' })
    expect(marksOf(zalgo).length).toBe(6)
  })

  test('a mark without a base is not drawn on the words before it', () => {
    expect(marksOf('\u0338hidden')).toEqual(['U+0338'])
    expect(marksOf('a\u200b\u0303')).toEqual(['U+200B', 'U+0303'])
    expect(marksOf('a \u0303')).toEqual(['U+0303'])
  })

  test('a mark that strikes its base out is shown by its code', () => {
    expect(marksOf('d\u0336e\u0336')).toEqual(['U+0336', 'U+0336'])
  })

  test('a run of one invisible character is one mark that counts', () => {
    expect(markText(`a${'\u200b'.repeat(5000)}`)[1]).toEqual({
      kind: 'mark',
      source: '\u200b'.repeat(5000),
      label: 'U+200B',
      name: 'ZERO WIDTH SPACE',
      count: 5000,
    })
  })

  test('spaces show at the ends, beside line breaks and in runs', () => {
    const shown = (text: string) => markText(text).flatMap((s) => (s.kind === 'space' ? [s.source] : []))
    expect(shown(' a b  c ')).toEqual([' ', '  ', ' '])
    expect(shown('a \n b')).toEqual([' ', ' '])
    expect(shown('a b')).toEqual([])
  })

  test('letters of another alphabet inside a Latin word are pointed out', () => {
    const foreign = (text: string) => markText(text).flatMap((s) => (s.kind === 'lookalike' ? [s.source] : []))
    expect(foreign('pаypal')).toEqual(['а'])
    expect(foreign('gοοgle.com')).toEqual(['οο'])
    expect(foreign('сору')).toEqual(['сору'])
    expect(foreign('раураӏ.com')).toEqual(['раураӏ'])
    expect(foreign('ｄelete')).toEqual(['ｄ'])
    expect(foreign('𝐝elete')).toEqual(['𝐝'])
    expect(foreign('google.com∕evil')).toEqual(['∕'])
    expect(foreign('delete the файл now')).toEqual([])
    expect(foreign('naïve Größe… 5 m²')).toEqual([])
  })

  test('right-to-left words stand apart from numbers and Latin', () => {
    expect(markText('אבג דה 100 200').map((s) => [s.kind, s.source])).toEqual([
      ['isolate', 'אבג דה'],
      ['text', ' 100 200'],
    ])
    fc.assert(
      fc.property(nasty, (text) => {
        for (const segment of markText(text)) {
          if (segment.kind === 'text')
            expect(segment.source).not.toMatch(/(?=\p{L})[\p{Script=Hebrew}\p{Script=Arabic}]/u)
        }
      }),
    )
  })

  test('where no element can stand, every mark and break is written out', () => {
    expect(spelledOut('a\u202eb\nc\td')).toBe('a[U+202E]b[U+000A]c[U+0009]d')
    fc.assert(
      fc.property(nasty, (text) => {
        const marked = markText(text).some(({ kind }) => kind === 'mark' || kind === 'newline' || kind === 'tab')
        expect(spelledOut(text) === text).toBe(!marked)
      }),
    )
  })

  test('a quarter megabyte takes no noticeable time', () => {
    const started = performance.now()
    markText('a\u0301\u200b'.repeat(80_000))
    markText(`x${'\u0303'.repeat(250_000)}`)
    markText('pа'.repeat(125_000))
    expect(performance.now() - started).toBeLessThan(3000)
  })
})
