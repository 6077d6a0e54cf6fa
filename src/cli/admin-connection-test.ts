import { connectUrl } from '../calls/calls.ts'
import type { InstalledConnection, Trial } from '../upstreams/upstreams.ts'
import { installed } from './admin-integration.ts'
import { readArguments } from './arguments.ts'
import { type Operator, operate } from './operator.ts'
import { table } from './output.ts'

type Tested = { slug: string; trial: Trial }

/** @returns 1 if any of them failed. */
export async function connectionTest(argv: string[]): Promise<number> {
  const args = readArguments(argv, 'agentport admin connection test [SLUG] [--user EMAIL] [--json] [--data DIR]', {
    least: 0,
    most: 1,
  })
  let code = 0
  await operate(args, async (operator) => {
    const [slug] = args.positionals
    const { upstreams } = operator.rooms
    const connections =
      slug === undefined ? await upstreams.connections((await operator.user()).id) : [await installed(operator, slug)]
    const tested = await Promise.all(connections.map((connection) => test(operator, connection)))
    if (tested.some(({ trial }) => !trial.works)) code = 1
    const lines = table(['ID', 'STATE', 'PROTOCOL', 'TOOLS', 'MS', 'DEFINITIONS'], tested.map(cells))
    operator.out.result(
      tested.map(forMachines),
      tested.length > 0 ? [...lines, ...tested.flatMap(whyFailed)] : ['There is no connection to test.'],
    )
  })
  return code
}

async function test({ rooms, origin }: Operator, connection: InstalledConnection): Promise<Tested> {
  const { slug, authMethod } = connection
  if (connection.connected) return { slug, trial: await rooms.upstreams.try(connection.id) }
  const what = authMethod === 'oauth' ? 'It needs a sign-in' : 'It needs a credential'
  const said = connection.oauthStatus === 'sign_in_needed' ? connection.lastError : null
  const message = `${said ?? `${what}.`} Its owner enters it here: ${connectUrl(origin, slug)}`
  return { slug, trial: { works: false, message, tookMs: 0 } }
}

function cells({ slug, trial }: Tested): string[] {
  if (!trial.works) return [slug, 'failed', '-', '-', String(trial.tookMs), '-']
  return [slug, 'ok', trial.protocol, String(trial.tools), String(trial.tookMs), inWords(trial.definitions)]
}

function inWords(differing: { [kind: string]: number }): string {
  const some = Object.entries(differing).filter(([, n]) => n > 0)
  return some.length === 0 ? 'as stored' : some.map(([kind, n]) => `${n} ${kind}`).join(', ')
}

const whyFailed = ({ slug, trial }: Tested): string[] => (trial.works ? [] : [`${slug}: ${trial.message}`])

const forMachines = ({ slug, trial }: Tested) =>
  trial.works
    ? {
        id: slug,
        ok: true,
        protocol: trial.protocol,
        tools: trial.tools,
        ms: trial.tookMs,
        definitions: trial.definitions,
        error: null,
      }
    : { id: slug, ok: false, protocol: null, tools: null, ms: trial.tookMs, definitions: null, error: trial.message }
