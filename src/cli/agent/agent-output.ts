import { encode } from '@toon-format/toon'
import { oneLine } from '../../lib/logger.ts'
import { CommandError, escapeControls } from '../output.ts'

export const FORMATS = ['human', 'json', 'toon'] as const
export type Format = (typeof FORMATS)[number]

/** What a terminal, or what stands in its place, can show. */
export interface Screen {
  /** Null where lines may have any length. */
  columns: number | null
  bold(text: string): string
}

export interface AgentOutput {
  format: Format
  /** A result on stdout: in the format for machines that was chosen, or in lines for people. */
  result(value: unknown, lines: (screen: Screen) => string[]): void
  /** A sentence on stderr. */
  note(sentence: string): void
}

/** @throws CommandError */
export function readFormat(text: string): Format {
  const format = FORMATS.find((each) => each === text)
  if (!format) throw new CommandError(`The output is ${FORMATS.join(', ')}, not ${JSON.stringify(text)}.`)
  return format
}

export function agentOutput(format: Format, environment: { [name: string]: string | undefined }): AgentOutput {
  return {
    format,
    result(value, lines) {
      process.stdout.write(
        format === 'human' ? joined(lines(screenOf(process.stdout, environment))) : encoded(value, format),
      )
    },
    note: (sentence) => void process.stderr.write(`${oneLine(sentence)}\n`),
  }
}

const joined = (lines: string[]): string => lines.map((line) => `${line}\n`).join('')

const encoded = (value: unknown, format: Exclude<Format, 'human'>): string =>
  `${escapeControls(format === 'json' ? JSON.stringify(value, null, 2) : encode(value))}\n`

function screenOf(stream: NodeJS.WriteStream, { NO_COLOR, TERM }: { [name: string]: string | undefined }): Screen {
  const styled = stream.isTTY === true && !NO_COLOR && TERM !== 'dumb'
  return {
    columns: stream.isTTY === true && stream.columns > 0 ? stream.columns : null,
    bold: styled ? (text) => `\u001b[1m${text}\u001b[22m` : (text) => text,
  }
}
