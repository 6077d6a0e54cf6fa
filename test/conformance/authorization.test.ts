import { afterAll, beforeAll, expect, test } from 'bun:test'
import { type App, startApp } from '../harness/app.ts'
import { freePort } from '../harness/everything.ts'
import { OAuthProgram, waysOut } from '../harness/oauth-program.ts'
import { complaints, runAuthorizationSuite } from './official-suite.ts'

let app: App
beforeAll(async () => {
  app = await startApp()
})
afterAll(() => app.stop())

test('the official authorization scenarios, with a person who says yes', async () => {
  const person = await app.person()
  const port = await freePort()
  const program = new OAuthProgram(app.origin)
  await program.register({ redirect_uris: [`http://127.0.0.1:${port}/callback`] })
  const args = ['--client-id', program.clientId, '--resource', `${app.origin}/mcp`, '--port', String(port)]
  const run = await runAuthorizationSuite(app.origin, args, async (address) => {
    const { searchParams } = new URL(address)
    const form = new URLSearchParams([...searchParams, ['decision', 'allow'], ['reach', 'all']])
    const answered = await person.post('/oauth/authorize', form)
    await fetch(waysOut(await answered.text()).byItself ?? '')
  })
  expect(run.exitCode, run.output).toBe(0)
  for (const scenario of ['authorization-server-metadata-endpoint', 'authorization-code-grant']) {
    expect([scenario, complaints(run.checks(scenario))]).toEqual([scenario, []])
  }
}, 60_000)
