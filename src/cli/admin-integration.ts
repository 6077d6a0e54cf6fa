import { chooseSignIn, type Integration, type SignInMethod, signInsOffered } from '../catalogue/catalogue.ts'
import type { NewConnection } from '../upstreams/upstreams.ts'
import { type Arguments, hasFlag, readArguments, readSecretFromStdin, stringOption } from './arguments.ts'
import { type Operator, operate } from './operator.ts'
import { CommandError, isoTime, table } from './output.ts'

const ADD_USAGE =
  "agentport admin integration add ID [--as SLUG] [--token-stdin | --oauth | --no-auth], or: add custom --as SLUG --url URL [--header NAME] [--format 'Bearer {token}'] [--extra-header 'NAME: VALUE']… [--token-stdin | --oauth | --no-auth] [--allow-private-network] [--allow-private-host HOST:PORT]…"

const ADD_OPTIONS = {
  as: { type: 'string' },
  url: { type: 'string' },
  header: { type: 'string' },
  format: { type: 'string' },
  'extra-header': { type: 'string', multiple: true },
  'token-stdin': { type: 'boolean' },
  'no-auth': { type: 'boolean' },
  oauth: { type: 'boolean' },
  'allow-private-network': { type: 'boolean' },
  'allow-private-host': { type: 'string', multiple: true },
} as const

const SIGN_IN_FLAGS: [flag: string, method: SignInMethod][] = [
  ['no-auth', 'none'],
  ['token-stdin', 'token'],
  ['oauth', 'oauth'],
]

export async function integrationAdd(argv: string[]): Promise<void> {
  const args = readArguments(argv, ADD_USAGE, { least: 1, most: 1 }, ADD_OPTIONS)
  if (SIGN_IN_FLAGS.filter(([flag]) => hasFlag(args, flag)).length > 1)
    throw new CommandError('Choose one of --token-stdin, --oauth and --no-auth.')
  await operate(args, async (operator) => {
    const { rooms, out, origin, user } = operator
    const wanted = args.positionals[0] === 'custom' ? customConnection(args) : knownConnection(operator, args)
    const userId = (await user()).id
    const auth = await wanted.auth(hasFlag(args, 'token-stdin') ? await readSecretFromStdin('token') : null)
    const { auth: _, ...rest } = wanted
    const { connection, tools } = await rooms.upstreams.add({ ...rest, auth, userId, actor: 'operator' })
    const result = { id: connection.slug, url: connection.url, connected: connection.connected, tools }
    if (connection.connected)
      return out.result(result, [
        `Added ${connection.slug}: ${tools} tools found. Each asks for approval until you say otherwise.`,
      ])
    const link = `${origin}/connections/${connection.slug}/connect`
    const words = connection.authMethod === 'oauth' ? 'Sign in to it here' : 'Enter its credential here'
    out.result({ ...result, authorization_url: link }, [`Added ${connection.slug}. ${words}:`, link])
  })
}

type Wanted = Omit<NewConnection, 'userId' | 'actor' | 'auth'> & {
  auth(token: string | null): Promise<NewConnection['auth']>
}

function customConnection(args: Arguments): Wanted {
  const slug = stringOption(args, 'as')
  const url = stringOption(args, 'url')
  if (slug === undefined || url === undefined)
    throw new CommandError(`A custom server needs --as SLUG and --url URL. Usage: ${ADD_USAGE}`)
  return {
    slug,
    url,
    integrationId: 'custom',
    name: slug,
    ...opened(args),
    async auth(token) {
      if (hasFlag(args, 'no-auth')) return { method: 'none' }
      if (hasFlag(args, 'oauth')) return { method: 'oauth' }
      if (token === null)
        throw new CommandError(
          'Say how to sign in: --no-auth, --oauth, or --token-stdin with the token on standard input.',
        )
      const place = {
        header: stringOption(args, 'header') ?? 'Authorization',
        format: stringOption(args, 'format') ?? defaultFormat(args),
      }
      return { method: 'token', place, credentials: { token, extra: extraHeaders(args) } }
    },
  }
}

function opened(args: Arguments): Pick<NewConnection, 'allowPrivateNetwork' | 'alsoOpened'> {
  const places = args.values['allow-private-host']
  return {
    allowPrivateNetwork: hasFlag(args, 'allow-private-network'),
    alsoOpened: Array.isArray(places) ? places : [],
  }
}

/** A header of its own usually carries the bare token. */
const defaultFormat = (args: Arguments): string =>
  stringOption(args, 'header') === undefined ? 'Bearer {token}' : '{token}'

function extraHeaders({ values }: Arguments): Record<string, string> {
  const given = values['extra-header']
  const pairs = (Array.isArray(given) ? given : []).map((pair) => {
    const at = pair.indexOf(':')
    if (at < 1) throw new CommandError('Write --extra-header as "NAME: VALUE".')
    return [pair.slice(0, at).trim(), pair.slice(at + 1).trim()] as const
  })
  return Object.fromEntries(pairs)
}

function knownConnection({ rooms: { catalogue } }: Operator, args: Arguments): Wanted {
  const id = args.positionals[0] ?? ''
  const integration = catalogue.find(id)
  if (!integration) throw unknown(id, catalogue.search(id))
  if (integration.kind !== 'mcp')
    throw new CommandError(`${integration.name} is not an MCP server, and this version connects only those.`)
  for (const option of ['url', 'header', 'format'] as const) {
    if (stringOption(args, option) !== undefined)
      throw new CommandError(`--${option} is only for "add custom"; ${id} has its own.`)
  }
  return {
    slug: stringOption(args, 'as') ?? integration.id,
    integrationId: integration.id,
    name: integration.name,
    url: integration.url,
    ...opened(args),
    auth: async (token) => authOf(integration, token, args),
  }
}

function authOf(integration: Integration, token: string | null, args: Arguments): NewConnection['auth'] {
  const wanted = SIGN_IN_FLAGS.find(([flag]) => hasFlag(args, flag))?.[1]
  const chosen = chooseSignIn(integration, wanted)
  if (!chosen)
    throw new CommandError(
      `${integration.name} cannot be connected that way: it offers ${signInsOffered(integration)}, and this version signs in only where programs can register by themselves.`,
    )
  if (chosen.method !== 'token') return chosen
  const { header, format, extraHeaders: needed = [] } = chosen.auth
  const place = { header, format }
  // Without a token the connection is made and its owner enters the token on our page.
  if (token === null) return { method: 'token', place, credentials: null }
  const extra = extraHeaders(args)
  const given = new Set(Object.keys(extra).map((name) => name.toLowerCase()))
  const missing = needed.find((each) => each.required && !given.has(each.header.toLowerCase()))
  if (missing)
    throw new CommandError(
      `${integration.name} needs another header: --extra-header '${missing.header}: …' (${missing.label}).`,
    )
  return { method: 'token', place, credentials: { token, extra } }
}

function unknown(id: string, found: Integration[]): CommandError {
  const near = found.slice(0, 3).map((each) => each.id)
  const hint =
    near.length > 0
      ? ` Did you mean ${near.join(', ')}?`
      : ' For a server that is not in the catalogue use "add custom --as SLUG --url URL".'
  return new CommandError(`There is no integration ${JSON.stringify(id)} in the catalogue.${hint}`)
}

export async function integrationList(argv: string[]): Promise<void> {
  const args = readArguments(argv, 'agentport admin integration list [--user EMAIL] [--json] [--data DIR]', {
    least: 0,
    most: 0,
  })
  await operate(args, async ({ rooms: { upstreams }, out, user }) => {
    const connections = await upstreams.connections((await user()).id)
    out.result(
      connections.map((each) => ({
        id: each.slug,
        integration: each.integrationId,
        name: each.name,
        url: each.url,
        auth_method: each.authMethod,
        connected: each.connected,
        oauth_status: each.oauthStatus,
        tools: each.toolCount,
        added_at: isoTime(each.addedAt),
        last_error: each.lastError,
      })),
      table(
        ['ID', 'URL', 'SIGN-IN', 'STATE', 'TOOLS'],
        connections.map((each) => [
          each.slug,
          each.url,
          each.authMethod,
          each.connected
            ? (each.lastError ?? 'ok')
            : each.authMethod === 'oauth'
              ? 'needs a sign-in'
              : 'needs a credential',
          String(each.toolCount),
        ]),
      ),
    )
  })
}

export async function integrationRefresh(argv: string[]): Promise<void> {
  const args = readArguments(argv, 'agentport admin integration refresh SLUG [--user EMAIL] [--data DIR]', {
    least: 1,
    most: 1,
  })
  await operate(args, async (operator) => {
    const connection = await installed(operator, args.positionals[0] ?? '')
    const { tools } = await operator.rooms.upstreams.refresh(connection.id, 'operator')
    operator.out.result({ id: connection.slug, tools }, [`${connection.slug}: ${tools} tools found.`])
  })
}

export async function integrationRemove(argv: string[]): Promise<void> {
  const args = readArguments(argv, 'agentport admin integration remove SLUG [--user EMAIL] [--data DIR]', {
    least: 1,
    most: 1,
  })
  await operate(args, async (operator) => {
    const connection = await installed(operator, args.positionals[0] ?? '')
    await operator.rooms.upstreams.remove(connection.id, 'operator')
    operator.out.result({ id: connection.slug, removed: true }, [
      `Removed ${connection.slug}; its credentials and policies are forgotten.`,
    ])
  })
}

/** @throws CommandError */
export async function installed({ rooms: { upstreams }, user }: Operator, slug: string) {
  const connection = await upstreams.find((await user()).id, slug)
  if (connection) return connection
  throw new CommandError(
    `There is no connection ${JSON.stringify(slug)}. "agentport admin integration list" shows what is installed.`,
  )
}
