/** Where a text differs from another: from there on, and up to there. */
export interface Range {
  from: number
  to: number
}

/** What of each of two texts is set off; nothing where one lacks only what the other has. */
export interface ChangedRanges {
  before: Range[]
  after: Range[]
}

// Comparing word by word costs the product of their numbers; beyond this what differs is one piece, from the first difference to the last.
const MOST_PAIRS = 250_000

/** The parts of each of two texts that the other does not have in the same place, in whole words: half of one could be taken for another. */
export function changedRanges(before: string, after: string): ChangedRanges {
  const outer = outermost(before, after)
  const was = wordsIn(before, outer.before)
  const is = wordsIn(after, outer.after)
  if (was.length * is.length > MOST_PAIRS) return { before: nonEmpty([outer.before]), after: nonEmpty([outer.after]) }
  const ranges: ChangedRanges = { before: [], after: [] }
  let [b, a] = [outer.before.from, outer.after.from]
  const until = (beforeTo: number, afterTo: number) => {
    const differing = withoutCommonBlanks(before, { from: b, to: beforeTo }, after, { from: a, to: afterTo })
    ranges.before.push(differing.before)
    ranges.after.push(differing.after)
  }
  for (const [kept, alike] of keptPairs(was, is)) {
    until(kept.from, alike.from)
    ;[b, a] = [kept.to, alike.to]
  }
  until(outer.before.to, outer.after.to)
  return { before: nonEmpty(ranges.before), after: nonEmpty(ranges.after) }
}

const nonEmpty = (ranges: Range[]) => ranges.filter(({ from, to }) => from < to)

/** A blank, or the end of the text. */
const endsWord = (char: string | undefined) => char === undefined || char === ' ' || char === '\n'

/** From the first word that differs to the last. */
function outermost(before: string, after: string): { before: Range; after: Range } {
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

function withoutCommonBlanks(before: string, b: Range, after: string, a: Range): { before: Range; after: Range } {
  const isBlank = (char: string | undefined) => char === ' ' || char === '\n'
  const shorter = () => Math.min(b.to - b.from, a.to - a.from)
  while (shorter() > 0 && isBlank(before[b.from]) && before[b.from] === after[a.from]) {
    b = { ...b, from: b.from + 1 }
    a = { ...a, from: a.from + 1 }
  }
  while (shorter() > 0 && isBlank(before[b.to - 1]) && before[b.to - 1] === after[a.to - 1]) {
    b = { ...b, to: b.to - 1 }
    a = { ...a, to: a.to - 1 }
  }
  return { before: b, after: a }
}

interface Word extends Range {
  text: string
}

function wordsIn(text: string, { from, to }: Range): Word[] {
  return [...text.slice(from, to).matchAll(/[^ \n]+/g)].map(({ 0: word, index }) => ({
    text: word,
    from: from + index,
    to: from + index + word.length,
  }))
}

/** The longest row of words that both have in the same order. */
function keptPairs(was: Word[], is: Word[]): [Word, Word][] {
  const width = is.length + 1
  /** How long it is from a word of each on. */
  const lengths = new Uint16Array((was.length + 1) * width)
  const length = (i: number, j: number) => lengths[i * width + j] ?? 0
  for (let i = was.length - 1; i >= 0; i--) {
    for (let j = is.length - 1; j >= 0; j--) {
      const same = was[i]?.text === is[j]?.text
      lengths[i * width + j] = same ? length(i + 1, j + 1) + 1 : Math.max(length(i + 1, j), length(i, j + 1))
    }
  }
  const kept: [Word, Word][] = []
  for (let i = 0, j = 0; i < was.length && j < is.length; ) {
    const [b, a] = [was[i], is[j]]
    if (b && a && b.text === a.text) {
      kept.push([b, a])
      i++
      j++
    } else if (length(i + 1, j) >= length(i, j + 1)) i++
    else j++
  }
  return kept
}
