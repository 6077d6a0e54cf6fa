/**
 * Owns the commands of the binary: reading arguments, calling a room, printing what came of it.
 * Promises results on stdout, one sentence on stderr when something is wrong, and exit code 0 or 1.
 * Deliberately decides nothing: an operator command is a door like the others, for whoever may write the data directory.
 */
import { AppError } from '../lib/errors.ts'
import { oneLine } from '../lib/logger.ts'
import { VERSION } from '../lib/version.ts'
import { AddressInUse, ConfigError } from '../server/server.ts'
import { NewerDatabase } from '../store/store.ts'
import { CannotOpen } from '../vault/vault.ts'
import { auditExport, auditVerify } from './admin-audit.ts'
import { backup, restore } from './admin-backup.ts'
import { integrationAdd, integrationList, integrationRefresh, integrationRemove } from './admin-integration.ts'
import { keyCreate, keyList, keyRevoke } from './admin-key.ts'
import { logCommand } from './admin-log.ts'
import { policyList, policySet } from './admin-policy.ts'
import { rotateKey } from './admin-rotate-key.ts'
import { userAdd, userList, userResetPassword } from './admin-user.ts'
import { doctor } from './doctor.ts'
import { CommandError } from './output.ts'
import { serveCommand } from './serve.ts'

type Command = (argv: string[]) => Promise<void>

/** The contents page of the command line. */
const COMMANDS: { words: string; help: string; run: Command }[] = [
  { words: 'serve', help: 'run the server [--data DIR] [--host HOST] [--port PORT] [--url ORIGIN]', run: serveCommand },
  { words: 'admin user add', help: 'EMAIL [--password-stdin]', run: userAdd },
  { words: 'admin user list', help: '', run: userList },
  { words: 'admin user reset-password', help: 'EMAIL [--password-stdin]', run: userResetPassword },
  { words: 'admin key create', help: 'NAME', run: keyCreate },
  { words: 'admin key list', help: '', run: keyList },
  { words: 'admin key revoke', help: 'ID', run: keyRevoke },
  {
    words: 'admin integration add',
    help: 'ID | custom --as SLUG --url URL  [--token-stdin | --oauth | --no-auth] …',
    run: integrationAdd,
  },
  { words: 'admin integration list', help: '', run: integrationList },
  { words: 'admin integration refresh', help: 'SLUG', run: integrationRefresh },
  { words: 'admin integration remove', help: 'SLUG', run: integrationRemove },
  { words: 'admin policy set', help: 'SLUG TOOL allow|require_approval|deny', run: policySet },
  { words: 'admin policy list', help: '[SLUG]', run: policyList },
  { words: 'admin log', help: '[--follow] [--limit N]', run: logCommand },
  { words: 'admin backup', help: 'FILE', run: backup },
  { words: 'admin restore', help: 'FILE   (only while no server runs)', run: restore },
  { words: 'admin rotate-key', help: '   (only while no server runs)', run: rotateKey },
  { words: 'admin audit verify', help: '', run: auditVerify },
  { words: 'admin audit export', help: '', run: auditExport },
  { words: 'doctor', help: '', run: doctor },
  { words: 'version', help: '', run: async () => void process.stdout.write(`${VERSION}\n`) },
]

/** @returns the exit code. */
export async function runCli(argv: string[]): Promise<number> {
  if (argv.length === 0 || argv.includes('--help') || argv.includes('-h') || argv[0] === 'help') {
    process.stdout.write(help(argv))
    return 0
  }
  if (argv[0] === '--version') return runCli(['version'])
  const command = COMMANDS.find(({ words }) => words.split(' ').every((word, i) => argv[i] === word))
  try {
    if (!command)
      throw new CommandError(`There is no command "${argv.slice(0, 3).join(' ')}". "agentport --help" lists them.`)
    await command.run(argv.slice(command.words.split(' ').length))
    return 0
  } catch (error) {
    process.stderr.write(`${forOperator(error)}\n`)
    return 1
  }
}

function forOperator(error: unknown): string {
  const isPlain = [CommandError, AppError, ConfigError, NewerDatabase, AddressInUse].some(
    (kind) => error instanceof kind,
  )
  if (isPlain) return oneLine((error as Error).message)
  if (error instanceof CannotOpen) {
    return `The master key does not fit this data directory (${oneLine(error.message)}). Use the master.key file, or AGENTPORT_MASTER_KEY, that it was made with.`
  }
  return error instanceof Error ? oneLine(error.message) : oneLine(String(error))
}

function help(argv: string[]): string {
  const asked = argv.filter((word) => !word.startsWith('-') && word !== 'help').join(' ')
  const shown = COMMANDS.filter(({ words }) => words.startsWith(asked))
  const lines = (shown.length > 0 ? shown : COMMANDS).map(({ words, help }) => `  agentport ${words} ${help}`.trimEnd())
  return [
    `AgentPort ${VERSION}: one MCP endpoint between agents and your accounts.`,
    '',
    ...lines,
    '',
    'Operator commands take --data DIR (AGENTPORT_DATA, ./data), --user EMAIL and --json.',
    '',
  ].join('\n')
}
