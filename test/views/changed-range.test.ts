import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { changedRanges } from '../../views/parts/changed-range.ts'

/** Both texts with what differs in brackets. */
function shown(before: string, after: string): [string, string] {
  const ranges = changedRanges(before, after)
  const show = (text: string, { from, to }: { from: number; to: number }) =>
    `${text.slice(0, from)}[${text.slice(from, to)}]${text.slice(to)}`
  return [show(before, ranges.before), show(after, ranges.after)]
}

test.each([
  ['Pays a bill.', 'Pays a bill. And more.', 'Pays a bill.[]', 'Pays a bill.[ And more.]'],
  ['Pays a bill.', 'Pays all bills.', 'Pays [a bill.]', 'Pays [all bills.]'],
  ['Pays a bill.', 'Now pays a bill.', '[Pays] a bill.', '[Now pays] a bill.'],
  ['Pays 10 EUR', 'Pays 1000 EUR', 'Pays [10] EUR', 'Pays [1000] EUR'],
  ['one two three', 'one three', 'one [two ]three', 'one []three'],
  ['one three', 'one two three', 'one []three', 'one [two ]three'],
  ['a\nb', 'a\nc\nb', 'a\n[]b', 'a\n[c\n]b'],
  ['same', 'same', 'same[]', 'same[]'],
  ['', 'new', '[]', '[new]'],
  ['unable', 'able', '[unable]', '[able]'],
  ['to pаypal', 'to paypal', 'to [pаypal]', 'to [paypal]'],
])('%p beside %p', (before, after, was, is) => {
  expect(shown(before, after)).toEqual([was, is])
})

test('of any two texts, what is not set off is the same in both, and no word is cut', () => {
  const words = fc
    .array(fc.constantFrom('a', 'bc', ' ', '\n', 'é', '😀'), { maxLength: 12 })
    .map((parts) => parts.join(''))
  fc.assert(
    fc.property(words, words, (before, after) => {
      const { before: b, after: a } = changedRanges(before, after)
      expect(b.from <= b.to && a.from <= a.to).toBe(true)
      expect(before.slice(0, b.from)).toBe(after.slice(0, a.from))
      expect(before.slice(b.to)).toBe(after.slice(a.to))
      for (const [text, { from, to }] of [
        [before, b],
        [after, a],
      ] as const) {
        for (const cut of [from, to])
          expect(cut === 0 || cut === text.length || /\s/.test(text.slice(cut - 1, cut + 1))).toBe(true)
      }
    }),
    { numRuns: 2_000 },
  )
})
