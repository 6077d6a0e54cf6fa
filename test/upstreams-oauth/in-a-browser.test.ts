import { afterAll, afterEach, beforeAll, expect, test } from 'bun:test'
import { request as sendHttp } from 'node:http'
import type { Browser, Page } from 'playwright-core'
import { type Agent, outcome, text } from '../harness/agent.ts'
import { type App, PASSWORD, startApp } from '../harness/app.ts'
import { openBrowser, overflows, shown, signedIn } from '../harness/browser.ts'
import { GuardedEnd } from './guarded-end.ts'
import { SignInServer } from './sign-in-server.ts'

const server = new SignInServer()
const end = new GuardedEnd(server, [{ name: 'run', description: 'Runs' }])
let browser: Browser
let app: App
let agent: Agent
let open: Awaited<ReturnType<typeof signedIn>>

beforeAll(async () => {
  await server.start()
  end.start()
  // A service with both behind one address, which is all that the page opens in a person's own network.
  end.front = server.issuer
  server.instead = (request, response) => {
    const { url: path = '', method, headers } = request
    // Of the service's own pages; not ours to answer for.
    if (path === '/favicon.ico') return Boolean(response.writeHead(204).end())
    if (!/^\/(mcp$|\.well-known\/oauth-protected-resource\/)/.test(path)) return false
    const forwarded = sendHttp({ host: '127.0.0.1', port: end.far.port, path, method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    request.pipe(forwarded)
    return true
  }
  browser = await openBrowser()
  app = await startApp()
  agent = await app.agent()
  open = await signedIn(browser, app)
})
afterEach(async () => {
  server.visit = 'is asked'
  for (const context of browser.contexts()) await context.close()
})
afterAll(async () => {
  await agent.close()
  await browser.close()
  await app.stop()
  await end.stop()
  await server.stop()
})

async function fillIn(page: Page, slug: string): Promise<void> {
  await page.goto(`${app.origin}/catalogue/custom`)
  await page.getByLabel('Address').fill(end.url)
  await page.getByLabel('Name').fill(slug)
  await page.getByLabel('Id', { exact: true }).fill(slug)
  await page.getByLabel('Sign in at the service').check()
  await page.getByRole('main').getByText('More', { exact: true }).click()
  await page.getByLabel('It is on this machine or a private network.').check()
}

test('a person installs a service on the page, signs in there, and an agent calls its tool through /mcp', async () => {
  server.visit = 'is asked'
  const { page, watch } = await open()
  await fillIn(page, 'crm')
  await page.getByRole('button', { name: 'Continue', exact: true }).click()
  await page.waitForURL(`${app.origin}/connections/crm/connect`)
  expect(await shown(page.getByRole('main'))).toContain('You sign in at the service itself, and come back here.')
  expect(text(await agent.call('crm', 'run'))).toContain('its owner has to sign in')

  // A form may not be answered by a redirect to elsewhere: a page of ours leads on, by itself.
  await page.getByRole('button', { name: 'Continue', exact: true }).click()
  await page.getByRole('button', { name: 'Let AgentPort in' }).click()
  // Cross-site, and the session cookie comes along all the same.
  await page.waitForURL(`${app.origin}/connections/crm`)
  expect(await page.locator('.tool').count()).toBe(1)
  expect(await shown(page.getByRole('main'))).toContain('your account there')
  await page.getByRole('button', { name: 'Allow', exact: true }).click()
  await page.getByRole('button', { name: 'Allow', exact: true, pressed: true }).waitFor()

  expect(outcome(await agent.call('crm', 'run', { n: 1 }))).toBe('executed')
  expect(end.accounts).toEqual(['ada'])
  expect(watch.errors).toEqual([])
  expect(watch.origins).toEqual([app.origin, server.issuer])
})

test('and signs in again from its page, after the service has ended the first', async () => {
  const { page } = await open()
  const connection = await app.rooms.upstreams.find(app.userId, 'crm')
  app.rooms.store.transaction((tx) => {
    tx.db.run(`UPDATE connections SET oauth_status = 'sign_in_needed' WHERE id = '${connection?.id}'`)
  })
  await page.goto(`${app.origin}/connections`)
  await page.getByText('Needs sign-in').waitFor()
  await page.getByRole('link', { name: 'crm' }).click()
  await page.getByRole('link', { name: 'Sign in again' }).waitFor()
  // The home page says so too, and leads to where it is mended.
  await page.goto(app.origin)
  await page.getByRole('region', { name: 'Needs your care' }).getByRole('link', { name: 'crm' }).click()
  await page.getByRole('button', { name: 'Continue', exact: true }).click()
  await page.getByRole('button', { name: 'Let AgentPort in' }).click()
  await page.waitForURL(`${app.origin}/connections/crm`)
  expect(outcome(await agent.call('crm', 'run', { n: 2 }))).toBe('executed')
})

test('who cancels at the service reads that nothing has changed, beside the button to begin again', async () => {
  server.visit = 'cancels'
  const { page } = await open()
  await page.goto(`${app.origin}/connections/crm/connect`)
  await page.getByRole('button', { name: 'Continue', exact: true }).click()
  await page.getByRole('alert').waitFor()
  expect(await shown(page.getByRole('alert'))).toBe('The sign-in was cancelled at the service. Nothing has changed.')
  await page.getByRole('button', { name: 'Continue', exact: true }).waitFor()
  await page.reload()
  expect(await shown(page.getByRole('main'))).toContain('No sign-in waits for this answer')
  expect(outcome(await agent.call('crm', 'run', { n: 3 }))).toBe('executed')
})

test('it works without JavaScript, with the password where the browser can show no other proof', async () => {
  const { page } = await open({ javaScriptEnabled: false })
  await fillIn(page, 'plain')
  await page.getByLabel('Password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Continue', exact: true }).click()
  await page.waitForURL(`${app.origin}/connections/plain/connect`)
  await page.getByLabel('Password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Continue', exact: true }).click()
  await page.getByRole('button', { name: 'Let AgentPort in' }).click()
  await page.waitForURL(`${app.origin}/connections/plain`)
  expect((await app.rooms.upstreams.find(app.userId, 'plain'))?.connected).toBe(true)
})

test.each([1280, 390])('at %d px the pages of a sign-in keep their width', async (width) => {
  const { page } = await open({ viewport: { width, height: 844 } })
  for (const path of ['/connections', '/catalogue/sentry', '/connections/crm/connect', '/connections/crm']) {
    await page.goto(app.origin + path)
    await page.evaluate("for (const part of document.querySelectorAll('details')) part.open = true")
    expect([path, await overflows(page)]).toEqual([path, false])
  }
})
