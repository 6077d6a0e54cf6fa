import { maskKey } from '../instance/instance.ts'

const CONTEXT = 3
const LONGEST_LINE = 300
/** Of a longer line, so much of what stands before the change. */
const LEAD = 60

/** The lines that differ, with a few around them; what looks like a key is shown by its beginning only. An entry is one place, so there is one. */
export function shownChange(before: string, after: string): string[] {
  const [was, is] = [linesOf(before), linesOf(after)]
  let head = 0
  while (head < Math.min(was.length, is.length) && was[head] === is[head]) head++
  let tail = 0
  while (tail < Math.min(was.length, is.length) - head && was.at(-1 - tail) === is.at(-1 - tail)) tail++
  const [gone, come] = [was.slice(head, was.length - tail).map(masked), is.slice(head, is.length - tail).map(masked)]
  // A file may be one line of a megabyte.
  const from = Math.max(0, sharedLength(gone[0] ?? '', come[0] ?? '') - LEAD)
  const around = (start: number, end: number) =>
    is.slice(Math.max(0, start), end).map((line) => `  ${cut(masked(line), 0)}`)
  return [
    ...around(head - CONTEXT, head),
    ...gone.map((line, i) => `- ${cut(line, i === 0 ? from : 0)}`),
    ...come.map((line, i) => `+ ${cut(line, i === 0 ? from : 0)}`),
    ...around(is.length - tail, is.length - tail + CONTEXT),
  ]
}

const linesOf = (text: string): string[] => (text === '' ? [] : text.replace(/\r?\n$/, '').split(/\r?\n/))

/** Beside our key there may be those of others. A tab would be shown by its number. */
const masked = (line: string): string => line.replace(/[\w+=-]{24,}/g, maskKey).replaceAll('\t', '  ')

function sharedLength(one: string, other: string): number {
  let length = 0
  while (length < one.length && one[length] === other[length]) length++
  return length
}

function cut(line: string, from: number): string {
  if (line.length <= LONGEST_LINE) return line
  const end = from + LONGEST_LINE
  return `${from > 0 ? '…' : ''}${line.slice(from, end)}${end < line.length ? '…' : ''}`
}
