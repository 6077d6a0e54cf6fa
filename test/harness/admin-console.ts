import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'bun:test'
import { programBuilt } from './binary.ts'
import { FarEnd } from './far-end.ts'
import { type Program, type Ran, run } from './program.ts'
import { tempDir } from './temp-dir.ts'

/**
 * Operator commands for a test file: the built program, which starts in a quarter of the time and here starts many times,
 * a fresh data directory for each test, and one far end for all of them.
 */
export function adminConsole() {
  let program: Program
  let data: { path: string; remove(): void }
  const far = new FarEnd([{ name: 'pay' }, { name: 'refund' }])
  beforeAll(async () => {
    program = await programBuilt()
    far.start()
  }, 60_000)
  afterAll(() => far.stop())
  beforeEach(() => {
    data = tempDir()
  })
  afterEach(() => data.remove())

  const admin = (args: string[], stdin?: string): Promise<Ran> =>
    run(['admin', ...args, '--data', data.path], { program, ...(stdin === undefined ? {} : { stdin }) })

  /** The command's result for machines. */
  async function json(args: string[], stdin?: string): Promise<unknown> {
    const { code, stdout, stderr } = await admin([...args, '--json'], stdin)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout.trimEnd().split('\n')).toHaveLength(1)
    return JSON.parse(stdout)
  }

  /** Code 1, nothing on stdout, one sentence on stderr. */
  async function refused(args: string[], sentence: string | RegExp, stdin?: string): Promise<void> {
    const { code, stdout, stderr } = await admin(args, stdin)
    expect([code, stdout]).toEqual([1, ''])
    if (typeof sentence === 'string') expect(stderr).toBe(`${sentence}\n`)
    else expect(stderr).toMatch(sentence)
    expect(stderr.trimEnd().split('\n')).toHaveLength(1)
  }

  return {
    far,
    admin,
    json,
    refused,
    get program() {
      return program
    },
    get data() {
      return data
    },
    addUser: (email = 'me@example.org') => json(['user', 'add', email, '--password-stdin'], 'a good long password\n'),
    addBank: () =>
      json(['integration', 'add', 'custom', '--as', 'bank', '--url', far.url, '--no-auth', '--allow-private-network']),
  }
}
