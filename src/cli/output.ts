import { oneLine } from '../lib/logger.ts'

/** One sentence for the person at the terminal; the program then ends with code 1. */
export class CommandError extends Error {}

export interface Output {
  /** A result: JSON for machines, or lines for people. */
  result(value: unknown, lines: string[]): void
}

export const output = (json: boolean): Output => ({
  result(value, lines) {
    process.stdout.write(json ? jsonLine(value) : lines.map((line) => `${oneLine(line)}\n`).join(''))
  },
})

/** JSON in one line. */
export const jsonLine = (value: unknown): string => `${escapeControls(JSON.stringify(value))}\n`

/**
 * JSON, or a format that escapes as it does, in which what could drive a terminal or reorder its text stands in the format's own escapes.
 * Line feeds stay: those that are there are the format's, and a value's own are escaped already.
 */
export const escapeControls = (text: string): string =>
  text.replace(/(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (char) =>
    char
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
  )

/** Columns as wide as their widest cell. What agents or servers named themselves cannot drive the terminal. */
export function table(headings: string[], rows: string[][]): string[] {
  const cells = [headings, ...rows].map((row) => row.map(oneLine))
  const widths = headings.map((_, i) => Math.max(...cells.map((row) => Bun.stringWidth(row[i] ?? ''))))
  return cells.map((row) =>
    row
      .map((cell, i) => cell + ' '.repeat(Math.max(0, (widths[i] ?? 0) - Bun.stringWidth(cell))))
      .join('  ')
      .trimEnd(),
  )
}

export const isoTime = (at: number | null): string => (at === null ? '-' : new Date(at).toISOString())
