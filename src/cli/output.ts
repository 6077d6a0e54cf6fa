import { oneLine } from '../lib/logger.ts'

/** One sentence for the person at the terminal; the program then ends with code 1. */
export class CommandError extends Error {}

export interface Output {
  /** A result: JSON for machines, or lines for people. */
  result(value: unknown, lines: string[]): void
}

export const output = (json: boolean): Output => ({
  result(value, lines) {
    process.stdout.write(json ? `${JSON.stringify(value)}\n` : lines.map((line) => `${line}\n`).join(''))
  },
})

/** Columns as wide as their widest cell. What agents or servers named themselves cannot drive the terminal. */
export function table(headings: string[], rows: string[][]): string[] {
  const cells = [headings, ...rows].map((row) => row.map(oneLine))
  const widths = headings.map((_, i) => Math.max(...cells.map((row) => row[i]?.length ?? 0)))
  return cells.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

export const isoTime = (at: number | null): string => (at === null ? '-' : new Date(at).toISOString())
