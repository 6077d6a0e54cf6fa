/**
 * Owns the commands of the binary: reading arguments, calling a room or a server, printing what came of it.
 * Promises results on stdout, one sentence on stderr when something is wrong, and an exit code: 0, 1, or what a command's help says.
 * Deliberately decides nothing: an operator command is a door like the others, for whoever may write the data directory, and an agent
 * command is an agent.
 */
import { AppError } from '../lib/errors.ts'
import { oneLine } from '../lib/logger.ts'
import { AddressInUse, ConfigError } from '../server/server.ts'
import { NewerDatabase } from '../store/store.ts'
import { CannotOpen } from '../vault/vault.ts'
import { Interrupted } from './agent/agent-command.ts'
import { AGENT_COMMANDS } from './agent/agent-commands.ts'
import { bridgeCommand } from './bridge/bridge.ts'
import type { CommandGroup } from './command.ts'
import { completionsCommand } from './completions.ts'
import { connectCommand } from './connect/connect.ts'
import { help } from './help.ts'
import { OPERATOR_COMMANDS } from './operator-commands.ts'
import { CommandError } from './output.ts'
import { skillsInstall, skillsList } from './skills/skills-commands.ts'

/** The contents page of the command line. */
const GROUPS: readonly CommandGroup[] = [
  {
    note: 'Commands of the operator work on the data directory, whether the server runs or not: --data DIR (AGENTPORT_DATA, ./data), --user EMAIL, --json.',
    flags: ['--data', '--user', '--json'],
    commands: OPERATOR_COMMANDS,
  },
  {
    note: 'Commands of an agent speak to a server, over HTTP with a key: AGENTPORT_INSTANCE_URL and AGENTPORT_API_KEY, or what "agentport auth" has saved.',
    flags: [],
    commands: AGENT_COMMANDS,
  },
  {
    note: 'Commands for programs and shells on this machine.',
    flags: [],
    commands: [connectCommand, skillsInstall, skillsList, bridgeCommand, completionsCommand(() => GROUPS)],
  },
]
/** As a shell has it for a program that a signal ended. */
const INTERRUPTED_CODES = { SIGINT: 130, SIGTERM: 143 }

/** @returns the exit code. */
export async function runCli(argv: string[]): Promise<number> {
  if (argv.length === 0 || argv.includes('--help') || argv.includes('-h') || argv[0] === 'help') {
    process.stdout.write(help(argv, GROUPS))
    return 0
  }
  if (argv[0] === '--version') return runCli(['version'])
  const commands = GROUPS.flatMap((group) => group.commands)
  const command = commands.find(({ words }) => words.split(' ').every((word, i) => argv[i] === word))
  try {
    if (!command)
      throw new CommandError(`There is no command "${argv.slice(0, 3).join(' ')}". "agentport --help" lists them.`)
    return (await command.run(argv.slice(command.words.split(' ').length))) ?? 0
  } catch (error) {
    process.stderr.write(`${forPeople(error)}\n`)
    return error instanceof Interrupted ? INTERRUPTED_CODES[error.signal] : 1
  }
}

function forPeople(error: unknown): string {
  const isPlain = [CommandError, AppError, ConfigError, NewerDatabase, AddressInUse].some(
    (kind) => error instanceof kind,
  )
  if (isPlain) return oneLine((error as Error).message)
  if (error instanceof CannotOpen) {
    return `The master key does not fit this data directory (${oneLine(error.message)}). Use the master.key file, or AGENTPORT_MASTER_KEY, that it was made with.`
  }
  return error instanceof Error ? oneLine(error.message) : oneLine(String(error))
}
