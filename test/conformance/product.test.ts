import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { complaints, expectedFailures, type Revision, runSuite } from './official-suite.ts'
import { type Stand, standOfBinary } from './stands.ts'

/**
 * The scenarios that need no fixtures, or where only some checks do: those are named in expected-failures.yml.
 * input-required-result-ignore-extra-params is left out: it calls a fixture, and would prove nothing here.
 */
const SCENARIOS: { [revision in Revision]: string[] } = {
  '2025-11-25': [
    'server-initialize',
    'ping',
    'tools-list',
    'server-sse-multiple-streams',
    'server-session-lifecycle',
    'dns-rebinding-protection',
  ],
  '2026-07-28': [
    'server-stateless',
    'tools-list',
    'server-sse-multiple-streams',
    'http-header-validation',
    'input-required-result-unsupported-methods',
    'dns-rebinding-protection',
  ],
}

/** Of an extension that we offer; the suite counts them to no revision, and runs them when it is told to. */
const SKILLS = ['sep-2640-skills-enumeration', 'sep-2640-skills-manifest', 'sep-2640-skills-directory']

const EXPECTED_FAILURES = join(import.meta.dir, 'expected-failures.yml')

describe('the official suite against dist/agentport', () => {
  let stand: Stand
  beforeAll(async () => {
    stand = await standOfBinary()
  }, 30_000)
  afterAll(() => stand?.stop())

  for (const revision of ['2025-11-25', '2026-07-28'] as const) {
    for (const scenario of SCENARIOS[revision]) {
      test(`${revision} ${scenario}`, async () => {
        const args = ['--spec-version', revision, '--scenario', scenario, '--expected-failures', EXPECTED_FAILURES]
        const run = await runSuite(stand.url, ...args)
        expect(run.exitCode, run.output).toBe(0)
        expect(complaints(run.checks(scenario), expectedFailures(EXPECTED_FAILURES, scenario))).toEqual([])
      }, 30_000)
    }
  }

  for (const scenario of SKILLS) {
    test(scenario, async () => {
      const args = ['--spec-version', '2026-07-28', '--scenario', scenario, '--force']
      const run = await runSuite(stand.url, ...args, '--expected-failures', EXPECTED_FAILURES)
      expect(run.exitCode, run.output).toBe(0)
      expect(complaints(run.checks(scenario), expectedFailures(EXPECTED_FAILURES, scenario))).toEqual([])
    }, 30_000)
  }
})
