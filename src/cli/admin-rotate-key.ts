import { readConfig, readMasterKey } from '../server/server.ts'
import { newMasterKey, parseMasterKey, promoteNextKey, writeNextKey } from '../vault/vault.ts'
import { hasFlag, readArguments, readSecretFromStdin, stringOption } from './arguments.ts'
import { operate } from './operator.ts'
import { CommandError } from './output.ts'

/**
 * Seals every secret under another master key. Cut off at any point, the next start finds out by which key the database opens:
 * the new one is on disk before the database uses it, and the old one until it no longer does.
 */
export async function rotateKey(argv: string[]): Promise<void> {
  const args = readArguments(
    argv,
    'agentport admin rotate-key [--new-key-stdin] [--data DIR]',
    { least: 0, most: 0 },
    { 'new-key-stdin': { type: 'boolean' } },
  )
  const fromEnvironment = readMasterKey(process.env) !== null
  if (fromEnvironment && !hasFlag(args, 'new-key-stdin')) {
    throw new CommandError(
      'The master key comes from AGENTPORT_MASTER_KEY: pipe the new one in with --new-key-stdin, then set the variable to it.',
    )
  }
  const given = hasFlag(args, 'new-key-stdin')
    ? parseMasterKey(await readSecretFromStdin('new master key'))
    : newMasterKey()
  if (!given)
    throw new CommandError('The new key must be base64 of exactly 32 bytes; "openssl rand -base64 32" makes one.')
  const { dataDir } = readConfig({ data: stringOption(args, 'data') }, process.env)
  await operate(
    args,
    async ({ rooms: { store, vault, audit }, out }) => {
      if (!fromEnvironment) writeNextKey(dataDir, given)
      const secrets = store.transaction((tx) => {
        const resealed = vault.reseal(tx, given)
        audit.append(tx, {
          name: 'vault.rotated',
          userId: null,
          actor: 'operator',
          subject: 'vault',
          details: { secrets: resealed },
        })
        return resealed
      })
      if (!fromEnvironment) promoteNextKey(dataDir)
      out.result({ secrets }, [
        `Sealed ${secrets} secrets under the new master key. Older backups still need the old one.`,
        ...(fromEnvironment ? ['Set AGENTPORT_MASTER_KEY to the new key before the next start.'] : []),
      ])
    },
    { alone: 'and holds the old key. Stop it, then rotate.' },
  )
}
