import { oneLine } from '../../lib/logger.ts'
import { table } from '../output.ts'
import type { Screen } from './agent-output.ts'

// Results for people. What agents, servers and their tools say is only ever text: it cannot drive the terminal.

const LEAST_COLUMN = 6
const GAP = 2
const letters = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

/** Rows under headings, no wider than the screen: the widest columns are cut first, and say so. */
export function fittedTable(headings: string[], rows: string[][], { columns, bold }: Screen): string[] {
  if (rows.length === 0) return ['(empty)']
  const cells = rows.map((row) => row.map((cell) => oneLine(cell.replace(/\s+/g, ' ').trim())))
  const widths = headings.map((heading, i) =>
    Math.max(Bun.stringWidth(heading), ...cells.map((row) => Bun.stringWidth(row[i] ?? ''))),
  )
  const spare = () => widths.reduce((sum, width) => sum + width + GAP, -GAP) - (columns ?? Number.POSITIVE_INFINITY)
  for (let over = spare(); over > 0; over = spare()) {
    const widest = Math.max(...widths)
    if (widest <= LEAST_COLUMN) break
    widths[widths.indexOf(widest)] = widest - 1
  }
  const fit = (row: string[]) => row.map((cell, i) => cut(cell, widths[i] ?? 0))
  const [first = '', ...others] = table(fit(headings), cells.map(fit))
  return [bold(first), ...others]
}

/** At most so many columns of a terminal; a letter is never cut in half. */
function cut(text: string, width: number): string {
  if (Bun.stringWidth(text) <= width) return text
  let kept = ''
  for (const { segment } of letters.segment(text)) {
    if (Bun.stringWidth(kept + segment) > width - 1) break
    kept += segment
  }
  return `${kept}…`
}

/** One thing: a line for each of its fields. */
export function fields(thing: { [name: string]: unknown }, { bold }: Screen): string[] {
  // The names come from the server too.
  const rows = Object.entries(thing).map(([name, value]) => [oneLine(name), oneLine(plain(value))] as const)
  const width = Math.max(...rows.map(([name]) => name.length)) + 1
  return rows.map(([name, value]) => `${bold(`${name}:`.padEnd(width))} ${value}`)
}

const plain = (value: unknown): string =>
  value === null || value === undefined ? '-' : typeof value === 'string' ? value : JSON.stringify(value)

/** Text of several lines, which stay lines; a tab is the one control character that does no harm. */
export const textLines = (text: string): string[] =>
  text.split(/\r?\n/).map((line) => line.split('\t').map(oneLine).join('\t'))
