import { afterEach, describe, expect, test } from 'bun:test'
import { existsSync, statSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import manifest from '../../package.json'
import { connectAgent, outcome, requestId } from '../harness/agent.ts'
import { freePort, until } from '../harness/everything.ts'
import { FarEnd, hang } from '../harness/far-end.ts'
import { run, type Server, serveProgram, WITHOUT_ROOM } from '../harness/program.ts'
import { tempDir } from '../harness/temp-dir.ts'

const folders: { path: string; remove(): void }[] = []
const servers: Server[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) await server.end('SIGKILL')
  for (const folder of folders.splice(0)) folder.remove()
})
function folder(): string {
  const made = tempDir()
  folders.push(made)
  return made.path
}
async function start(data: string, env: Record<string, string> = {}, ...args: string[]): Promise<Server> {
  const server = await serveProgram(['--data', data, '--port', '0', ...args], { env })
  servers.push(server)
  return server
}
const addUser = (data: string) =>
  run(['admin', 'user', 'add', 'me@example.org', '--password-stdin', '--data', data], { stdin: 'a good long password' })

describe('starting', () => {
  test('prints one line when ready, and the setup link only while nobody has an account', async () => {
    const data = folder()
    const first = await start(data)
    await until(() => first.stdout().includes('/setup?token='))
    const [ready, link, ...rest] = first.stdout().split('\n')
    expect(ready).toBe(`AgentPort ${manifest.version} listening on ${first.origin}`)
    const url = /\S+$/.exec(link ?? '')?.[0] ?? ''
    expect(url).toMatch(new RegExp(`^${first.origin}/setup\\?token=[A-Za-z0-9_-]{43}$`))
    expect(rest).toEqual([''])
    expect(first.stderr()).toBe('')
    expect((await fetch(url)).status).toBe(200)
    await addUser(data)
    expect((await fetch(url)).status).toBe(410)
    expect(await first.end()).toBe(0)

    const second = await start(data)
    expect((await fetch(`${second.origin}/health`)).status).toBe(200)
    expect(second.stdout()).toBe(`AgentPort ${manifest.version} listening on ${second.origin}\n`)
  })

  test('makes a data directory that only its owner can read', async () => {
    const data = join(folder(), 'made', 'here')
    await start(data)
    expect(statSync(data).mode & 0o777).toBe(0o700)
    for (const name of ['agentport.db', 'agentport.db-wal', 'master.key', 'serve.lock'])
      expect([name, statSync(join(data, name)).mode & 0o077]).toEqual([name, 0])
  })

  test('listens on both loopback addresses and on nothing else', async () => {
    const server = await start(folder())
    const { port } = new URL(server.origin)
    expect((await fetch(`http://127.0.0.1:${port}/health`)).status).toBe(200)
    const all = Object.values(networkInterfaces()).flatMap((each) => each ?? [])
    if (all.some(({ family, internal }) => family === 'IPv6' && internal))
      expect((await fetch(`http://[::1]:${port}/health`)).status).toBe(200)
    for (const { address } of all.filter(({ family, internal }) => family === 'IPv4' && !internal))
      await expect(fetch(`http://${address}:${port}/health`, { signal: AbortSignal.timeout(1_000) })).rejects.toThrow()
  })

  test.each(['127.0.0.1', '::1'])(
    'refuses when another program holds the port on %s, in words, with code 1',
    async (hostname) => {
      const port = await freePort()
      const holder = Bun.serve({ hostname, port, fetch: () => new Response('somebody else') })
      try {
        const data = folder()
        const refused = await run(['serve', '--data', data, '--port', String(port)])
        expect(refused).toEqual({
          code: 1,
          stdout: '',
          stderr: `Port ${port} of localhost is in use by another program. Stop it, or choose another with --port.\n`,
        })
        // And lets go of everything, the data directory included.
        await start(data)
      } finally {
        await holder.stop(true)
      }
    },
  )

  test.each([
    ['AGENTPORT_PORT', '99999'],
    ['AGENTPORT_HOST', 'example.org'],
    ['AGENTPORT_URL', 'http://example.org'],
    ['AGENTPORT_TRUSTED_PROXIES', 'everyone'],
    ['AGENTPORT_MASTER_KEY', 'c2hvcnQ='],
    ['AGENTPORT_MASTER_KEY_FILE', '/not/there'],
  ])('stops with one sentence that names %s when it is wrong', async (variable, value) => {
    const data = folder()
    const { code, stdout, stderr } = await run(['serve', '--data', data], { env: { [variable]: value } })
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toStartWith(`${variable} `)
    expect(stderr.trimEnd().split('\n')).toHaveLength(1)
    expect(existsSync(join(data, 'agentport.db'))).toBe(false)
  })

  test('stops in plain words when the master key is another one', async () => {
    const data = folder()
    await addUser(data)
    await Bun.write(join(data, 'master.key'), Buffer.alloc(32, 9).toString('base64'))
    const { code, stderr } = await run(['serve', '--data', data, '--port', '0'])
    expect(code).toBe(1)
    expect(stderr).toStartWith('The master key does not fit this data directory')
    expect(stderr.trimEnd().split('\n')).toHaveLength(1)
  })

  test('stops with one sentence that names the data directory when it cannot be written, and changes nothing', async () => {
    const [fresh, used] = [folder(), folder()]
    await addUser(used)
    for (const data of [fresh, used]) {
      for (const command of [
        ['serve', '--port', '0'],
        ['admin', 'key', 'create', 'laptop'],
      ]) {
        const { code, stdout, stderr } = await run([...command, '--data', data], { program: WITHOUT_ROOM })
        expect([code, stdout]).toEqual([1, ''])
        expect(stderr).toStartWith(`The data directory ${data} cannot be written (`)
        expect(stderr.trimEnd().split('\n')).toHaveLength(1)
      }
    }
    expect((await run(['admin', 'user', 'list', '--data', used])).stdout).toContain('me@example.org')
  }, 20_000)

  test('refuses in plain words a database that a newer version has used', async () => {
    const data = folder()
    await addUser(data)
    const { Database } = await import('bun:sqlite')
    const database = new Database(join(data, 'agentport.db'))
    database.run("INSERT INTO migrations VALUES ('9999_later', 'h', 1)")
    database.close()
    for (const command of [
      ['serve', '--port', '0'],
      ['admin', 'user', 'list'],
    ]) {
      const { code, stdout, stderr } = await run([...command, '--data', data])
      expect([code, stdout]).toEqual([1, ''])
      expect(stderr).toStartWith('This data directory was last used by a newer AgentPort')
    }
  })
})

describe('one server per data directory', () => {
  test('a second one refuses, and the first goes on', async () => {
    const data = folder()
    const server = await start(data)
    const second = await run(['serve', '--data', data, '--port', '0'])
    expect(second).toEqual({ code: 1, stdout: '', stderr: `Another AgentPort already serves ${data}.\n` })
    expect((await fetch(`${server.origin}/health`)).status).toBe(200)
  })

  test('kill -9 leaves no lock behind', async () => {
    const data = folder()
    const server = await start(data)
    await server.end('SIGKILL')
    const again = await start(data)
    expect((await fetch(`${again.origin}/health`)).status).toBe(200)
  })
})

describe('stopping', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)(
    '%s ends an idle server with code 0, and prints nothing more',
    async (signal) => {
      const server = await start(folder())
      const before = performance.now()
      expect(await server.end(signal)).toBe(0)
      expect(performance.now() - before).toBeLessThan(3_000)
      expect(server.stderr()).toBe('')
    },
  )

  test('SIGTERM ends with code 0 within ten seconds, also with twenty waiting agents, an open page and a running call', async () => {
    const data = folder()
    const far = new FarEnd([{ name: 'pay' }, { name: 'hangs' }]).start()
    far.act = (call) => (call.name === 'hangs' ? hang(call).then(() => ({ content: [] })) : { content: [] })
    await addUser(data)
    const admin = (...args: string[]) => run(['admin', ...args, '--data', data])
    await admin(
      'integration',
      'add',
      'custom',
      '--as',
      'bank',
      '--url',
      far.url,
      '--no-auth',
      '--allow-private-network',
    )
    await admin('policy', 'set', 'bank', 'hangs', 'allow')
    const key = (await admin('key', 'create', 'agent')).stdout.trim()
    const server = await start(data)

    const agent = await connectAgent(server.origin, key)
    const ids = await Promise.all(
      Array.from({ length: 20 }, async (_, n) => requestId(await agent.call('bank', 'pay', { n }))),
    )
    const waits = ids.map((id) => agent.await(id, 120).catch((error: unknown) => error))
    const running = agent.call('bank', 'hangs').catch((error: unknown) => error)
    await until(() => far.calls.some(({ name }) => name === 'hangs'))

    const before = performance.now()
    expect(await server.end('SIGTERM')).toBe(0)
    expect(performance.now() - before).toBeLessThan(10_000)
    await Promise.all([...waits, running])
    await agent.close().catch(() => {})

    // What waited waits on, and what was running has an end that is told honestly.
    const again = await start(data)
    const later = await connectAgent(again.origin, key)
    expect(outcome(await later.await(ids[0] ?? '', 1))).toBe('pending')
    const log = await admin('audit', 'export')
    expect(log.stdout).toContain('"call.unknown"')
    await later.close()
    await far.stop()
  }, 40_000)
})
