import { VERSION } from '../lib/version.ts'
import { auditExport, auditVerify } from './admin-audit.ts'
import { backup, restore } from './admin-backup.ts'
import { connectionTest } from './admin-connection-test.ts'
import { integrationAdd, integrationList, integrationRefresh, integrationRemove } from './admin-integration.ts'
import { keyCreate, keyList, keyRevoke } from './admin-key.ts'
import { logCommand } from './admin-log.ts'
import { policyList, policySet } from './admin-policy.ts'
import { rotateKey } from './admin-rotate-key.ts'
import { userAdd, userList, userResetPassword } from './admin-user.ts'
import type { Command } from './command.ts'
import { configurationApply } from './configuration/admin-apply.ts'
import { configurationExport } from './configuration/admin-export.ts'
import { doctor } from './doctor.ts'
import { serveCommand } from './serve.ts'

/** What its owner does on the machine where it runs. */
export const OPERATOR_COMMANDS: readonly Command[] = [
  {
    words: 'serve',
    takes: '[--host HOST] [--port PORT] [--url ORIGIN]',
    about: 'Runs the server.',
    example: 'agentport serve --data /var/lib/agentport --url https://agentport.example.org',
    run: serveCommand,
  },
  {
    words: 'admin user add',
    takes: 'EMAIL [--password-stdin]',
    about: 'Adds a user. Without a password it prints a link that sets one.',
    example: 'agentport admin user add me@example.org',
    run: userAdd,
  },
  {
    words: 'admin user list',
    takes: '',
    about: 'Who there is.',
    example: 'agentport admin user list --json',
    run: userList,
  },
  {
    words: 'admin user reset-password',
    takes: 'EMAIL [--password-stdin]',
    about: 'Sets a new password, or prints a link that sets one.',
    example: 'agentport admin user reset-password me@example.org',
    run: userResetPassword,
  },
  {
    words: 'admin key create',
    takes: 'NAME',
    about: 'Makes a key for an agent and prints it, this once.',
    example: 'export AGENTPORT_API_KEY=$(agentport admin key create laptop)',
    run: keyCreate,
  },
  {
    words: 'admin key list',
    takes: '',
    about: 'Keys and agents, and when each last called.',
    example: 'agentport admin key list',
    run: keyList,
  },
  {
    words: 'admin key revoke',
    takes: 'ID',
    about: 'Ends a key at once, with everything that waits for it.',
    example: 'agentport admin key revoke 01jd…',
    run: keyRevoke,
  },
  {
    words: 'admin integration add',
    takes:
      'ID | custom --as SLUG --url URL  [--token-stdin | --oauth | --no-auth] [--header NAME] [--format TEXT] [--extra-header LINE] [--allow-private-network] [--allow-private-host HOST:PORT]',
    about: 'Connects a service of the catalogue, or any MCP server by its URL.',
    example:
      'agentport admin integration add custom --as demo --url http://127.0.0.1:3001/mcp --no-auth --allow-private-network',
    run: integrationAdd,
  },
  {
    words: 'admin integration list',
    takes: '',
    about: 'What is connected, and its state.',
    example: 'agentport admin integration list',
    run: integrationList,
  },
  {
    words: 'admin integration refresh',
    takes: 'SLUG',
    about: 'Reads its tools again.',
    example: 'agentport admin integration refresh demo',
    run: integrationRefresh,
  },
  {
    words: 'admin integration remove',
    takes: 'SLUG',
    about: 'Removes it, with its credentials and policies.',
    example: 'agentport admin integration remove demo',
    run: integrationRemove,
  },
  {
    words: 'admin connection test',
    takes: '[SLUG]',
    about:
      'Connects to one or all as a call would, reads the tools, and says what came of it and whether they are as they are stored. Keeps nothing of it, and ends with 1 if any failed.',
    example: 'agentport admin connection test demo',
    run: connectionTest,
  },
  {
    words: 'admin policy set',
    takes: 'SLUG TOOL allow|require_approval|deny',
    about: 'Says whether a tool runs, asks first, or never runs.',
    example: 'agentport admin policy set demo echo allow',
    run: policySet,
  },
  {
    words: 'admin policy list',
    takes: '[SLUG]',
    about: 'The policy of every tool, and where it comes from.',
    example: 'agentport admin policy list demo',
    run: policyList,
  },
  {
    words: 'admin export',
    takes: '',
    about:
      'Prints connections and policies as a file to be reviewed and kept: YAML, or JSON with --json. There are no secrets in it.',
    example: 'agentport admin export > agentport.yaml',
    run: configurationExport,
  },
  {
    words: 'admin apply',
    takes: 'FILE|- [--dry-run] [--prune]',
    about:
      'Shows how connections and policies differ from the file, then makes them as it says: all of it or nothing. What the file does not list stays, unless --prune removes it; --dry-run only shows.',
    example:
      'agentport admin apply agentport.yaml --dry-run\nagentport admin export | agentport admin apply - --data /elsewhere',
    run: configurationApply,
  },
  {
    words: 'admin log',
    takes: '[--follow] [--limit N]',
    about: 'The newest calls, a line each; with --follow whatever is asked and decided from then on.',
    example: 'agentport admin log --follow',
    run: logCommand,
  },
  {
    words: 'admin backup',
    takes: 'FILE',
    about: 'A consistent copy, at any time. The master key is not in it.',
    example: 'agentport admin backup /backups/agentport.db',
    run: backup,
  },
  {
    words: 'admin restore',
    takes: 'FILE',
    about: 'Puts a copy in place, while no server runs.',
    example: 'agentport admin restore /backups/agentport.db',
    run: restore,
  },
  {
    words: 'admin rotate-key',
    takes: '[--new-key-stdin]',
    about: 'Seals everything anew under a new master key, while no server runs.',
    example: 'agentport admin rotate-key',
    run: rotateKey,
  },
  {
    words: 'admin audit verify',
    takes: '',
    about: 'Whether the log is whole and unchanged.',
    example: 'agentport admin audit verify',
    run: auditVerify,
  },
  {
    words: 'admin audit export',
    takes: '',
    about: 'The log as JSON, an event a line.',
    example: 'agentport admin audit export > audit.jsonl',
    run: auditExport,
  },
  {
    words: 'doctor',
    takes: '',
    about: 'Looks for what is wrong, and says what to do.',
    example: 'agentport doctor',
    run: doctor,
  },
  {
    words: 'version',
    takes: '',
    about: 'The version of this program.',
    example: 'agentport version',
    run: async () => void process.stdout.write(`${VERSION}\n`),
  },
]
