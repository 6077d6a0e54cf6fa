import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { Browser } from 'playwright-core'
import { EMAIL, PASSWORD } from '../harness/app.ts'
import { programBuilt } from '../harness/binary.ts'
import { fillSignIn, openBrowser, openPage } from '../harness/browser.ts'
import { freePort } from '../harness/everything.ts'
import { OAuthProgram } from '../harness/oauth-program.ts'
import { type Program, run, type Server, serveProgram } from '../harness/program.ts'
import { tempDir } from '../harness/temp-dir.ts'
import { authorizationScenarios, complaints, runAuthorizationSuite, type SuiteRun } from './official-suite.ts'

// The official suite's scenarios for authorization servers, against the executable as it ships and with a person at a browser.

const data = tempDir()
let server: Server
let browser: Browser
let suite: SuiteRun

beforeAll(async () => {
  const program: Program = await programBuilt()
  const added = await run(['admin', 'user', 'add', EMAIL, '--password-stdin', '--data', data.path], {
    program,
    stdin: PASSWORD,
  })
  expect(added.code).toBe(0)
  server = await serveProgram(['--data', data.path, '--port', '0'], { program })
  browser = await openBrowser()
  const port = await freePort()
  const client = new OAuthProgram(server.origin)
  await client.register({ redirect_uris: [`http://127.0.0.1:${port}/callback`] })
  const args = ['--client-id', client.clientId, '--resource', `${server.origin}/mcp`, '--port', String(port)]
  suite = await runAuthorizationSuite(server.origin, args, async (pageUrl) => {
    const { page } = await openPage(browser)
    await page.goto(pageUrl)
    await fillSignIn(page)
    await page.getByRole('button', { name: 'Allow', exact: true }).click()
    await page.getByText('OK. You can close this page.').waitFor()
  })
}, 90_000)
afterAll(async () => {
  await browser.close()
  await server.end()
  data.remove()
})

test.each(authorizationScenarios())('%s', (scenario) => {
  expect(complaints(suite.checks(scenario))).toEqual([])
})

test('the suite itself says that we conform', () => {
  expect(suite.exitCode, suite.output).toBe(0)
})
