import { Database } from 'bun:sqlite'
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { stderrLogger } from '../../src/lib/logger.ts'
import { outcome, requestId, type ToolResult } from '../harness/agent.ts'
import { programBuilt } from '../harness/binary.ts'
import { FarEnd, rpcError } from '../harness/far-end.ts'
import { Person } from '../harness/person.ts'
import { type Program, type Ran, run, type Server, serveProgram } from '../harness/program.ts'
import { rawExchange } from '../harness/raw-connection.ts'
import { tempDir } from '../harness/temp-dir.ts'
import { lastMessage, Wire } from '../harness/wire.ts'

// What agents, servers and strangers say ends up in a terminal: there it must be text, and never more lines than were meant.

/** Clears the screen, renames the window, turns the text around, hides itself, and begins a line of its own. */
const EVIL =
  '\u001b[2J\u001b]0;owned\u0007\u009b31m\u202edrow\u2066\u200b\u2028\r\n2026-01-01T00:00:00.000Z info all is well'
const FORGED = /^(2026-01-01T00:00:00\.000Z )?info all is well/m
const DRIVES_TERMINALS = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u
const PASSWORD = 'a good long password'
const EMAIL = 'me@example.org'

const data = tempDir()
const far = new FarEnd([{ name: `pay${EVIL}`, title: EVIL, description: EVIL }, { name: 'run' }])
let program: Program
let server: Server
let key: string

const command = (args: string[], env: { [name: string]: string } = {}) =>
  run([...args, '--data', data.path], { program, env })

function harmless({ stdout, stderr }: Pick<Ran, 'stdout' | 'stderr'>): void {
  expect(stdout).not.toMatch(DRIVES_TERMINALS)
  expect(stderr).not.toMatch(DRIVES_TERMINALS)
  expect(stdout + stderr).not.toMatch(FORGED)
}

beforeAll(async () => {
  far.start()
  program = await programBuilt()
  server = await serveProgram(['--data', data.path, '--port', '0'], { program })
  await run(['admin', 'user', 'add', EMAIL, '--password-stdin', '--data', data.path], { program, stdin: PASSWORD })
  key = (await command(['admin', 'key', 'create', `key${EVIL}`])).stdout.trim()
  const add = ['admin', 'integration', 'add', 'custom', '--as', 'bank', '--url', far.url]
  harmless(await command([...add, '--no-auth', '--allow-private-network']))
  harmless(await command(['admin', 'policy', 'set', 'bank', 'run', 'allow']))
  await talk()
}, 60_000)
afterAll(async () => {
  await server.end()
  await far.stop()
  data.remove()
})

/** Everything an agent, a server and a stranger can say. */
async function talk(): Promise<void> {
  const wire = new Wire(server.origin, key)
  const client = JSON.stringify({ name: `client${EVIL}`, version: EVIL })
  const use = async (tool: string, args: object) => {
    const meta = { 'io.modelcontextprotocol/clientInfo': JSON.parse(client) }
    const name = `agentport__${tool}`
    const answer = await wire.modern('tools/call', JSON.stringify({ name, arguments: args }), { name, meta })
    return (await lastMessage(answer)).result as ToolResult
  }
  const call = { integration_id: 'bank', tool_name: `pay${EVIL}`, arguments: { note: EVIL }, additional_info: EVIL }
  const asked = await use('call_tool', call)
  expect(outcome(asked)).toBe('approval_required')
  const person = await new Person(server.origin, EMAIL, PASSWORD).signIn()
  expect((await person.decide(requestId(asked), 'deny', EVIL)).status).toBe(303)
  far.act = ({ id }) => rpcError(id, -32603, EVIL)
  expect(outcome(await use('call_tool', { ...call, tool_name: 'run' }))).toBe('unknown')
  await use('call_tool', { ...call, tool_name: EVIL })
  // An error inside, on a path of such a name.
  const breaker = new Database(join(data.path, 'agentport.db'))
  breaker.run('ALTER TABLE sessions RENAME TO set_aside')
  const broken = await person.get(`/approve/${encodeURIComponent(EVIL)}`, { 'user-agent': 'x' })
  expect(broken.status).toBe(500)
  breaker.run('ALTER TABLE set_aside RENAME TO sessions')
  breaker.close()
  // A stranger's failed sign-in, and paths and headers as hostile as HTTP lets them be.
  await new Person(server.origin, `nobody${EVIL}@example.org`, EVIL).signIn().catch(() => {})
  const host = new URL(server.origin).host
  const seen = ['User-Agent: \x9b2J\xc2\x9b', 'Referer: \x85x', `X-API-Key: ap_\x9b${'a'.repeat(40)}`]
  for (const path of ['/%1b[2J%0a', '/approve/%c2%9b', '/connections/%e2%80%ae', '/\x9b', '/mcp?x=%0a'])
    await rawExchange(server.origin, [`GET ${path} HTTP/1.1`, `Host: ${host}`, ...seen, '', ''].join('\r\n'))
}

test('the server’s own log holds no line but its own', () => {
  harmless({ stdout: server.stdout(), stderr: server.stderr() })
  expect(server.stderr()).toContain('internal error')
  for (const line of server.stderr().split('\n').filter(Boolean))
    expect(line).toMatch(/^\d{4}-\d\d-\d\dT\S+Z (info|error) /)
})

test('an error inside is one line, whatever its text, its path or its stack', () => {
  const written: string[] = []
  const write = process.stderr.write
  process.stderr.write = ((text: string) => written.push(text) > 0) as typeof write
  try {
    const error = new Error(EVIL)
    stderrLogger(() => 0).error(EVIL, { path: EVIL, error: error.message, stack: `${EVIL}${error.stack}` })
  } finally {
    process.stderr.write = write
  }
  expect(written).toHaveLength(1)
  expect(written[0]).toMatch(/^1970-01-01T00:00:00\.000Z error .*\n$/)
  harmless({ stdout: '', stderr: written[0] ?? '' })
})

test('a server whose error is a megabyte does not fill the log with it', () => {
  const written: string[] = []
  const write = process.stderr.write
  process.stderr.write = ((text: string) => written.push(text) > 0) as typeof write
  try {
    stderrLogger(() => 0).info('it answered', { error: `${EVIL}${'x'.repeat(1_000_000)}` })
  } finally {
    process.stderr.write = write
  }
  expect(written).toHaveLength(1)
  expect(written[0]?.length).toBeLessThan(20_000)
})

describe('what a command prints is text', () => {
  test.each([
    'key list',
    'user list',
    'integration list',
    'policy list',
    'policy list bank',
    'audit verify',
    'audit export',
    'key list --json',
    'integration list --json',
    'policy list --json',
  ])('admin %s', async (words) => {
    const ran = await command(['admin', ...words.split(' ')])
    expect([ran.code, ran.stderr]).toEqual([0, ''])
    harmless(ran)
  })

  test('and the log as JSON is still what was said', async () => {
    const { stdout } = await command(['admin', 'audit', 'export'])
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { details: object })
    expect(events.map(({ details }) => JSON.stringify(details)).join('\n')).toContain(JSON.stringify(EVIL).slice(1, -1))
  })

  test('the doctor’s findings too, in a folder of such a name', async () => {
    harmless(await command(['doctor']))
    const folder = join(data.path, `folder${EVIL.replaceAll('/', '')}`)
    mkdirSync(folder)
    for (const args of [['doctor'], ['admin', 'user', 'list']])
      harmless(await run([...args, '--data', folder], { program }))
    harmless(await run(['doctor', '--data', `${folder}-none`], { program }))
  })
})

describe('an error is one sentence in one line', () => {
  test.each<[string, string[], { [name: string]: string }]>([
    ['a command that is none', ['admin', EVIL], {}],
    ['an option that is none', ['admin', 'key', 'list', `--${EVIL}`], {}],
    ['a connection that is none', ['admin', 'integration', 'remove', EVIL], {}],
    ['a tool that is none', ['admin', 'policy', 'set', 'bank', `pa${EVIL}`, 'allow'], {}],
    ['a policy that is none', ['admin', 'policy', 'set', 'bank', 'run', EVIL], {}],
    ['a user that is none', ['admin', 'key', 'list', '--user', `a${EVIL}@example.org`], {}],
    ['an integration that is none', ['admin', 'integration', 'add', EVIL, '--no-auth'], {}],
    ['a URL that is none', ['admin', 'integration', 'add', 'custom', '--as', 'x', '--url', EVIL, '--no-auth'], {}],
    ['a file that is none', ['admin', 'restore', EVIL], {}],
    ['a setting that is wrong', ['serve'], { AGENTPORT_TRUSTED_PROXIES: EVIL }],
    ['a file of a setting that is none', ['serve'], { AGENTPORT_PORT_FILE: `/nowhere/${EVIL}` }],
  ])('%s', async (_, args, env) => {
    const ran = await command(args, env)
    expect([ran.code, ran.stdout]).toEqual([1, ''])
    expect(ran.stderr.trimEnd().split('\n')).toHaveLength(1)
    harmless(ran)
  })

  test('and so is what a server says when it is asked again, also where it is shown later', async () => {
    far.refuse = () => new Response(EVIL, { status: 500, statusText: 'Broken' })
    try {
      const ran = await command(['admin', 'integration', 'refresh', 'bank'])
      expect([ran.code, ran.stdout]).toEqual([1, ''])
      expect(ran.stderr.trimEnd().split('\n')).toHaveLength(1)
      harmless(ran)
      harmless(await command(['admin', 'integration', 'list']))
    } finally {
      far.refuse = null
    }
  })
})
