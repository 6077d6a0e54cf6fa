import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { tempDir } from '../harness/temp-dir.ts'

export type Revision = '2025-11-25' | '2026-07-28'

/** One thing that the suite looked at. */
interface Check {
  id: string
  status: 'SUCCESS' | 'FAILURE' | 'WARNING' | 'SKIPPED' | 'INFO'
  errorMessage?: string
}

export interface SuiteRun {
  exitCode: number
  /** What the suite printed. */
  output: string
  checks(scenario: string): Check[]
}

const PACKAGE = join(import.meta.dir, '../../node_modules/@modelcontextprotocol/conformance')
const RUN_LIMIT_MS = 60_000

/** The server scenarios that conforming to a revision takes, as the suite itself lists them. */
export function scoredScenarios(revision: Revision): string[] {
  const set = Bun.YAML.parse(readFileSync(join(PACKAGE, 'requirements', `${revision}.yaml`), 'utf8'))
  const { server } = set as { server?: string[] }
  if (!server?.length) throw new Error(`The suite requires nothing of a server for ${revision}?`)
  return server
}

/** The check ids that a file in the suite's own format expects to fail in a scenario. */
export function expectedFailures(file: string, scenario: string): Set<string> {
  const { server } = Bun.YAML.parse(readFileSync(file, 'utf8')) as { server: string[] }
  const pairs = server.map((entry) => entry.split(':'))
  return new Set(pairs.flatMap(([name, check]) => (name === scenario && check ? [check] : [])))
}

/** The official suite's server half, as a process of its own against `url`. */
export const runSuite = (url: string, ...args: string[]): Promise<SuiteRun> =>
  run('server', ['server', '--url', url, ...args])

/** Its authorization half. `open` is what a person does with the address that it asks them to open. */
export function runAuthorizationSuite(
  url: string,
  args: string[],
  open: (address: string) => Promise<unknown>,
): Promise<SuiteRun> {
  let isOpen = false
  return run('authorization-server', ['authorization', '--url', url, ...args], (output) => {
    const address = new RegExp(`^${url}/\\S+\\n`, 'm').exec(output)?.[0]
    if (!address || isOpen) return
    isOpen = true
    void open(address.trim())
  })
}

async function run(half: string, words: string[], onOutput: (output: string) => void = () => {}): Promise<SuiteRun> {
  const results = tempDir()
  try {
    const program = join(PACKAGE, 'dist/index.js')
    const child = Bun.spawn([process.execPath, program, ...words, '--output-dir', results.path], {
      // Nothing else: a proxy of the surroundings would divert even loopback calls.
      env: { PATH: process.env.PATH ?? '' },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: RUN_LIMIT_MS,
    })
    const stderr = new Response(child.stderr).text()
    let output = ''
    const decoder = new TextDecoder()
    for await (const chunk of child.stdout) {
      output += decoder.decode(chunk, { stream: true })
      onOutput(output)
    }
    const exitCode = await child.exited
    const checks = new Map<string, Check[]>()
    for (const folder of readdirSync(results.path)) {
      const scenario = new RegExp(`^${half}-(.+)-\\d{4}-\\d\\d-\\d\\dT[\\d-]+Z$`).exec(folder)?.[1]
      const file = join(results.path, folder, 'checks.json')
      // A scenario that broke off leaves no checks; that it proved nothing is then said of it.
      if (scenario !== undefined && existsSync(file)) checks.set(scenario, JSON.parse(readFileSync(file, 'utf8')))
    }
    return { exitCode, output: output + (await stderr), checks: (scenario) => checks.get(scenario) ?? [] }
  } finally {
    results.remove()
  }
}

/**
 * What speaks against a scenario, `expected` check ids aside.
 * Stricter than the suite's score: a SHOULD that is not kept counts, and so does finding nothing to look at.
 */
export function complaints(checks: Check[], expected: ReadonlySet<string> = new Set()): string[] {
  const found = checks
    .filter(({ id, status }) => (status === 'FAILURE' || status === 'WARNING') && !expected.has(id))
    .map(({ id, status, errorMessage }) => `${status} ${id}: ${errorMessage ?? 'no reason given'}`)
  const proven = checks.some(({ id, status }) => status === 'SUCCESS' && !id.startsWith('wire-schema'))
  return proven ? found : [...found, 'Nothing was proven: no check of the scenario succeeded']
}
