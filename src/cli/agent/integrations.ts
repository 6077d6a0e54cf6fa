import { isJsonObject, type JsonObject, type JsonValue } from '../../lib/json.ts'
import { hasFlag, stringOption } from '../arguments.ts'
import type { AgentLink } from '../link/agent-link.ts'
import { CommandError } from '../output.ts'
import { type Agent, agentCommand, type ExitCode } from './agent-command.ts'
import { carry } from './gated-call.ts'
import { fields, fittedTable } from './human-text.ts'
import { openInBrowser } from './open-in-browser.ts'
import { patiently } from './patience.ts'
import { readSeconds, readWaiting, WAITING_OPTIONS, WAITING_TAKES } from './waiting-options.ts'

const SIGN_IN_TIMEOUT_S = 180
const LOOK_EVERY_MS = 1_500

export const integrationsList = agentCommand({
  words: 'integrations list',
  takes: '[--installed | --available]',
  about: 'What is installed and what could be, the installed first.',
  example: 'agentport integrations list --installed',
  options: { installed: { type: 'boolean' }, available: { type: 'boolean' } },
  async act({ args, link, out, interrupted }) {
    const [installed, available] = [hasFlag(args, 'installed'), hasFlag(args, 'available')]
    if (installed && available) throw new CommandError('Choose one of --installed and --available.')
    const rows = [
      ...(available ? [] : await installedRows(link(), interrupted)),
      ...(installed ? [] : await availableRows(link(), interrupted)),
    ]
    out.result(rows, (screen) =>
      fittedTable(
        ['ID', 'NAME', 'TYPE', 'SIGN-IN', 'INSTALLED', 'CONNECTED'],
        rows.map(({ id, name, type, auth_methods, installed, connected }) => [
          id,
          name,
          type,
          auth_methods.join(', '),
          installed ? 'yes' : 'no',
          connected ? 'yes' : 'no',
        ]),
        screen,
      ),
    )
    return 0
  },
})

interface Row {
  id: string
  name: string
  type: string
  auth_methods: string[]
  installed: boolean
  connected: boolean
}

async function installedRows(link: AgentLink, signal: AbortSignal): Promise<Row[]> {
  const { integrations } = await link.look('agentport__list_installed_integrations', {}, signal)
  return objects(integrations).map(({ integration_id, name, type, auth_method, connected }) => ({
    id: String(integration_id),
    name: String(name),
    type: String(type),
    auth_methods: [String(auth_method)],
    installed: true,
    connected: connected === true,
  }))
}

async function availableRows(link: AgentLink, signal: AbortSignal): Promise<Row[]> {
  const { integrations } = await link.look('agentport__list_available_integrations', {}, signal)
  return objects(integrations)
    .filter(({ installed }) => installed !== true)
    .map(({ id, name, type, auth_methods }) => ({
      id: String(id),
      name: String(name),
      type: String(type),
      auth_methods: Array.isArray(auth_methods) ? auth_methods.map(String) : [],
      installed: false,
      connected: false,
    }))
}

const objects = (value: JsonValue | undefined): JsonObject[] => (Array.isArray(value) ? value.filter(isJsonObject) : [])

export const integrationsAdd = agentCommand({
  words: 'integrations add',
  takes: 'ID [--auth none|token|oauth] [--no-open] [--timeout SECONDS]',
  about:
    'Installs an integration. Where it needs a credential, its owner enters that on a page, which is opened, and the command waits until it is there. Code 2: it still is not.',
  example: 'agentport integrations add github',
  positionals: { least: 1, most: 1 },
  options: {
    auth: { type: 'string' },
    token: { type: 'string' },
    'no-open': { type: 'boolean' },
    timeout: { type: 'string' },
  },
  async act(agent) {
    const { args, link, out, interrupted } = agent
    const timeoutS = readSeconds(args, 'timeout', SIGN_IN_TIMEOUT_S)
    const id = args.positionals[0] ?? ''
    const hasToken = stringOption(args, 'token') !== undefined
    if (hasToken)
      out.note('The token was not sent: no credential goes through an agent. Its owner enters it on the page.')
    const method = stringOption(args, 'auth') ?? (hasToken ? 'token' : undefined)
    const wanted = { integration_id: id, ...(method === undefined ? {} : { auth_method: method }) }
    const added = await link().look('agentport__install_integration', wanted, interrupted)
    const url = typeof added.authorization_url === 'string' ? added.authorization_url : null
    if (added.connected !== true && url !== null) {
      out.note(`Its owner signs in here: ${url}`)
      if (!hasFlag(args, 'no-open')) openInBrowser(url)
    }
    const slug = String(added.integration_id ?? id)
    const status = url === null ? await authStatus(link(), slug, interrupted) : await signedIn(agent, slug, timeoutS)
    return printAdded(agent, slug, status, url)
  },
})

async function printAdded(
  { out, link, interrupted }: Agent,
  slug: string,
  status: JsonObject,
  url: string | null,
): Promise<ExitCode> {
  const row = (await installedRows(link(), interrupted)).find(({ id }) => id === slug)
  const connected = status.connected === true
  const result = {
    integration_id: slug,
    type: row?.type ?? null,
    auth_method: status.auth_method ?? null,
    connected,
    ...(url === null ? {} : { authorization_url: url }),
  }
  out.result(result, (screen) => fields(result, screen))
  if (connected) return 0
  out.note(`Sign-in still pending: ${url}`)
  return 2
}

const authStatus = (link: AgentLink, integration_id: string, signal: AbortSignal): Promise<JsonObject> =>
  link.look('agentport__get_auth_status', { integration_id }, signal)

async function signedIn({ link, interrupted }: Agent, slug: string, timeoutS: number): Promise<JsonObject> {
  const last = await patiently({
    timeoutS,
    words: 'Waiting for its owner to sign in.',
    interrupted,
    hasMet: true,
    async ask(seconds) {
      const status = await authStatus(link(), slug, interrupted)
      if (status.connected !== true) await Bun.sleep(Math.min(LOOK_EVERY_MS, seconds * 1000))
      interrupted.throwIfAborted()
      return status
    },
    isOver: ({ connected }) => connected === true,
  })
  return last ?? { connected: false }
}

export const integrationsRemove = agentCommand({
  words: 'integrations remove',
  takes: `ID ${WAITING_TAKES}`,
  about:
    'Removes an installed integration, with its credentials and policies, once a human has approved. Codes as of tools call.',
  example: 'agentport integrations remove github --wait',
  positionals: { least: 1, most: 1 },
  options: WAITING_OPTIONS,
  async act(agent) {
    const { args, link, out, interrupted } = agent
    const id = args.positionals[0] ?? ''
    const use = () => link().use('agentport__uninstall_integration', { integration_id: id }, interrupted)
    return carry(agent, use, readWaiting(args), () => {
      const result = { integration_id: id, removed: true }
      out.result(result, (screen) => fields(result, screen))
    })
  },
})
