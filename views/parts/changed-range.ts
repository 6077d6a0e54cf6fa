/** Where a text differs from another: from there on, and up to there. */
export interface Range {
  from: number
  to: number
}

/** A blank, or the end of the text. */
const endsWord = (char: string | undefined) => char === undefined || char === ' ' || char === '\n'

/** The part of each of two texts that the other does not have in the same place, in whole words: half of one could be taken for another. */
export function changedRanges(before: string, after: string): { before: Range; after: Range } {
  const shorter = Math.min(before.length, after.length)
  let head = 0
  while (head < shorter && before[head] === after[head]) head++
  const headEndsWord = () => endsWord(before[head - 1]) || (endsWord(before[head]) && endsWord(after[head]))
  while (!headEndsWord()) head--

  /** Counted from the end. */
  const at = (text: string, place: number) => text[text.length - 1 - place]
  let tail = 0
  while (tail < shorter - head && at(before, tail) === at(after, tail)) tail++
  const tailBeginsWord = () =>
    endsWord(at(before, tail - 1)) || (endsWord(at(before, tail)) && endsWord(at(after, tail)))
  while (!tailBeginsWord()) tail--
  return { before: { from: head, to: before.length - tail }, after: { from: head, to: after.length - tail } }
}
