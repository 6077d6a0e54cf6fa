import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'bun:test'
import { join } from 'node:path'
import { type App, startApp } from './app.ts'
import { programBuilt } from './binary.ts'
import { FarEnd, type FarTool } from './far-end.ts'
import type { Person } from './person.ts'
import { type Program, type Ran, type RunOptions, run } from './program.ts'
import { tempDir } from './temp-dir.ts'
import { type OnTerminal, runOnTerminal } from './terminal.ts'

const ACCOUNT: FarTool[] = [
  {
    name: 'pay',
    title: 'Pay somebody',
    description: 'Pays.\nAt once.',
    inputSchema: {
      type: 'object',
      properties: { to: { type: 'string', description: 'Who gets it' }, amount: { type: 'number' } },
      required: ['to'],
    },
  },
  { name: 'look', description: 'Looks' },
]

export type ConsoleOptions = Omit<RunOptions, 'program'> & { columns?: number }

/**
 * Agent commands for a test file: the built program against a real server in this process, with a far end called `bank` whose tool
 * `look` is allowed and whose tool `pay` asks. Each test has a home folder of its own.
 */
export function agentConsole(tools = ACCOUNT) {
  let program: Program
  let app: App
  let person: Person
  let key: string
  let home: { path: string; remove(): void }
  const far = new FarEnd(tools)
  beforeAll(async () => {
    program = await programBuilt()
    far.start()
    app = await startApp()
    await app.install('bank', far.url)
    await app.setPolicy('bank', 'look', 'allow')
    person = await app.person()
  }, 60_000)
  afterAll(async () => {
    await app.stop()
    await far.stop()
  })
  beforeEach(async () => {
    home = tempDir()
    // A key of its own, so that requests of one test are no other's.
    key = (await app.newKey()).key
  })
  afterEach(() => home.remove())

  const signedIn = (env: Record<string, string> = {}) => ({
    HOME: home.path,
    AGENTPORT_API_KEY: key,
    AGENTPORT_INSTANCE_URL: app.origin,
    ...env,
  })
  const agent = (args: string[], options: ConsoleOptions = {}): Promise<Ran> =>
    run(args, { ...options, program, env: signedIn(options.env) })

  /** Code 0, nothing on stderr, and the result for machines. */
  async function json(args: string[], options: ConsoleOptions = {}): Promise<unknown> {
    const { code, stdout, stderr } = await agent([...args, '-o', 'json'], options)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    return JSON.parse(stdout)
  }

  /** Code 1, nothing on stdout, one sentence on stderr. */
  async function refused(args: string[], sentence: string | RegExp, options: ConsoleOptions = {}): Promise<void> {
    const { code, stdout, stderr } = await agent(args, options)
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr.trimEnd().split('\n')).toHaveLength(1)
    if (typeof sentence === 'string') expect(stderr).toBe(`${sentence}\n`)
    else expect(stderr).toMatch(sentence)
  }

  return {
    far,
    agent,
    json,
    refused,
    /** Of the tool that asks. */
    pay: (to: string, more: string[] = []) => [...CALL, 'pay', '--args', JSON.stringify({ to }), ...more],
    look: (more: string[] = []) => [...CALL, 'look', ...more],
    terminal: (args: string[], options: ConsoleOptions = {}): OnTerminal =>
      runOnTerminal(args, { ...options, program, env: signedIn(options.env) }),
    /** Without key and address in the environment. */
    bare: (args: string[], { env, ...options }: ConsoleOptions = {}): Promise<Ran> =>
      run(args, { ...options, program, env: { HOME: home.path, ...env } }),
    settingsFile: () => join(home.path, '.config/agentport/config.json'),
    get program() {
      return program
    },
    get app() {
      return app
    },
    get person() {
      return person
    },
    get key() {
      return key
    },
    get home() {
      return home.path
    },
  }
}

const CALL = ['tools', 'call', '--integration', 'bank', '--tool']

/** The request that a command's words on stderr lead to. */
export function requestIn(text: string): string {
  const id = /\/approve\/([a-z0-9]+)/.exec(text)?.[1]
  if (id === undefined) throw new Error(`No link in: ${text}`)
  return id
}
