import { maskKey } from '../instance/instance.ts'

const CONTEXT = 3
const LONGEST_LINE = 300

/** The lines that differ, with a few around them; what looks like a key is shown by its beginning only. An entry is one place, so there is one. */
export function shownChange(before: string, after: string): string[] {
  const [was, is] = [linesOf(before), linesOf(after)]
  let head = 0
  while (head < Math.min(was.length, is.length) && was[head] === is[head]) head++
  let tail = 0
  while (tail < Math.min(was.length, is.length) - head && was.at(-1 - tail) === is.at(-1 - tail)) tail++
  const around = (from: number, to: number) => is.slice(Math.max(0, from), to).map((line) => `  ${line}`)
  return [
    ...around(head - CONTEXT, head),
    ...was.slice(head, was.length - tail).map((line) => `- ${line}`),
    ...is.slice(head, is.length - tail).map((line) => `+ ${line}`),
    ...around(is.length - tail, is.length - tail + CONTEXT),
  ].map(masked)
}

const linesOf = (text: string): string[] => (text === '' ? [] : text.replace(/\r?\n$/, '').split(/\r?\n/))

/** Beside our key there may be those of others. */
const masked = (line: string): string => {
  const safe = line.replace(/[\w+=-]{24,}/g, maskKey)
  return safe.length > LONGEST_LINE ? `${safe.slice(0, LONGEST_LINE)}…` : safe
}
