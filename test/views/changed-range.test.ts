import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { changedRanges, type Range } from '../../views/parts/changed-range.ts'

/** Both texts with what differs in brackets. */
function shown(before: string, after: string): [string, string] {
  const ranges = changedRanges(before, after)
  const show = (text: string, changed: Range[]) =>
    changed
      .toReversed()
      .reduce((shown, { from, to }) => `${shown.slice(0, from)}[${shown.slice(from, to)}]${shown.slice(to)}`, text)
  return [show(before, ranges.before), show(after, ranges.after)]
}

test.each([
  ['Pays a bill.', 'Pays a bill. And more.', 'Pays a bill.', 'Pays a bill.[ And more.]'],
  ['Pays a bill.', 'Pays all bills.', 'Pays [a bill.]', 'Pays [all bills.]'],
  ['Pays a bill.', 'Now pays a bill.', '[Pays] a bill.', '[Now pays] a bill.'],
  ['Pays 10 EUR', 'Pays 1000 EUR', 'Pays [10] EUR', 'Pays [1000] EUR'],
  ['one two three', 'one three', 'one [two ]three', 'one three'],
  ['one three', 'one two three', 'one three', 'one [two ]three'],
  ['a\nb', 'a\nc\nb', 'a\nb', 'a\n[c\n]b'],
  ['same', 'same', 'same', 'same'],
  ['', 'new', '', '[new]'],
  ['unable', 'able', '[unable]', '[able]'],
  [
    'Send 10 EUR to Anna now',
    'Send 99 EUR to Berta now',
    'Send [10] EUR to [Anna] now',
    'Send [99] EUR to [Berta] now',
  ],
  ['a b c d e', 'a c x d', 'a [b ]c d[ e]', 'a c [x ]d'],
  ['a  b', 'a b', 'a [ ]b', 'a b'],
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
      const ranges = changedRanges(before, after)
      const kept = (text: string, changed: Range[]) =>
        changed.toReversed().reduce((rest, { from, to }) => rest.slice(0, from) + rest.slice(to), text)
      expect(kept(before, ranges.before)).toBe(kept(after, ranges.after))
      for (const [text, changed] of [
        [before, ranges.before],
        [after, ranges.after],
      ] as const) {
        for (const cut of changed.flatMap(({ from, to }) => [from, to]))
          expect(cut === 0 || cut === text.length || /\s/.test(text.slice(cut - 1, cut + 1))).toBe(true)
      }
    }),
    { numRuns: 2_000 },
  )
})

test('texts of very many words are compared as quickly', () => {
  const many = (word: string) => `${word} `.repeat(100_000)
  const began = performance.now()
  expect(shown(`x ${many('a')}y`, `x ${many('b')}y`)[1]).toStartWith('x [b b')
  expect(performance.now() - began).toBeLessThan(1_000)
})
