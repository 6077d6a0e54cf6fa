import { parseArgs } from 'node:util'
import { CommandError } from './output.ts'

export type Options = NonNullable<Parameters<typeof parseArgs>[0]>['options']

/** Options that every operator command takes. */
const COMMON = {
  data: { type: 'string' },
  json: { type: 'boolean' },
  user: { type: 'string' },
} as const

export interface Positionals {
  least: number
  most: number
}

export interface Arguments {
  values: { [name: string]: string | boolean | string[] | undefined }
  /** Exactly as many as the command takes. */
  positionals: string[]
}

/** Of an operator command. @throws CommandError that says what the command takes. */
export const readArguments = (
  argv: string[],
  usage: string,
  positionals: Positionals,
  options: NonNullable<Options> = {},
): Arguments => parse(argv, usage, positionals, { ...COMMON, ...options })

/** Of any other command. @throws CommandError that says what the command takes. */
export function parse(
  argv: string[],
  usage: string,
  positionals: Positionals,
  options: NonNullable<Options>,
): Arguments {
  try {
    const parsed = parseArgs({ args: argv, options, allowPositionals: true, strict: true })
    const { length } = parsed.positionals
    if (length >= positionals.least && length <= positionals.most) {
      return { values: parsed.values as Arguments['values'], positionals: parsed.positionals }
    }
  } catch (error) {
    throw new CommandError(`${(error as Error).message.split('. ')[0]}. Usage: ${usage}`)
  }
  throw new CommandError(`Usage: ${usage}`)
}

export function stringOption({ values }: Arguments, name: string): string | undefined {
  const value = values[name]
  return typeof value === 'string' ? value : undefined
}

export const hasFlag = ({ values }: Arguments, name: string): boolean => values[name] === true

/** A secret handed in by standard input, so that it stands in no process list and no shell history. */
export async function readSecretFromStdin(what: string): Promise<string> {
  const text = (await Bun.stdin.text()).replace(/\r?\n$/, '')
  if (!text) throw new CommandError(`Nothing came on standard input; pipe the ${what} in.`)
  return text
}
