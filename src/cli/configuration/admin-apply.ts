import { connectUrl } from '../../calls/calls.ts'
import { hasFlag, readArguments } from '../arguments.ts'
import { operate } from '../operator.ts'
import { CommandError } from '../output.ts'
import { readConfiguration } from './configuration-file.ts'
import type { Change } from './difference.ts'
import { planChanges } from './plan.ts'
import { differenceAsJson, shownDifference } from './shown-difference.ts'

const USAGE = 'agentport admin apply FILE|- [--dry-run] [--prune] [--user EMAIL] [--json] [--data DIR]'
const MOST_BYTES = 1024 * 1024

export async function configurationApply(argv: string[]): Promise<void> {
  const args = readArguments(
    argv,
    USAGE,
    { least: 1, most: 1 },
    { 'dry-run': { type: 'boolean' }, prune: { type: 'boolean' } },
  )
  const file = args.positionals[0] ?? ''
  const name = file === '-' ? 'standard input' : file
  const configuration = readConfiguration(await readBounded(file, name), name)
  await operate(args, async ({ rooms, out, origin, user }) => {
    const userId = (await user()).id
    const forMachines = hasFlag(args, 'json')
    const plan = await planChanges({ rooms, userId }, configuration, { prune: hasFlag(args, 'prune') })
    const result = {
      changes: differenceAsJson(plan.changes, rooms.catalogue),
      applied: false,
      waiting: [] as Waiting[],
    }
    // Before anything is done: whoever reads along sees it also if that fails.
    if (!forMachines) out.result(null, shownDifference(plan.changes, rooms.catalogue))
    if (!hasFlag(args, 'dry-run') && plan.changes.length > 0) {
      plan.commit()
      result.applied = true
      result.waiting = plan.changes.flatMap((change) => waitingFor(change, origin))
    }
    if (forMachines) out.result(result, [])
    else if (result.applied) out.result(null, ['Applied.', ...result.waiting.flatMap(inWords)])
  })
}

interface Waiting {
  id: string
  sign_in: string
  authorization_url: string
}

function waitingFor(change: Change, origin: string): Waiting[] {
  if (change.kind !== 'add' || change.wanted.signIn === 'none') return []
  const { slug, signIn } = change.wanted
  return [{ id: slug, sign_in: signIn, authorization_url: connectUrl(origin, slug) }]
}

const inWords = ({ id, sign_in, authorization_url }: Waiting): string[] => [
  sign_in === 'oauth' ? `Sign in to ${id} here:` : `Enter the credential of ${id} here:`,
  authorization_url,
]

/** Never more than may be, whatever it is that is read. @throws CommandError */
async function readBounded(file: string, name: string): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  try {
    for await (const chunk of (file === '-' ? Bun.stdin : Bun.file(file)).stream()) {
      chunks.push(chunk)
      bytes += chunk.length
      if (bytes > MOST_BYTES) break
    }
  } catch (error) {
    const code = (error as { code?: string }).code
    throw new CommandError(
      code === 'ENOENT' ? `There is no file ${name}.` : `${name} cannot be read (${code ?? 'why is not known'}).`,
    )
  }
  if (bytes > MOST_BYTES) throw new CommandError(`${name} has over 1 MB, which no configuration has.`)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))
  } catch {
    throw new CommandError(`${name} is no text in UTF-8.`)
  }
}
