import { describe, expect, test } from 'bun:test'
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { settingsPath } from '../../src/cli/instance/settings-file.ts'
import { agentConsole } from '../harness/agent-console.ts'
import { EMAIL } from '../harness/app.ts'

const terminal = agentConsole()
const { agent, bare, refused } = terminal

const saved = (): unknown => JSON.parse(readFileSync(terminal.settingsFile(), 'utf8'))
const WRONG = `ap_${'x'.repeat(43)}`

/** An AgentPort that knows two keys, and whose they are. */
function whoIs(keys: { [key: string]: string }) {
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch(request) {
      const email = keys[request.headers.get('x-api-key') ?? '']
      if (new URL(request.url).pathname !== '/api/users/me') return new Response('lost', { status: 404 })
      return email ? Response.json({ id: 'u1', email }) : Response.json({ detail: 'no' }, { status: 401 })
    },
  })
  return { url: `http://127.0.0.1:${server.port}`, [Symbol.dispose]: () => void server.stop(true) }
}

describe('auth login', () => {
  test('saves a key that works, for its owner alone, and shows only its beginning', async () => {
    await bare(['auth', 'set-instance-url', terminal.app.origin])
    const { code, stdout, stderr } = await bare(['auth', 'login', '--api-key', terminal.key, '-o', 'json'])
    expect([code, stderr]).toEqual([0, ''])
    expect(JSON.parse(stdout)).toEqual({
      url: terminal.app.origin,
      authenticated: true,
      auth_mode: 'api_key',
      api_key: `${terminal.key.slice(0, 9)}…`,
    })
    expect(saved()).toEqual({ instance_url: terminal.app.origin, api_key: terminal.key })
    expect(statSync(terminal.settingsFile()).mode & 0o777).toBe(0o600)
    expect(statSync(dirname(terminal.settingsFile())).mode & 0o777).toBe(0o700)
    expect((await bare(['tools', 'call', '--integration', 'bank', '--tool', 'look'])).stdout).toBe('done\n')
  })

  test('takes the key from standard input', async () => {
    await bare(['auth', 'set-instance-url', terminal.app.origin])
    expect((await bare(['auth', 'login', '--api-key-stdin'], { stdin: `${terminal.key}\n` })).code).toBe(0)
    expect(saved()).toMatchObject({ api_key: terminal.key })
    const nothing = await bare(['auth', 'login', '--api-key-stdin'], { stdin: '' })
    expect([nothing.code, nothing.stderr]).toEqual([1, 'Nothing came on standard input; pipe the key in.\n'])
  })

  test('asks for it at a terminal, and does not show what is typed', async () => {
    const at = terminal.terminal(['auth', 'login'], { env: { AGENTPORT_API_KEY: '' } })
    while (!at.written().includes('API key: ')) await Bun.sleep(10)
    at.type(`${terminal.key}z\u007f\r`)
    expect(await at.exited).toBe(0)
    expect(at.written()).not.toContain(terminal.key)
    expect(saved()).toMatchObject({ api_key: terminal.key })
  })

  test('Ctrl-C at that question leaves, and saves nothing', async () => {
    const at = terminal.terminal(['auth', 'login'], { env: { AGENTPORT_API_KEY: '' } })
    while (!at.written().includes('API key: ')) await Bun.sleep(1)
    at.type('\u0003')
    expect(await at.exited).toBe(130)
    expect(at.written()).toBe('API key: \r\nStopped.\r\n')
    expect(existsSync(terminal.settingsFile())).toBe(false)
  })

  test('without a key says how to give one, and with one that is none saves nothing', async () => {
    const without = await bare(['auth', 'login'])
    expect([without.code, without.stdout]).toEqual([1, ''])
    expect(without.stderr).toStartWith('Give the key with --api-key-stdin, or set AGENTPORT_API_KEY.')
    await bare(['auth', 'set-instance-url', terminal.app.origin])
    const wrong = await bare(['auth', 'login', '--api-key', WRONG])
    expect([wrong.code, wrong.stderr]).toEqual([1, 'That is no API key, or one that is revoked or expired.\n'])
    expect(saved()).toEqual({ instance_url: terminal.app.origin })
  })

  test.each(['ap_first\nap_second', `${WRONG.slice(0, 30)}…`, `${WRONG.slice(0, 30)}\u001b[D`, `${WRONG} x`])(
    'what cannot be a key (%j) is neither tried, saved nor repeated',
    async (key) => {
      const no = ' is no API key: one begins with "ap_" and is a single word of plain letters.\n'
      for (const command of [
        ['auth', 'login'],
        ['connect', 'cursor'],
      ]) {
        const { code, stdout, stderr } = await bare([...command, '--api-key-stdin'], { stdin: `${key}\n` })
        expect([code, stdout, stderr]).toEqual([1, '', `That${no}`])
      }
      const list = await agent(['tools', 'list'], { env: { AGENTPORT_API_KEY: key } })
      expect([list.code, list.stderr]).toEqual([1, `AGENTPORT_API_KEY${no}`])
      expect(existsSync(terminal.settingsFile())).toBe(false)
    },
  )

  test('toward a server that is not there saves the key all the same, and says that it was not tried', async () => {
    await bare(['auth', 'set-instance-url', 'http://127.0.0.1:1'])
    const { code, stderr } = await bare(['auth', 'login', '--api-key', terminal.key])
    expect(code).toBe(0)
    expect(stderr).toMatch(/cannot be reached.*The key is saved without having been tried\.\n$/)
    expect(saved()).toMatchObject({ api_key: terminal.key })
  })
})

describe('auth status', () => {
  test('tries the key and names the user', async () => {
    const ran = await agent(['auth', 'status', '-o', 'json'])
    expect([ran.code, ran.stderr]).toEqual([0, ''])
    expect(JSON.parse(ran.stdout)).toEqual({
      url: terminal.app.origin,
      auth_mode: 'api_key',
      authenticated: true,
      email: EMAIL,
      api_key: `${terminal.key.slice(0, 9)}…`,
    })
  })

  test('of a server that is no AgentPort says that it may be none', async () => {
    const page = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => new Response('<html>', { status: 404 }) })
    const origin = `http://127.0.0.1:${page.port}`
    const ran = await agent(['auth', 'status'], { env: { AGENTPORT_INSTANCE_URL: origin } })
    expect([ran.code, ran.stderr]).toEqual([1, `${origin} answered 404. Is it an AgentPort?\n`])
    await page.stop(true)
  })

  test.each([
    [
      'a key that is no good',
      () => ({ AGENTPORT_API_KEY: WRONG }),
      /^That is no API key, or one that is revoked or expired\./,
    ],
    ['no server', () => ({ AGENTPORT_INSTANCE_URL: 'http://127.0.0.1:1' }), /^AgentPort at .* cannot be reached/],
    ['no key', () => ({ AGENTPORT_API_KEY: '' }), /^Not signed in\. Set AGENTPORT_API_KEY, or/],
  ])('with %s is code 1, and says why', async (_, env, why) => {
    const ran = await agent(['auth', 'status', '-o', 'json'], { env: env() })
    expect(ran.code).toBe(1)
    expect(JSON.parse(ran.stdout)).toMatchObject({ authenticated: false, email: null })
    expect(ran.stderr).toMatch(why)
    expect(ran.stderr.trimEnd().split('\n')).toHaveLength(1)
  })
})

describe('auth logout and set-instance-url', () => {
  test('logging out forgets the key, and says when the environment has one', async () => {
    await bare(['auth', 'set-instance-url', terminal.app.origin])
    await bare(['auth', 'login', '--api-key', terminal.key])
    const out = await bare(['auth', 'logout', '-o', 'json'])
    expect([out.code, JSON.parse(out.stdout), out.stderr]).toEqual([0, { authenticated: false }, ''])
    expect(saved()).toEqual({ instance_url: terminal.app.origin })
    expect((await agent(['auth', 'logout'])).stderr).toBe('AGENTPORT_API_KEY is set and stays in force.\n')
  })

  test('another instance never gets the key of the one before', async () => {
    await bare(['auth', 'set-instance-url', terminal.app.origin])
    await bare(['auth', 'login', '--api-key', terminal.key])
    const moved = await bare(['auth', 'set-instance-url', 'https://agents.example/mcp', '-o', 'json'])
    expect(JSON.parse(moved.stdout)).toEqual({ url: 'https://agents.example', credentials_cleared: true })
    expect(moved.stderr).toBe('The saved key is forgotten. Sign in with "agentport auth login".\n')
    expect(saved()).toEqual({ instance_url: 'https://agents.example' })
  })

  test('nor does one that the environment names', async () => {
    const stranger: string[] = []
    const server = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      fetch(request) {
        stranger.push(request.headers.get('x-api-key') ?? '')
        return Response.json({}, { status: 401 })
      },
    })
    await bare(['auth', 'set-instance-url', terminal.app.origin])
    await bare(['auth', 'login', '--api-key', terminal.key])
    const env = { AGENTPORT_INSTANCE_URL: `http://127.0.0.1:${server.port}` }
    const { code, stderr } = await bare(['tools', 'list'], { env })
    expect([code, stderr]).toEqual([1, expect.stringContaining('The saved key is for')])
    expect(stranger).toEqual([])
    await server.stop(true)
  })

  test.each([
    ['no address', 'nonsense', /^The URL must be an origin/],
    ['a path', 'https://agents.example/agentport', /^The URL must be an origin/],
    [
      'plain http to another machine',
      'http://agents.example',
      /^The URL is plain http on a name that is not this machine/,
    ],
  ])('%s is refused', async (_, url, why) => {
    await refused(['auth', 'set-instance-url', url], why)
    expect(existsSync(terminal.settingsFile())).toBe(false)
  })
})

describe('what the environment says', () => {
  test('beats the file, in either name of the address', async () => {
    using instance = whoIs({ ap_from_environment: 'env@example.org', ap_from_file: 'file@example.org' })
    mkdirSync(dirname(terminal.settingsFile()), { recursive: true })
    writeFileSync(
      terminal.settingsFile(),
      JSON.stringify({ instance_url: instance.url, api_key: 'ap_from_file', output_format: 'json' }),
    )
    const email = async (env: Record<string, string>) => JSON.parse((await bare(['auth', 'status'], { env })).stdout)
    expect(await email({})).toMatchObject({ email: 'file@example.org' })
    expect(await email({ AGENTPORT_API_KEY: 'ap_from_environment' })).toMatchObject({ email: 'env@example.org' })
    const file = join(terminal.home, 'key')
    writeFileSync(file, 'ap_from_environment\n')
    expect(await email({ AGENTPORT_API_KEY_FILE: file })).toMatchObject({ email: 'env@example.org' })
    for (const name of ['AGENTPORT_INSTANCE_URL', 'AGENT_PORT_URL']) {
      const env = { [name]: terminal.app.origin, AGENTPORT_API_KEY: terminal.key }
      expect(await email(env)).toMatchObject({ url: terminal.app.origin, authenticated: true })
    }
    const both = { AGENTPORT_INSTANCE_URL: terminal.app.origin, AGENT_PORT_URL: 'http://127.0.0.1:1' }
    expect(await email({ ...both, AGENTPORT_API_KEY: terminal.key })).toMatchObject({ url: terminal.app.origin })
  })

  test('the file lies where the platform expects it', () => {
    const HOME = '/home/me'
    expect(settingsPath({ HOME }, 'linux')).toBe('/home/me/.config/agentport/config.json')
    expect(settingsPath({ HOME, XDG_CONFIG_HOME: '/etc/me' }, 'linux')).toBe('/etc/me/agentport/config.json')
    expect(settingsPath({ HOME, XDG_CONFIG_HOME: 'relative' }, 'linux')).toBe('/home/me/.config/agentport/config.json')
    expect(settingsPath({ HOME }, 'darwin')).toBe('/home/me/Library/Application Support/agentport/config.json')
    expect(settingsPath({ HOME, XDG_CONFIG_HOME: '/etc/me' }, 'darwin')).toBe('/etc/me/agentport/config.json')
    expect(settingsPath({ USERPROFILE: '/u', APPDATA: '/u/AppData' }, 'win32')).toBe('/u/AppData/agentport/config.json')
  })

  test('a file that is no settings is named, and not overwritten', async () => {
    mkdirSync(dirname(terminal.settingsFile()), { recursive: true })
    writeFileSync(terminal.settingsFile(), '{"api_key":')
    const { code, stderr } = await bare(['auth', 'logout'])
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining(`${terminal.settingsFile()} cannot be read as settings.`),
    ])
    expect(readFileSync(terminal.settingsFile(), 'utf8')).toBe('{"api_key":')
  })
})
