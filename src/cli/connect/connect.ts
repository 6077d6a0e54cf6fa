import { isJsonObject } from '../../lib/json.ts'
import { oneLine } from '../../lib/logger.ts'
import { type Agent, agentCommand, type ExitCode } from '../agent/agent-command.ts'
import { fittedTable } from '../agent/human-text.ts'
import { hasFlag, readSecretFromStdin } from '../arguments.ts'
import { asKey, readInstance, readInstanceOrigin } from '../instance/instance.ts'
import { CommandError } from '../output.ts'
import { askYes } from './ask-yes.ts'
import { CLIENTS, type Client, type Target } from './clients.ts'
import { type Change, ConfigurationFile } from './configuration-file.ts'
import { isHere, placesOf } from './places.ts'
import { shownChange } from './shown-change.ts'

export const connectCommand = agentCommand({
  words: 'connect',
  takes: 'CLIENT [--with-key | --api-key-stdin] [--undo] [--yes] | --list',
  about:
    'Puts this AgentPort into the configuration of a client, which then signs in by itself; or, with a key, needs no more. It shows the change first, keeps what is there and leaves a copy of it. --undo takes it out again, --list says what is on this machine.',
  example: [
    'agentport connect cursor',
    'agentport connect claude-desktop --api-key-stdin --yes < key.txt',
    'agentport connect --list',
  ].join('\n'),
  choices: CLIENTS.map(({ id }) => id),
  positionals: { least: 0, most: 1 },
  options: {
    'with-key': { type: 'boolean' },
    'api-key-stdin': { type: 'boolean' },
    undo: { type: 'boolean' },
    yes: { type: 'boolean' },
    list: { type: 'boolean' },
  },
  async act(agent) {
    const { args } = agent
    const [id] = args.positionals
    if (hasFlag(args, 'list')) return list(agent)
    const client = CLIENTS.find((each) => each.id === id)
    if (!client)
      throw new CommandError(
        `Say which client: ${CLIENTS.map((each) => each.id).join(', ')}. --list says which are here.`,
      )
    const file = new ConfigurationFile(client, placesOf(process.env))
    if (hasFlag(args, 'undo')) return carryOut(agent, client, file.undo(), 'There is nothing of ours in it.', null)
    const target = await targetOf(agent, client)
    return carryOut(agent, client, file.connect(target), 'It is in there already.', target)
  },
})

async function targetOf({ args }: Agent, client: Client): Promise<Target> {
  const { origin } = readInstanceOrigin(process.env)
  const url = `${origin}/mcp`
  if (hasFlag(args, 'api-key-stdin')) return { origin, url, key: asKey(await readSecretFromStdin('key'), 'That') }
  if (!hasFlag(args, 'with-key') && !client.needsKey) return { origin, url, key: null }
  const { key } = readInstance(process.env)
  if (key !== null) return { origin, url, key }
  const why = client.needsKey ? `${client.name} cannot sign in from its configuration file, so it needs a key. ` : ''
  throw new CommandError(
    `${why}Hand one in with --api-key-stdin, or sign in with "agentport auth login". The page "Connect an agent" makes keys.`,
  )
}

async function carryOut(
  { args, out, interrupted }: Agent,
  client: Client,
  change: Change | null,
  nothing: string,
  target: Target | null,
): Promise<ExitCode> {
  const result = { client: client.id, changed: false, connected: target !== null }
  if (!change) {
    out.result(result, () => [nothing])
    return 0
  }
  const { path, before, after } = change
  out.note(after === null ? `${path}: removed, since nothing else is in it.` : `${path}:`)
  for (const line of shownChange(before, after ?? '')) out.note(line)
  if (!(hasFlag(args, 'yes') || (await askYes('Write it?', interrupted))))
    throw new CommandError('Nothing was written. --yes writes it without asking.')
  change.write()
  out.result({ ...result, changed: true, file: path }, () => [
    target === null ? `${client.name} is as it was.` : `${client.name} is connected. ${client.next(target)}`,
  ])
  return 0
}

function list({ out }: Agent): ExitCode {
  const places = placesOf(process.env)
  const rows = CLIENTS.map((client) => {
    const file = new ConfigurationFile(client, places)
    return {
      client: client.id,
      name: client.name,
      found: isHere(places, client.signs(places)),
      ...stateOf(file),
      file: file.path,
    }
  })
  out.result(rows, (screen) =>
    fittedTable(
      ['CLIENT', 'NAME', 'HERE', 'CONNECTED', 'FILE'],
      rows.map(({ client, name, found, connected, file }) => [client, name, found ? 'yes' : 'no', connected, file]),
      screen,
    ),
  )
  return 0
}

/** What its file says of us, in a word or two. */
function stateOf(file: ConfigurationFile): { connected: string } {
  try {
    const { entry } = file
    if (entry === undefined) return { connected: 'no' }
    const { origin } = readInstanceOrigin(process.env)
    const isSame = [origin, `${origin}/mcp`].some((each) => JSON.stringify(entry).includes(JSON.stringify(each)))
    const holdsKey = isJsonObject(entry) && (entry.headers ?? entry.http_headers ?? entry.env) !== undefined
    return { connected: isSame ? (holdsKey ? 'with a key' : 'signs in') : 'to another one' }
  } catch (error) {
    return { connected: oneLine((error as Error).message) }
  }
}
