import { readdirSync, readFileSync } from 'node:fs'
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
const PROGRAM = join(PACKAGE, 'dist/index.js')
const RUN_LIMIT_MS = 150_000

/** The scenarios that conforming to a revision takes, as the suite itself lists them. */
export function scoredScenarios(revision: Revision, half: 'server' | 'client' = 'server'): string[] {
  const set = Bun.YAML.parse(readFileSync(join(PACKAGE, 'requirements', `${revision}.yaml`), 'utf8'))
  const scenarios = (set as { server?: string[]; client?: string[] })[half]
  if (!scenarios?.length) throw new Error(`The suite requires nothing of a ${half} for ${revision}?`)
  return scenarios
}

/** Every scenario that it has for an authorization server: MCP leaves those out of what it requires. */
export function authorizationScenarios(): string[] {
  const { stdout } = Bun.spawnSync([process.execPath, PROGRAM, 'list', '--authorization'])
  const scenarios = [...stdout.toString().matchAll(/^ +- (\S+)/gm)].map(([, name]) => name ?? '')
  if (scenarios.length === 0) throw new Error('The suite has nothing for an authorization server?')
  return scenarios
}

/** The check ids that a file in the suite's own format expects to fail in a scenario. */
export function expectedFailures(file: string, scenario: string): Set<string> {
  const { server } = Bun.YAML.parse(readFileSync(file, 'utf8')) as { server: string[] }
  const pairs = server.map((entry) => entry.split(':'))
  return new Set(pairs.flatMap(([name, check]) => (name === scenario && check ? [check] : [])))
}

/** The official suite's server half, as a process of its own against `url`. */
export const runSuite = (url: string, ...args: string[]): Promise<SuiteRun> =>
  runHalf('server', ['--url', url, ...args])

/**
 * Its half for authorization servers. A person has to answer in the middle of it.
 * @param consent opens the page that the suite asks for, and lets it in.
 */
export const runAuthorizationSuite = (
  issuer: string,
  args: string[],
  consent: (pageUrl: string) => Promise<void>,
): Promise<SuiteRun> =>
  runHalf('authorization', ['--url', issuer, ...args], async (line) => {
    if (line.startsWith(`${issuer}/`)) await consent(line)
  })

/** Its client half: servers of the suite's own, to each of which it starts `program`, a file of ours, with the URL as its argument. */
export const runClientSuite = (program: string, ...args: string[]): Promise<SuiteRun> =>
  runHalf('client', ['--command', `${process.execPath} ${program}`, ...args])

async function runHalf(
  half: 'server' | 'authorization' | 'client',
  args: string[],
  onLine: (line: string) => Promise<void> = async () => {},
): Promise<SuiteRun> {
  const results = tempDir()
  const command = [process.execPath, PROGRAM, half, '--output-dir', results.path, ...args]
  const child = Bun.spawn(command, {
    // Nothing else: a proxy of the surroundings would divert even loopback calls.
    env: { PATH: process.env.PATH ?? '' },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: RUN_LIMIT_MS,
  })
  try {
    const [stdout, stderr] = await Promise.all([readLines(child.stdout, onLine), new Response(child.stderr).text()])
    const exitCode = await child.exited
    const checks = new Map<string, Check[]>()
    // A scenario that broke off leaves no checks; that it proved nothing is then said of it.
    for (const file of readdirSync(results.path, { recursive: true, encoding: 'utf8' })) {
      const scenario = /^(?:(?:authorization-)?server-)?(.+)-\d{4}-\d\d-\d\dT[\d-]+Z\/checks\.json$/.exec(file)?.[1]
      if (scenario !== undefined) checks.set(scenario, JSON.parse(readFileSync(join(results.path, file), 'utf8')))
    }
    return { exitCode, output: stdout + stderr, checks: (scenario) => checks.get(scenario) ?? [] }
  } finally {
    child.kill()
    results.remove()
  }
}

/** All of it, once each line has been acted on as it came. */
async function readLines(stream: ReadableStream<Uint8Array>, onLine: (line: string) => Promise<void>): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  let begun = 0
  for await (const chunk of stream) {
    text += decoder.decode(chunk, { stream: true })
    for (let end = text.indexOf('\n', begun); end >= 0; end = text.indexOf('\n', begun)) {
      const line = text.slice(begun, end)
      begun = end + 1
      await onLine(line)
    }
  }
  return text
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
