import { readArguments } from './arguments.ts'
import { operate } from './operator.ts'
import { isoTime, table } from './output.ts'

export async function keyCreate(argv: string[]): Promise<void> {
  const args = readArguments(argv, 'agentport admin key create NAME [--user EMAIL] [--data DIR]', { least: 1, most: 1 })
  await operate(args, async ({ rooms: { identity }, out, user }) => {
    const { id: userId } = await user()
    const { id, key } = await identity.agents.createKey(userId, args.positionals[0] ?? '', 'operator')
    out.result({ id, key }, [key])
  })
}

export async function keyList(argv: string[]): Promise<void> {
  const args = readArguments(argv, 'agentport admin key list [--user EMAIL] [--json] [--data DIR]', {
    least: 0,
    most: 0,
  })
  await operate(args, async ({ rooms: { identity }, out, user }) => {
    const keys = await identity.agents.list((await user()).id)
    out.result(
      keys.map((key) => ({
        id: key.id,
        name: key.name,
        prefix: key.prefix,
        created_at: isoTime(key.createdAt),
        last_used_at: key.lastUsedAt === null ? null : isoTime(key.lastUsedAt),
        last_used_from: key.lastUsedFrom,
        revoked_at: key.revokedAt === null ? null : isoTime(key.revokedAt),
      })),
      table(
        ['ID', 'NAME', 'KEY', 'LAST USED', 'STATE'],
        keys.map((key) => [
          key.id,
          key.name,
          key.prefix === null ? 'signed in' : `${key.prefix}…`,
          isoTime(key.lastUsedAt),
          key.revokedAt === null ? 'live' : 'revoked',
        ]),
      ),
    )
  })
}

export async function keyRevoke(argv: string[]): Promise<void> {
  const args = readArguments(argv, 'agentport admin key revoke ID [--user EMAIL] [--data DIR]', { least: 1, most: 1 })
  await operate(args, async ({ rooms: { identity }, out, user }) => {
    const id = args.positionals[0] ?? ''
    await identity.agents.revoke((await user()).id, id, 'operator')
    out.result({ id, revoked: true }, [`Revoked ${id}.`])
  })
}
