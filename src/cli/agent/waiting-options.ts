import { type Arguments, hasFlag, stringOption } from '../arguments.ts'
import { CommandError } from '../output.ts'
import type { Waiting } from './gated-call.ts'

export const WAITING_OPTIONS = { wait: { type: 'boolean' }, 'wait-timeout': { type: 'string' } } as const
export const WAITING_TAKES = '[--wait [--wait-timeout SECONDS]]'

/** @throws CommandError */
export const readWaiting = (args: Arguments): Waiting => ({
  wait: hasFlag(args, 'wait'),
  timeoutS: readSeconds(args, 'wait-timeout', 0),
})

/** @throws CommandError */
export function readSeconds(args: Arguments, name: string, fallback: number): number {
  const text = stringOption(args, name)
  if (text === undefined) return fallback
  if (!/^\d+(\.\d+)?$/.test(text)) throw new CommandError(`--${name} takes seconds; 0 is as long as it takes.`)
  return Number(text)
}
