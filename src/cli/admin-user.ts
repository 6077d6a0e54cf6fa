import { hasFlag, readArguments, readSecretFromStdin } from './arguments.ts'
import { operate } from './operator.ts'
import { CommandError, isoTime, table } from './output.ts'

const PASSWORD_STDIN = { 'password-stdin': { type: 'boolean' } } as const

export async function userAdd(argv: string[]): Promise<void> {
  const args = readArguments(
    argv,
    'agentport admin user add EMAIL [--password-stdin] [--data DIR]',
    { least: 1, most: 1 },
    PASSWORD_STDIN,
  )
  const password = hasFlag(args, 'password-stdin') ? await readSecretFromStdin('password') : null
  await operate(args, async ({ rooms: { identity }, out, origin }) => {
    const user = await identity.humans.addUser(args.positionals[0] ?? '', password, 'operator')
    if (password !== null) return out.result({ id: user.id, email: user.email }, [`Added ${user.email}.`])
    const link = `${origin}/setup?token=${await identity.humans.newSetupToken(user.id)}`
    out.result({ id: user.id, email: user.email, setup_link: link }, [
      `Added ${user.email}. This link sets the password; it works once, within 24 hours:`,
      link,
    ])
  })
}

export async function userList(argv: string[]): Promise<void> {
  const args = readArguments(argv, 'agentport admin user list [--json] [--data DIR]', { least: 0, most: 0 })
  await operate(args, async ({ rooms: { identity }, out }) => {
    const users = await identity.humans.users()
    out.result(
      users.map(({ id, email, createdAt }) => ({ id, email, created_at: isoTime(createdAt) })),
      table(
        ['EMAIL', 'CREATED'],
        users.map(({ email, createdAt }) => [email, isoTime(createdAt)]),
      ),
    )
  })
}

export async function userResetPassword(argv: string[]): Promise<void> {
  const args = readArguments(
    argv,
    'agentport admin user reset-password EMAIL [--password-stdin] [--data DIR]',
    { least: 1, most: 1 },
    PASSWORD_STDIN,
  )
  const password = hasFlag(args, 'password-stdin') ? await readSecretFromStdin('password') : null
  await operate(args, async ({ rooms: { identity }, out, origin }) => {
    const email = args.positionals[0] ?? ''
    const user = await identity.humans.findUserByEmail(email)
    if (!user) throw new CommandError(`There is no user ${email}.`)
    if (password !== null) {
      await identity.humans.setPassword(user.id, password, 'operator')
      return out.result({ id: user.id, email: user.email }, [
        `The password of ${user.email} is set; all sessions are ended.`,
      ])
    }
    const link = `${origin}/setup?token=${await identity.humans.newSetupToken(user.id)}`
    out.result({ id: user.id, email: user.email, setup_link: link }, [
      `This link sets a new password for ${user.email}; it works once, within 24 hours:`,
      link,
    ])
  })
}
