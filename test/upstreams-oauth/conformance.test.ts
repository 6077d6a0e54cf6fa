import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import {
  complaints,
  type Revision,
  runClientSuite,
  type SuiteRun,
  scoredScenarios,
} from '../conformance/official-suite.ts'
import { tempDir } from '../harness/temp-dir.ts'

/** In one file: the suite starts one for each scenario, all at once. */
const bundle = tempDir()
const PROGRAM = join(bundle.path, 'conformance-client.js')
const EXPECTED = join(import.meta.dir, 'expected-failures.yml')
/** All checks of a scenario, or a single one of them; why stands in the file that the suite reads. */
const EXPECTED_SCENARIOS = ['elicitation-sep1034-client-defaults', 'sep-2322-client-request-state']
const EXPECTED_CHECKS = new Set(['cimd-client-id-used'])

beforeAll(async () => {
  const entrypoints = [join(import.meta.dir, 'conformance-client.ts')]
  const built = await Bun.build({ entrypoints, outdir: bundle.path, target: 'bun' })
  if (!built.success) throw new Error(built.logs.join('\n'))
})
afterAll(() => bundle.remove())

const run = (...args: string[]): Promise<SuiteRun> =>
  runClientSuite(PROGRAM, '--expected-failures', EXPECTED, '--timeout', '90000', ...args)

function proves(suite: SuiteRun, scenarios: readonly string[]): void {
  for (const scenario of scenarios.filter((each) => !EXPECTED_SCENARIOS.includes(each)))
    expect([scenario, complaints(suite.checks(scenario), EXPECTED_CHECKS)]).toEqual([scenario, []])
}

describe('the official client suite against our upstream client', () => {
  const revisions: Revision[] = ['2025-11-25', '2026-07-28']
  test.each(revisions)(
    'all that %s requires',
    async (revision) => {
      const suite = await run('--requirements', revision)
      expect(suite.exitCode, suite.output).toBe(0)
      proves(suite, scoredScenarios(revision, 'client'))
    },
    90_000,
  )

  test('its suite on authorization', async () => {
    const suite = await run('--suite', 'auth')
    expect(suite.exitCode, suite.output).toBe(0)
    proves(
      suite,
      scoredScenarios('2025-11-25', 'client').filter((scenario) => scenario.startsWith('auth/')),
    )
  }, 180_000)

  const old = ['auth/2025-03-26-oauth-metadata-backcompat', 'auth/2025-03-26-oauth-endpoint-fallback']
  test.each(old)(
    'a server of the revision before resource metadata: %s',
    async (scenario) => {
      const suite = await runClientSuite(PROGRAM, '--scenario', scenario)
      expect(suite.exitCode, suite.output).toBe(0)
      proves(suite, [scenario])
    },
    30_000,
  )
})
