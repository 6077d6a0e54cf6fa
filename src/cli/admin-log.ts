import type { PastCall } from '../approvals/approvals.ts'
import { oneLine } from '../lib/logger.ts'
import { hasFlag, readArguments, stringOption } from './arguments.ts'
import { LogTail } from './log-tail.ts'
import { operate } from './operator.ts'
import { CommandError, isoTime, jsonLine } from './output.ts'

const USAGE = 'agentport admin log [--follow] [--limit N] [--user EMAIL] [--json] [--data DIR]'
const LOOK_EVERY_MS = 300
const DEFAULT_LIMIT = 20
const MOST = 1_000

/** The newest calls, oldest first; with --follow whatever is asked and decided from then on, until Ctrl-C. */
export async function logCommand(argv: string[]): Promise<void> {
  const options = { follow: { type: 'boolean' }, limit: { type: 'string' } } as const
  const args = readArguments(argv, USAGE, { least: 0, most: 0 }, options)
  const limit = Number(stringOption(args, 'limit') ?? DEFAULT_LIMIT)
  if (!Number.isInteger(limit) || limit < 0 || limit > MOST)
    throw new CommandError(`--limit takes a whole number from 0 to ${MOST}.`)
  await operate(args, async ({ rooms: { approvals }, user }) => {
    const tail = new LogTail(approvals, (await user()).id)
    const write = (calls: PastCall[]) => {
      for (const call of calls) process.stdout.write(hasFlag(args, 'json') ? jsonLine(asJson(call)) : asLine(call))
    }
    const interrupted = untilInterrupted(hasFlag(args, 'follow'))
    write(await tail.begin(limit))
    while (!(await interrupted(LOOK_EVERY_MS))) write(await tail.next())
  })
}

/** @returns a wait that says whether Ctrl-C was pressed meanwhile; it always was, when nobody follows. */
function untilInterrupted(follow: boolean): (ms: number) => Promise<boolean> {
  if (!follow) return async () => true
  const pressed = new Promise<boolean>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve(true))
  })
  return (ms) => Promise.race([pressed, Bun.sleep(ms).then(() => false)])
}

function asJson(call: PastCall): object {
  return {
    id: call.id,
    state: call.state,
    outcome: call.outcome,
    is_error: call.isError,
    agent: call.principalName,
    integration_id: call.connectionSlug,
    tool_name: call.toolName,
    decision_mode: call.decisionMode,
    asked_at: isoTime(call.askedAt),
    decided_at: call.decidedAt === null ? null : isoTime(call.decidedAt),
    settled_at: call.settledAt === null ? null : isoTime(call.settledAt),
    duration_ms: call.durationMs,
  }
}

function asLine(call: PastCall): string {
  const { state, isError, connectionSlug, toolName, principalName, decisionMode, durationMs } = call
  const how = [
    state === 'executed' && isError ? 'executed, tool error' : state,
    ...(decisionMode === null || decisionMode === 'policy' ? [] : [`decided: ${decisionMode}`]),
    ...(durationMs === null ? [] : [`${durationMs} ms`]),
  ]
  const words = `${isoTime(call.askedAt)}  ${connectionSlug} ${toolName}  by ${principalName}  ${how.join(', ')}`
  return `${oneLine(words)}\n`
}
