import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { complaints, type Revision, runSuite, type SuiteRun, scoredScenarios } from './official-suite.ts'
import { type Stand, standWithFixtures } from './stands.ts'

/** Run by the suite but not part of its score; we pass them, and mean to go on doing so. */
const BEYOND_THE_SCORE: { [revision in Revision]: string[] } = {
  '2025-11-25': ['server-session-lifecycle', 'json-schema-2020-12'],
  '2026-07-28': ['json-schema-2020-12', 'http-header-validation'],
}

for (const revision of ['2025-11-25', '2026-07-28'] as const) {
  describe(`the official suite for ${revision}, its fixtures behind our /mcp`, () => {
    let stand: Stand
    let run: SuiteRun

    beforeAll(async () => {
      stand = await standWithFixtures()
      run = await runSuite(stand.url, '--requirements', revision)
    }, 60_000)
    afterAll(() => stand.stop())

    for (const scenario of [...scoredScenarios(revision), ...BEYOND_THE_SCORE[revision]]) {
      test(scenario, () => {
        expect(complaints(run.checks(scenario))).toEqual([])
      })
    }

    test('the suite itself says that we conform', () => {
      expect(run.exitCode, run.output).toBe(0)
    })
  })
}
