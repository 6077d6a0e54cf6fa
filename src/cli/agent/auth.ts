import { hasFlag, readSecretFromStdin, stringOption } from '../arguments.ts'
import { asKey, KEY_VARIABLE, maskKey, originOf, readInstanceOrigin } from '../instance/instance.ts'
import { changeSettings, readSettings } from '../instance/settings-file.ts'
import { Endpoint, LinkLost, NotReached } from '../link/endpoint.ts'
import { askRest } from '../link/rest.ts'
import { CommandError } from '../output.ts'
import { agentCommand } from './agent-command.ts'
import { askSecret } from './ask-secret.ts'
import { fields } from './human-text.ts'

export const authLogin = agentCommand({
  words: 'auth login',
  takes: '[--api-key KEY | --api-key-stdin]',
  about:
    'Tries a key and saves it. At a terminal it asks for the key; --api-key-stdin keeps it out of the process list.',
  example: 'agentport auth login --api-key-stdin < key.txt',
  options: { 'api-key': { type: 'string' }, 'api-key-stdin': { type: 'boolean' } },
  async act({ args, out, interrupted }) {
    const { origin } = readInstanceOrigin(process.env)
    const given = stringOption(args, 'api-key') ?? (await readKey(hasFlag(args, 'api-key-stdin'), interrupted))
    const key = asKey(given, 'That')
    const checked = await ownerOf(new Endpoint({ origin, key }), interrupted).catch((error: unknown) => {
      if (!(error instanceof NotReached || error instanceof LinkLost)) throw error
      out.note(`${error.message} The key is saved without having been tried.`)
      return null
    })
    changeSettings(process.env, { instance_url: origin, api_key: key })
    if (process.env[KEY_VARIABLE] && process.env[KEY_VARIABLE] !== key)
      out.note(`${KEY_VARIABLE} is set and stays in force.`)
    const result = { url: origin, authenticated: true, auth_mode: 'api_key', api_key: maskKey(key) }
    out.result(result, (screen) => fields({ ...result, ...(checked?.email ? { email: checked.email } : {}) }, screen))
    return 0
  },
})

async function readKey(fromStdin: boolean, interrupted: AbortSignal): Promise<string> {
  if (fromStdin) return readSecretFromStdin('key')
  const typed = process.stdin.isTTY ? await askSecret('API key: ', interrupted) : ''
  if (typed) return typed
  throw new CommandError(`Give the key with --api-key-stdin, or set ${KEY_VARIABLE}.`)
}

export const authLogout = agentCommand({
  words: 'auth logout',
  takes: '',
  about: 'Forgets the saved key.',
  example: 'agentport auth logout',
  async act({ out }) {
    changeSettings(process.env, { api_key: undefined })
    if (process.env[KEY_VARIABLE]) out.note(`${KEY_VARIABLE} is set and stays in force.`)
    out.result({ authenticated: false }, (screen) => fields({ authenticated: false }, screen))
    return 0
  },
})

export const authStatus = agentCommand({
  words: 'auth status',
  takes: '',
  about: 'Tries the key, and says whose it is. Code 1 when there is none or it is no good.',
  example: 'agentport auth status -o json',
  async act({ out, instance, interrupted }) {
    const { origin, key, keyFrom } = instance()
    const status = (authenticated: boolean, email: string | null) => {
      const auth_mode = key === null ? 'none' : 'api_key'
      const result = { url: origin, auth_mode, authenticated, email, api_key: key === null ? null : maskKey(key) }
      out.result(result, (screen) => fields({ ...result, key_from: keyFrom }, screen))
    }
    try {
      status(true, (await ownerOf(new Endpoint({ origin, key }), interrupted)).email)
      return 0
    } catch (error) {
      if (error instanceof CommandError || error instanceof NotReached || error instanceof LinkLost) status(false, null)
      throw error
    }
  },
})

/** Whoever the key belongs to. @throws Refused when it is no good, NotReached, LinkLost */
async function ownerOf(endpoint: Endpoint, signal: AbortSignal): Promise<{ email: string | null }> {
  const { email } = await askRest(endpoint, { method: 'GET', path: '/api/users/me', signal })
  return { email: typeof email === 'string' ? email : null }
}

export const authSetInstanceUrl = agentCommand({
  words: 'auth set-instance-url',
  takes: 'URL',
  about: 'Says which AgentPort to speak to. The saved key is forgotten: it belongs to the one before.',
  example: 'agentport auth set-instance-url https://agentport.example.org',
  positionals: { least: 1, most: 1 },
  async act({ args, out }) {
    const url = originOf(args.positionals[0] ?? '', 'The URL', process.env)
    const hadKey = readSettings(process.env).api_key !== undefined
    changeSettings(process.env, { instance_url: url, api_key: undefined })
    if (hadKey) out.note('The saved key is forgotten. Sign in with "agentport auth login".')
    const { origin, variable } = readInstanceOrigin(process.env)
    if (variable) out.note(`${variable} is set and stays in force: ${origin}`)
    const result = { url, credentials_cleared: true }
    out.result(result, (screen) => fields(result, screen))
    return 0
  },
})
