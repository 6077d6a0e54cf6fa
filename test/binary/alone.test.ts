import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { copyFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import manifest from '../../package.json'
import { connectAgent, outcome, requestId, text } from '../harness/agent.ts'
import { builtBinary } from '../harness/binary.ts'
import { fillSignIn, openBrowser, openPage } from '../harness/browser.ts'
import { until } from '../harness/everything.ts'
import { FarEnd } from '../harness/far-end.ts'
import { Person } from '../harness/person.ts'
import { type Program, type RunOptions, run, type Server, serveProgram } from '../harness/program.ts'
import { Script } from '../harness/script.ts'
import { SdkProgram } from '../harness/sdk-program.ts'
import { tempDir } from '../harness/temp-dir.ts'

// The executable alone in a folder, started in another that is laid out to mislead it.

const EMAIL = 'me@example.org'
const PASSWORD = 'a good long password'
const home = tempDir()
const cwd = join(home.path, 'hostile')
const data = join(home.path, 'data')
const far = new FarEnd([{ name: 'pay', description: 'Pays' }])
let options: RunOptions & { program: Program }
let server: Server
let browser: Browser

beforeAll(async () => {
  const program = [join(home.path, 'bin', 'agentport')]
  mkdirSync(join(home.path, 'bin'))
  copyFileSync(await builtBinary(), program[0] ?? '')
  mkdirSync(cwd)
  writeFileSync(
    join(cwd, '.env'),
    'AGENTPORT_PORT=1\nAGENTPORT_HOST=0.0.0.0\nAGENTPORT_DATA=/nowhere\nAGENTPORT_MASTER_KEY=x\n',
  )
  writeFileSync(join(cwd, '.env.production'), 'AGENTPORT_HOST=0.0.0.0\n')
  writeFileSync(join(cwd, 'bunfig.toml'), 'preload = ["./preload.ts"]\n')
  writeFileSync(join(cwd, 'preload.ts'), "console.log('preloaded'); process.exit(9)\n")
  writeFileSync(join(cwd, 'tsconfig.json'), '{ "compilerOptions": { "jsxImportSource": "evil" } }')
  writeFileSync(join(cwd, 'package.json'), '{ "name": "agentport", "version": "9.9.9", "main": "./preload.ts" }')
  options = { program, cwd }
  far.start()
  server = await serveProgram(['--data', data, '--port', '0'], options)
  browser = await openBrowser()
}, 90_000)
afterAll(async () => {
  await browser.close()
  expect(await server.end()).toBe(0)
  await far.stop()
  home.remove()
})

const admin = async (...args: string[]) => {
  const ran = await run(['admin', ...args, '--data', data], options)
  expect([ran.code, ran.stderr]).toEqual([0, ''])
  return ran.stdout.trim()
}

test('says its version, wherever it is started', async () => {
  expect((await run(['version'], options)).stdout).toBe(`${manifest.version}\n`)
  expect((await (await fetch(`${server.origin}/health`)).json()) as unknown).toEqual({
    status: 'ok',
    version: manifest.version,
  })
})

test('obeys no file that lies in the folder it is started from, and leaves nothing there', () => {
  expect(server.stdout()).not.toContain('preloaded')
  expect(new URL(server.origin).port).not.toBe('1')
  expect(readdirSync(cwd).toSorted()).toEqual([
    '.env',
    '.env.production',
    'bunfig.toml',
    'package.json',
    'preload.ts',
    'tsconfig.json',
  ])
})

test('carries its migrations: the database was made from nothing', () => {
  expect(readdirSync(data)).toContain('agentport.db')
  expect(server.stderr()).toBe('')
})

describe('from setup to a result', () => {
  let key: string

  test('the setup link makes the account over HTTP', async () => {
    await until(() => server.stdout().includes('/setup?token='))
    const token = /token=(\S+)/.exec(server.stdout())?.[1] ?? ''
    const form = { token, email: EMAIL, password: PASSWORD, password_again: PASSWORD }
    expect((await new Person(server.origin, '', '').post('/setup', form)).status).toBe(303)
  })

  test('operator commands work beside the running server', async () => {
    expect(
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
      ),
    ).toStartWith('Added bank: 1 tools found.')
    key = await admin('key', 'create', 'agent')
    expect(key).toMatch(/^ap_[A-Za-z0-9_-]{43}$/)
    expect(await admin('audit', 'verify')).toStartWith('The log holds:')
  })

  test.each(['v1', 'v2-2025', 'v2-2026'] as const)(
    'a %s client lists, asks, is approved and gets its result',
    async (generation) => {
      const agent = await connectAgent(server.origin, key, generation)
      expect((await agent.listTools()).map(({ name }) => name)).toContain('agentport__call_tool')
      const asked = await agent.call('bank', 'pay', { generation })
      expect(outcome(asked)).toBe('approval_required')
      const waiting = agent.await(requestId(asked))
      const person = await new Person(server.origin, EMAIL, PASSWORD).signIn()
      expect((await person.decide(requestId(asked), 'once')).status).toBe(303)
      const result = await waiting
      expect([outcome(result), text(result)]).toEqual(['executed', 'done'])
      expect(far.calls.at(-1)?.arguments).toEqual({ generation })
      await agent.close()
    },
  )

  test('a script that knows only /api/openapi.json gets from the description to an approved result', async () => {
    const description = await (await fetch(`${server.origin}/api/openapi.json`)).json()
    expect(Object.keys((description as { paths: object }).paths)).toContain('/api/tools/{integration_id}/call')
    const script = Script.withKey(server.origin, key)
    const asked = await script.call('bank', 'pay', { by: 'script' })
    expect(asked).toMatchObject({ status: 403, body: { error: 'approval_required' } })
    const waiting = script.await(asked.body.approval_request_id)
    const person = await new Person(server.origin, EMAIL, PASSWORD).signIn()
    await person.decide(asked.body.approval_request_id, 'once')
    expect((await waiting).body.status).toBe('approved')
    const { status, body } = await script.call('bank', 'pay', { by: 'script' })
    expect([status, body]).toEqual([200, { content: [{ type: 'text', text: 'done' }], isError: false }])
    expect((await fetch(`${server.origin}/api/docs`)).status).toBe(200)
  })

  test('a client that knows only <origin>/mcp gets from 401 to a result through the browser', async () => {
    const program = new SdkProgram(`${server.origin}/mcp`, 'v2-2026')
    const { page, context, watch } = await openPage(browser)
    await page.goto(await program.pageToOpen())
    await fillSignIn(page, EMAIL, PASSWORD)
    await page.getByRole('button', { name: 'Allow', exact: true }).click()
    const agent = await program.finish(await program.answer())
    await page.getByRole('heading', { name: 'Back at the program' }).waitFor()
    const asked = await agent.call('bank', 'pay', { by: 'OAuth' })
    expect(outcome(asked)).toBe('approval_required')
    const waiting = agent.await(requestId(asked))
    await page.goto(`${server.origin}/approve/${requestId(asked)}`)
    await page.getByRole('button', { name: 'Approve once', exact: true }).click()
    const result = await waiting
    expect([outcome(result), text(result)]).toEqual(['executed', 'done'])
    expect(far.calls.at(-1)?.arguments).toEqual({ by: 'OAuth' })
    expect(watch).toEqual({ errors: [], origins: [server.origin, new URL(program.redirectUri).origin] })
    await agent.close()
    await context.close()
    await program.stop()
  })

  test('what certainly did not run is told as failed, as it is from source', async () => {
    const agent = await connectAgent(server.origin, key)
    await admin('policy', 'set', 'bank', 'pay', 'allow')
    const { port } = far
    await far.stop()
    expect(outcome(await agent.call('bank', 'pay', { down: true }))).toBe('failed')
    far.start(port)
    expect(outcome(await agent.call('bank', 'pay', { up: true }))).toBe('executed')
    await agent.close()
  })

  test('a server that is not to be reached is refused in the same words as from source', async () => {
    const args = [
      'admin',
      'integration',
      'add',
      'custom',
      '--as',
      'x',
      '--url',
      'http://127.0.0.1:1/mcp',
      '--no-auth',
      '--data',
      data,
    ]
    const built = await run(args, options)
    expect(built).toEqual(await run(args))
    expect(built.stderr).toBe('127.0.0.1:1 is not a public address, and nobody has allowed it.\n')
  })
})

test('its pages come with their style and script, work in a browser, and miss nothing', async () => {
  const { page, watch } = await openPage(browser)
  const failed: string[] = []
  page.on('response', (answer) => void (answer.status() >= 400 && failed.push(answer.url())))
  await page.goto(server.origin)
  await fillSignIn(page, EMAIL, PASSWORD)
  await page.getByRole('heading', { name: 'Waiting for you' }).waitFor()
  for (const path of ['/connections/bank', '/agents', '/connect', '/settings']) await page.goto(server.origin + path)
  const styled = await page.evaluate('[...document.styleSheets].map((sheet) => sheet.cssRules.length > 0)')
  expect(styled).toEqual(expect.arrayContaining([true]))
  expect(styled).not.toContain(false)
  expect(await page.evaluate('typeof htmx')).toBe('object')
  // The script ran: a form carries the secret, and acts with one click.
  await page.getByLabel('Minutes a request waits for you').fill('33')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.waitForURL(`${server.origin}/settings?done=times`)
  await until(async () => (await page.getByLabel('Minutes a request waits for you').inputValue()) === '33')
  expect(failed).toEqual([])
  expect(watch).toEqual({ errors: [], origins: [server.origin] })
})

test('its pictures are in it, and are what they are in the sources', async () => {
  const manifest = await fetch(`${server.origin}/manifest.webmanifest`)
  const { icons } = (await manifest.json()) as { icons: { src: string }[] }
  for (const { src } of icons) {
    const { pathname } = new URL(src, server.origin)
    const drawn = new URL(`../../views${pathname}`, import.meta.url)
    expect(await (await fetch(server.origin + src)).bytes()).toEqual(await Bun.file(drawn).bytes())
  }
})

test('an unknown page tells nothing of how it was built', async () => {
  const answer = await fetch(`${server.origin}/nowhere`)
  expect(answer.status).toBe(404)
  expect(await answer.text()).not.toMatch(/bunfs|node_modules|\.tsx?\b/)
})
