import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import {
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { parse as parseToml } from '@decimalturn/toml-patch'
import { parse as parseJsonc } from 'jsonc-parser'
import { CLIENTS } from '../../src/cli/connect/clients.ts'
import { placesOf } from '../../src/cli/connect/places.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import { CLIENTS as ON_THE_PAGE } from '../../views/parts/ways-in.ts'
import { programBuilt } from '../harness/binary.ts'
import { FROM_SOURCE, type Program, type RunOptions, run, WITHOUT_ROOM } from '../harness/program.ts'
import { tempDir } from '../harness/temp-dir.ts'
import { runOnTerminal } from '../harness/terminal.ts'

const KEY = `ap_${'k'.repeat(43)}`
const ORIGIN = 'https://agents.example'
const URL_OF_MCP = `${ORIGIN}/mcp`

let program: Program
const folder = tempDir()
let home: string
let env: Record<string, string>
beforeAll(async () => {
  program = await programBuilt()
}, 60_000)
afterAll(() => folder.remove())
beforeEach(() => {
  home = mkdtempSync(join(folder.path, 'home-'))
  env = { HOME: home, AGENTPORT_INSTANCE_URL: ORIGIN, AGENTPORT_API_KEY: KEY }
})

const connect = (args: string[], options: RunOptions = {}) => run(['connect', ...args], { program, env, ...options })
const fileOf = (id: string) => CLIENTS.find((client) => client.id === id)?.config(placesOf({ HOME: home })) ?? ''

function lay(id: string, text: string): string {
  const file = fileOf(id)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text, { mode: 0o644 })
  return file
}

const headers = { 'X-API-Key': KEY }
/** Of each client: where our entry stands in its file, the entry as it signs in and with a key, and a file that somebody has cared for. */
const CASES = {
  'claude-code': {
    at: ['mcpServers', 'agentport'],
    signsIn: { type: 'http', url: URL_OF_MCP },
    withKey: { type: 'http', url: URL_OF_MCP, headers },
    before: '{"numStartups":12,"mcpServers":{"other":{"command":"x"}},"projects":{"/home/me":{"allowed":[]}}}',
  },
  'claude-desktop': {
    at: ['mcpServers', 'agentport'],
    signsIn: null,
    withKey: {
      command: expect.any(String),
      args: ['bridge'],
      env: { AGENTPORT_API_KEY: KEY, AGENTPORT_INSTANCE_URL: ORIGIN },
    },
    before: '{\n  "globalShortcut": "",\n  "mcpServers": {}\n}\n',
  },
  cursor: {
    at: ['mcpServers', 'agentport'],
    signsIn: { url: URL_OF_MCP },
    withKey: { url: URL_OF_MCP, headers },
    before: '{\n\t// mine\n\t"mcpServers": {\n\t\t"other": { "url": "https://x.example" }, // keep me\n\t},\n}\n',
  },
  'vs-code': {
    at: ['servers', 'agentport'],
    signsIn: { type: 'http', url: URL_OF_MCP },
    withKey: { type: 'http', url: URL_OF_MCP, headers },
    before:
      '{\r\n    "inputs": [], // none\r\n    "servers": {\r\n        /* one */ "a": {"type": "stdio"}\r\n    }\r\n}\r\n',
  },
  codex: {
    at: ['mcp_servers', 'agentport'],
    signsIn: { url: URL_OF_MCP },
    withKey: { url: URL_OF_MCP, http_headers: headers },
    before:
      '# my config\nmodel = "o3"   # best\n\n[mcp_servers.other]\ncommand = "npx"\nargs = [ "a",  "b" ]\n\n[projects."/home/me"]\ntrust_level = "trusted"',
  },
  'gemini-cli': {
    at: ['mcpServers', 'agentport'],
    signsIn: { httpUrl: URL_OF_MCP },
    withKey: { httpUrl: URL_OF_MCP, headers },
    before: '{"theme": "dark"}',
  },
} as const

const read = (file: string) =>
  (file.endsWith('.toml') ? parseToml(readFileSync(file, 'utf8')) : parseJsonc(readFileSync(file, 'utf8'))) as {
    [name: string]: { [name: string]: unknown }
  }

test('every client that the command knows is tried here', () => {
  expect(CLIENTS.map(({ id }) => id)).toEqual(Object.keys(CASES))
})

describe.each(Object.entries(CASES))('connect %s', (id, { at, signsIn, withKey, before }) => {
  const [outer, inner] = at

  test('puts our entry in, keeps every letter of what is there, and --undo leaves the file as it was', async () => {
    const file = lay(id, before)
    const { code, stderr } = await connect([id, '--with-key', '--yes'])
    expect(code).toBe(0)
    expect(read(file)[outer]?.[inner]).toEqual(withKey)
    const { [inner]: _, ...others } = read(file)[outer] ?? {}
    const was = (before.trimStart().startsWith('{') ? parseJsonc(before) : parseToml(before)) as ReturnType<typeof read>
    expect({ ...read(file), [outer]: others }).toEqual({ ...was, [outer]: was[outer] ?? {} })
    // Whatever stood there still does, in its order.
    let from = 0
    for (const piece of before.split(/[\s{},]+/).filter(Boolean)) {
      const found = readFileSync(file, 'utf8').indexOf(piece, from)
      expect([piece, found >= from]).toEqual([piece, true])
      from = found + piece.length
    }
    expect(stderr).not.toContain(KEY)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readFileSync(`${file}.before-agentport`, 'utf8')).toBe(before)

    expect((await connect([id, '--undo', '--yes'])).code).toBe(0)
    expect(readFileSync(file, 'utf8')).toBe(before)
    expect(readdirSync(dirname(file)).filter((name) => name.includes('agentport'))).toEqual([])
  })

  test('makes the file where there is none, and --undo takes it away again', async () => {
    const file = fileOf(id)
    expect((await connect([id, '--with-key', '--yes'])).code).toBe(0)
    expect(read(file)).toEqual({ [outer]: { [inner]: withKey } })
    expect((await connect([id, '--undo', '--yes'])).code).toBe(0)
    expect(existsSync(file)).toBe(false)
  })

  test('without a key it signs in, where it can', async () => {
    const file = fileOf(id)
    const { AGENTPORT_API_KEY: _, ...without } = env
    const ran = await connect([id, '--yes'], { env: without })
    if (signsIn) expect([ran.code, read(file)[outer]?.[inner]]).toEqual([0, signsIn])
    else expect([ran.code, ran.stderr]).toEqual([1, expect.stringContaining('needs a key')])
  })

  test('what was changed in the file since stays when it is undone', async () => {
    const file = lay(id, before)
    await connect([id, '--with-key', '--yes'])
    const changed = id === 'codex' ? '\n[later]\nadded = 1\n' : '\n// later\n'
    writeFileSync(file, readFileSync(file, 'utf8') + changed)
    expect((await connect([id, '--undo', '--yes'])).code).toBe(0)
    expect(readFileSync(file, 'utf8').trimEnd()).toBe(
      (before + changed).trimEnd().replace('trusted"\n[later]', 'trusted"\n\n[later]'),
    )
  })
})

describe('before anything is written', () => {
  test('the change is shown, with keys by their beginning only, and without a yes nothing happens', async () => {
    const foreign = `{"mcpServers": {\n  "x": { "env": { "TOKEN": "ghp_${'s'.repeat(36)}" } }\n}}\n`
    const file = lay('cursor', foreign)
    const { code, stdout, stderr } = await connect(['cursor', '--with-key'])
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toContain(`${file}:\n`)
    expect(stderr).toContain('+   "agentport": {\n')
    expect(stderr).toContain(`"${KEY.slice(0, 9)}…"`)
    expect(stderr).not.toMatch(/k{10}|s{10}/)
    expect(stderr).toEndWith('Nothing was written. --yes writes it without asking.\n')
    expect(readFileSync(file, 'utf8')).toBe(foreign)
    expect(readdirSync(dirname(file))).toEqual(['mcp.json'])
  })

  test('of a file in one long line, what changes in it is shown', async () => {
    const projects = Array.from({ length: 500 }, (_, i) => [`/home/me/project-${i}`, { allowed: [] }])
    lay(
      'claude-code',
      JSON.stringify({ projects: Object.fromEntries(projects), mcpServers: { a: {} }, last: projects }),
    )
    const { stderr } = await connect(['claude-code', '--with-key'])
    const [gone = '', come = ''] = stderr.split('\n').slice(1)
    expect(gone).toMatch(/^- ….*"mcpServers":{"a":{}},"last".*…$/)
    expect(come).toMatch(/^\+ ….*"mcpServers":{"a":{}, "agentport": {.*"url":"https:.*…$/)
    expect(Math.max(gone.length, come.length)).toBeLessThan(310)
    expect(stderr).not.toMatch(/k{10}/)
  })

  test('a line indented with tabs is shown indented', async () => {
    lay('cursor', '{\n\t"mcpServers": {}\n}\n')
    const { stderr } = await connect(['cursor'])
    expect(stderr).toContain('\n+   "mcpServers": {\n+     "agentport": {\n')
  })

  test.each([
    ['y\r', 0, true],
    ['\r', 1, false],
    ['n\r', 1, false],
    ['\u0004', 1, false],
    ['\u0003', 130, false],
  ])('at a terminal %j answers the question', async (typed, code, written) => {
    const at = runOnTerminal(['connect', 'gemini-cli'], { program, env, columns: 200 })
    while (!at.written().includes('Write it? [y/N] ')) await Bun.sleep(10)
    at.type(typed)
    expect(await at.exited).toBe(code)
    expect(existsSync(fileOf('gemini-cli'))).toBe(written)
  })

  test.each([
    ['connect', ['claude-code']],
    ['--undo', ['claude-code', '--undo']],
  ])('what the client writes into its file while %s asks is not written over', async (what, args) => {
    const file = lay('claude-code', '{"numStartups": 12}')
    if (what === '--undo') await connect(['claude-code', '--yes'])
    const at = runOnTerminal(['connect', ...args], { program, env, columns: 200 })
    while (!at.written().includes('Write it? [y/N] ')) await Bun.sleep(10)
    const meanwhile = readFileSync(file, 'utf8').replace('12', '13')
    writeFileSync(file, meanwhile)
    at.type('y\r')
    expect(await at.exited).toBe(1)
    expect(at.written()).toContain('was changed by another program meanwhile. Nothing was written')
    expect(readFileSync(file, 'utf8')).toBe(meanwhile)
  })

  test.each([
    ['cursor', '{"mcpServers": {', /cannot be read as JSON/],
    ['cursor', '{"mcpServers": []}', /"mcpServers" in the file is not what it has to be/],
    ['codex', 'model = ', /cannot be read as TOML/],
  ])('a file of %s that is broken (%s) is named, and left alone', async (id, text, why) => {
    const file = lay(id, text)
    const { code, stderr } = await connect([id, '--yes'])
    expect(code).toBe(1)
    expect(stderr).toStartWith(`${file}: `)
    expect(stderr).toMatch(why)
    expect(readFileSync(file, 'utf8')).toBe(text)
  })

  test.each([
    ['cursor', '{\n  // f\xfcr mich\n}\n'],
    ['codex', '# f\xfcr mich\nmodel = "o3"\n'],
  ])('a file of %s that is not in UTF-8 is left alone, to the byte', async (id, text) => {
    const file = lay(id, '')
    const bytes = Buffer.from(text, 'latin1')
    writeFileSync(file, bytes)
    const { code, stderr } = await connect([id, '--yes'])
    expect([code, stderr]).toEqual([1, `${file} is not in UTF-8. Mend it first.\n`])
    expect(readFileSync(file).equals(bytes)).toBe(true)
  })

  test('an unknown client is answered with those there are', async () => {
    const { code, stderr } = await connect(['emacs'])
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining('Say which client: claude-code, claude-desktop, cursor'),
    ])
  })
})

describe('once it is connected', () => {
  test('the same again changes nothing, another address does, and --undo goes back to the beginning', async () => {
    const { before } = CASES.cursor
    const file = lay('cursor', before)
    await connect(['cursor', '--yes'])
    const again = await connect(['cursor', '--yes'])
    expect([again.code, again.stdout, again.stderr]).toEqual([0, 'It is in there already.\n', ''])
    await connect(['cursor', '--yes'], { env: { ...env, AGENTPORT_INSTANCE_URL: 'https://other.example' } })
    expect(readFileSync(file, 'utf8')).toContain('https://other.example/mcp')
    await connect(['cursor', '--undo', '--yes'])
    expect(readFileSync(file, 'utf8')).toBe(before)
    expect((await connect(['cursor', '--undo', '--yes'])).stdout).toBe('There is nothing of ours in it.\n')
  })

  test('an entry of that name that was there before is put back', async () => {
    const before = '{ "mcpServers": { "agentport": { "url": "https://mine.example/mcp" } } }'
    const file = lay('cursor', before)
    await connect(['cursor', '--with-key', '--yes'])
    writeFileSync(file, `${readFileSync(file, 'utf8')}\n// since\n`)
    await connect(['cursor', '--undo', '--yes'])
    expect(parseJsonc(readFileSync(file, 'utf8'))).toEqual(JSON.parse(before))
    expect(readFileSync(file, 'utf8')).toContain('// since')
  })

  test('a file that is a link elsewhere stays one', async () => {
    const real = join(home, 'dotfiles.json')
    writeFileSync(real, '{}')
    mkdirSync(dirname(fileOf('cursor')))
    symlinkSync(real, fileOf('cursor'))
    await connect(['cursor', '--yes'])
    expect(lstatSync(fileOf('cursor')).isSymbolicLink()).toBe(true)
    expect(readFileSync(real, 'utf8')).toContain(URL_OF_MCP)
  })

  test('a link that leads nowhere, or a folder, is named and left as it is', async () => {
    const file = fileOf('cursor')
    mkdirSync(dirname(file))
    symlinkSync(join(home, 'not-there.json'), file)
    const linked = await connect(['cursor', '--yes'])
    expect([linked.code, linked.stderr]).toEqual([1, `${file} is a link that leads nowhere. Mend it first.\n`])
    expect(lstatSync(file).isSymbolicLink()).toBe(true)
    mkdirSync(fileOf('claude-code'))
    const folder = await connect(['claude-code', '--yes'])
    expect([folder.code, folder.stderr]).toEqual([1, `${fileOf('claude-code')} is not a file.\n`])
  })

  test('a file that we made and that a link now leads to loses our entry, not only its link', async () => {
    const file = fileOf('cursor')
    await connect(['cursor', '--with-key', '--yes'])
    const real = join(home, 'dotfiles.json')
    renameSync(file, real)
    symlinkSync(real, file)
    await connect(['cursor', '--undo', '--yes'])
    expect(lstatSync(file).isSymbolicLink()).toBe(true)
    expect(readFileSync(real, 'utf8').trim()).toBe('{}')
  })

  test('where there is no room it says so, and leaves the file as it was and nothing beside it', async () => {
    const file = lay('cursor', '{}')
    const { code, stderr } = await connect(['cursor', '--with-key', '--yes'], { program: WITHOUT_ROOM })
    expect([code, stderr]).toEqual([1, expect.stringContaining('EFBIG')])
    expect(readFileSync(file, 'utf8')).toBe('{}')
    expect(readdirSync(dirname(file))).toEqual(['mcp.json'])
  })

  test.skipIf(process.geteuid?.() !== 0)(
    'by root, the file stays its owner’s, and the copy is theirs too',
    async () => {
      const file = lay('cursor', '{}')
      for (const path of [dirname(file), file]) chownSync(path, 1234, 1234)
      await connect(['cursor', '--with-key', '--yes'])
      for (const path of [file, `${file}.before-agentport`]) {
        const { uid, gid, mode } = statSync(path)
        expect([uid, gid, mode & 0o777]).toEqual([1234, 1234, 0o600])
      }
    },
  )

  test('a key comes by standard input too, and is what the bridge is then started with', async () => {
    const { AGENTPORT_API_KEY: _, ...without } = env
    await connect(['claude-desktop', '--api-key-stdin', '--yes'], { env: without, stdin: `${KEY}\n` })
    const entry = read(fileOf('claude-desktop')).mcpServers?.agentport as {
      command: string
      args: string[]
      env: Record<string, string>
    }
    expect(entry.env.AGENTPORT_API_KEY).toBe(KEY)
    expect([entry.command, ...entry.args]).toEqual([...program, 'bridge'])
  })
})

test('from a checkout, the bridge is started from there', async () => {
  await connect(['claude-desktop', '--yes'], { program: FROM_SOURCE })
  const entry = read(fileOf('claude-desktop')).mcpServers?.agentport as { command: string; args: string[] }
  expect([entry.command, ...entry.args]).toEqual([...FROM_SOURCE, 'bridge'])
})

test('--list says which clients are here, and what their files say of us', async () => {
  lay('cursor', '{}')
  lay('codex', 'broken =')
  await connect(['cursor', '--with-key', '--yes'])
  await connect(['gemini-cli', '--yes'], { env: { ...env, AGENTPORT_INSTANCE_URL: 'https://other.example' } })
  const { code, stdout } = await connect(['--list', '-o', 'json'])
  expect(code).toBe(0)
  const rows = JSON.parse(stdout) as { client: string; found: boolean; connected: string; file: string }[]
  const of = (id: string) => rows.find(({ client }) => client === id)
  expect(rows.map(({ client }) => client)).toEqual(Object.keys(CASES))
  expect(of('cursor')).toMatchObject({ found: true, connected: 'with a key', file: fileOf('cursor') })
  expect(of('gemini-cli')).toMatchObject({ found: true, connected: 'to another one' })
  expect(of('codex')).toMatchObject({ found: true, connected: expect.stringContaining('cannot be read as TOML') })
  expect(of('vs-code')).toMatchObject({ found: false, connected: 'no' })
  expect((await connect(['--list'])).stdout).toMatch(/^CLIENT +NAME +HERE +CONNECTED +FILE\n/)
})

test('--list takes an address that only begins like ours for another one', async () => {
  await connect(['gemini-cli', '--yes'], { env: { ...env, AGENTPORT_INSTANCE_URL: `${ORIGIN}.other.org` } })
  await connect(['claude-desktop', '--yes'])
  const rows = JSON.parse((await connect(['--list', '-o', 'json'])).stdout) as { client: string; connected: string }[]
  const of = (id: string) => rows.find(({ client }) => client === id)?.connected
  expect([of('gemini-cli'), of('claude-desktop')]).toEqual(['to another one', 'with a key'])
})

test('the example that hands in a key writes what it says', async () => {
  const { stdout } = await connect(['--help'])
  const words = /agentport connect (.*--api-key-stdin.*) < key\.txt/.exec(stdout)?.[1]?.split(' ') ?? []
  expect((await connect(words, { stdin: `${KEY}\n` })).code).toBe(0)
  expect(existsSync(fileOf('claude-desktop'))).toBe(true)
})

test('the files are those of each platform', () => {
  const of = (id: string, platform: NodeJS.Platform) =>
    CLIENTS.find((client) => client.id === id)?.config(placesOf({ HOME: '/h', APPDATA: '/h/Roaming' }, platform))
  expect(of('claude-desktop', 'darwin')).toBe('/h/Library/Application Support/Claude/claude_desktop_config.json')
  expect(of('claude-desktop', 'win32')).toBe('/h/Roaming/Claude/claude_desktop_config.json')
  expect(of('claude-desktop', 'linux')).toBe('/h/.config/Claude/claude_desktop_config.json')
  expect(of('vs-code', 'darwin')).toBe('/h/Library/Application Support/Code/User/mcp.json')
  expect(of('vs-code', 'linux')).toBe('/h/.config/Code/User/mcp.json')
  for (const platform of ['linux', 'darwin', 'win32'] as const) {
    expect(of('claude-code', platform)).toBe('/h/.claude.json')
    expect(of('codex', platform)).toBe('/h/.codex/config.toml')
  }
})

describe('what the command writes is what the page "Connect an agent" tells people', () => {
  /** The entry that the page's steps come to, whether it shows a file or a line to run. */
  function ofPage(id: string, key: string | null): JsonObject | null {
    const client = ON_THE_PAGE.find((each) => each.id === id)
    const steps = key === null ? client?.signIn(URL_OF_MCP) : client?.withKey(URL_OF_MCP, key)
    if (!Array.isArray(steps)) return null
    for (const { code = '' } of steps) {
      if (code.startsWith('{'))
        return (
          Object.values(
            Object.values(JSON.parse(code) as { [name: string]: { [name: string]: JsonObject } })[0] ?? {},
          )[0] ?? null
        )
      const words = [...code.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
        (match) => match[1] ?? match[2] ?? match[3] ?? '',
      )
      const address = words.find((word) => word.startsWith('https://')) ?? ''
      const [name, value = ''] = words[words.indexOf('--header') + 1]?.split(': ') ?? []
      const withHeader = words.includes('--header') && name ? { headers: { [name]: value } } : {}
      if (code.startsWith('claude mcp add')) return { type: 'http', url: address, ...withHeader }
      if (code.startsWith('gemini mcp add')) return { httpUrl: address, ...withHeader }
      if (code.startsWith('codex mcp add')) return { url: address }
      const json = words.find((word) => word.startsWith('{'))
      if (json) {
        const { name: _, ...entry } = JSON.parse(json)
        return entry
      }
    }
    return null
  }

  test.each(CLIENTS.map((client) => [client.id, client] as const))('%s', (id, client) => {
    const target = { origin: ORIGIN, url: URL_OF_MCP }
    expect(ON_THE_PAGE.find((each) => each.id === id)?.name).toBe(client.name)
    if (!client.needsKey) expect(client.entry({ ...target, key: null })).toEqual(ofPage(id, null) ?? {})
    // Codex takes a key on its command line only from the environment; its file takes it like the others'.
    if (id === 'codex') return
    const entry = client.entry({ ...target, key: KEY })
    const command = { command: 'agentport', args: ['bridge'] }
    expect({ ...entry, ...(entry.command ? command : {}) }).toEqual(ofPage(id, KEY) ?? {})
  })
})
