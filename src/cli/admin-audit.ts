import { readArguments } from './arguments.ts'
import { operate } from './operator.ts'
import { CommandError, jsonLine } from './output.ts'

const LIMITS =
  'Keep the head elsewhere: without it, a truncated end, or a rewrite by someone who holds the master key, cannot be seen.'

export async function auditVerify(argv: string[]): Promise<void> {
  const args = readArguments(argv, 'agentport admin audit verify [--json] [--data DIR]', { least: 0, most: 0 })
  await operate(args, async ({ rooms: { audit }, out }) => {
    const { events, head, fault } = await audit.verify()
    if (!fault)
      return out.result({ ok: true, events, head }, [`The log holds: ${events} events. Head: ${head}`, LIMITS])
    const what =
      fault.fault === 'changed' ? 'was changed, or stands in another place than it was written' : 'is missing'
    throw new CommandError(
      `The log does not hold: event ${fault.seq} ${what}. ${events} events before it are sound, up to head ${head}.`,
    )
  })
}

/** One JSON object a line, in order, so that it can be followed, searched and kept elsewhere. */
export async function auditExport(argv: string[]): Promise<void> {
  const args = readArguments(argv, 'agentport admin audit export [--data DIR]', { least: 0, most: 0 })
  await operate(args, async ({ rooms: { audit } }) => {
    const writer = Bun.stdout.writer()
    for (const { details, at, ...event } of audit.events()) {
      writer.write(jsonLine({ ...event, at: new Date(at).toISOString(), details: JSON.parse(details) }))
    }
    await writer.end()
  })
}
