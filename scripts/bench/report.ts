// The figures as a table for people and as JSON for machines.

import type { Figure } from './figures.ts'

export interface Row {
  what: string
  unit: string
  digits: number
  /** By column; a missing one was not measured. */
  direct?: Figure
  legacy?: Figure
  modern?: Figure
  /** What is of neither generation. */
  measured?: Figure
  target?: { at: 'most' | 'least'; value: number }
}

export interface Report {
  facts: { [name: string]: string | number | boolean | null }
  rows: Row[]
  notes: string[]
}

const COLUMNS = ['measured', 'direct', 'legacy', 'modern'] as const
const HEADINGS = ['', 'measured', 'direct', 'through, 2025', 'through, 2026', 'target', '']

/** Whether the target is reached, in the 2025 generation where both were measured; null where there is no target. */
export function reached({ legacy, modern, measured, target }: Row): boolean | null {
  const figure = legacy ?? modern ?? measured
  if (!target || !figure) return null
  return target.at === 'most' ? figure.value <= target.value : figure.value >= target.value
}

function cell(figure: Figure | undefined, digits: number): string {
  if (!figure) return '-'
  const [value, low, high] = [figure.value, figure.low, figure.high].map((each) =>
    each.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits }),
  )
  return `${value} (${low} to ${high})`
}

export function printed({ facts, rows, notes }: Report): string {
  const cells = rows.map((row) => {
    const target = row.target ? `${row.target.at === 'most' ? '≤' : '≥'} ${row.target.value.toLocaleString('en')}` : ''
    const verdict = { true: 'reached', false: 'NOT reached', null: '' }[
      String(reached(row)) as 'true' | 'false' | 'null'
    ]
    return [`${row.what}, ${row.unit}`, ...COLUMNS.map((column) => cell(row[column], row.digits)), target, verdict]
  })
  const table = [HEADINGS, ...cells]
  const widths = HEADINGS.map((_, i) => Math.max(...table.map((line) => line[i]?.length ?? 0)))
  const lines = table.map((line) =>
    line
      .map((text, i) => (i === 0 || i > COLUMNS.length ? text.padEnd(widths[i] ?? 0) : text.padStart(widths[i] ?? 0)))
      .join('   ')
      .trimEnd(),
  )
  const stated = Object.entries(facts).map(([name, value]) => `${name}: ${value ?? 'not known'}`)
  return ['', ...stated, '', ...lines, '', ...notes, ''].join('\n')
}

export const asJson = ({ facts, rows, notes }: Report): string =>
  `${JSON.stringify({ facts, rows: rows.map((row) => ({ ...row, reached: reached(row) })), notes }, null, 2)}\n`
