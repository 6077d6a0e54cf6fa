import { afterAll, afterEach, beforeAll, expect, test } from 'bun:test'
import type { Browser, Page } from 'playwright-core'
import { createOutbound } from '../../src/lib/outbound.ts'
import { type Agent, outcome, text } from '../harness/agent.ts'
import { type App, startApp } from '../harness/app.ts'
import { openBrowser, shown, signedIn } from '../harness/browser.ts'
import { FarEnd } from '../harness/far-end.ts'

let browser: Browser
let app: App
let open: Awaited<ReturnType<typeof signedIn>>
let agent: Agent
const far = new FarEnd([{ name: 'search' }])
const outbound = createOutbound()
/** Where the app wanted to go; every public address is played by the one server. */
const asked: string[] = []

beforeAll(async () => {
  far.start()
  browser = await openBrowser()
  app = await startApp({
    outbound(url, init, limits) {
      asked.push(String(url))
      const isPublic = new URL(url).protocol === 'https:'
      return outbound(
        isPublic ? far.url : url,
        init,
        isPublic ? { ...limits, allowedPrivate: new URL(far.url).host } : limits,
      )
    },
  })
  open = await signedIn(browser, app)
  agent = await app.agent()
})
afterEach(async () => {
  far.refuse = null
  for (const context of browser.contexts()) await context.close()
})
afterAll(async () => {
  await agent.close()
  await browser.close()
  await app.stop()
  await far.stop()
})

async function at(path: string): Promise<Page> {
  const { page } = await open()
  await page.goto(app.origin + path)
  return page
}

const names = (page: Page) => page.locator('.rows .row-title').allInnerTexts()

test('all 133 are there; a search as one types and a category narrow them, and stay in the address', async () => {
  const page = await at('/connections')
  await page.getByRole('link', { name: 'Add a connection' }).click()
  expect(await names(page)).toHaveLength(133)
  await page.getByLabel('Search').fill('git')
  await page
    .getByRole('link', { name: 'All', exact: false })
    .and(page.locator('[href="/catalogue?query=git"]'))
    .waitFor()
  const found = await names(page)
  expect(found).toContain('GitHub')
  expect(found.length).toBeLessThan(20)
  await page.getByRole('link', { name: 'Developer tools' }).click()
  expect(new URL(page.url()).search).toBe('?query=git&category=Developer+tools')
  expect(found).toEqual(expect.arrayContaining(await names(page)))
  await page.goto(`${app.origin}/catalogue?query=nothing+is+like+this`)
  expect(await shown(page.locator('main'))).toContain('Nothing here is like that.')
})

test('an open service is added in two clicks, and its tools can be asked for', async () => {
  const page = await at('/catalogue/astro_docs')
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.waitForURL(`${app.origin}/connections/astro_docs`)
  expect(asked).toContain('https://mcp.docs.astro.build/mcp')
  expect(await page.locator('.tool').count()).toBe(1)
  expect(outcome(await agent.call('astro_docs', 'search'))).toBe('approval_required')
})

test('a second account gets an id and a name of its own, which agents see', async () => {
  const page = await at('/catalogue/exa')
  await page.getByLabel('Without signing in').check()
  await page.getByLabel('Name').fill('Exa at work')
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.waitForURL(`${app.origin}/connections/exa`)
  await page.goto(`${app.origin}/catalogue/exa`)
  expect(await shown(page.getByRole('region', { name: 'Added already' }))).toContain('Exa at work')
  expect(await page.getByLabel('Id').inputValue()).toBe('exa-2')
  await page.getByLabel('Without signing in').check()
  await page.getByLabel('Name').fill('Exa at home')
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.waitForURL(`${app.origin}/connections/exa-2`)
  const listed = await agent.use('agentport__list_installed_integrations')
  expect(listed.structuredContent?.integrations).toMatchObject([
    { integration_id: 'astro_docs' },
    { integration_id: 'exa', name: 'Exa at work' },
    { integration_id: 'exa-2', name: 'Exa at home' },
  ])
  await app.setPolicy('exa', 'search', 'allow')
  expect(outcome(await agent.call('exa', 'search'))).toBe('executed')
  expect(outcome(await agent.call('exa-2', 'search'))).toBe('approval_required')
})

test('a service with two keys asks for both, and sends both', async () => {
  far.refuse = ({ headers }) =>
    headers.get('dd_api_key') === 'api-key' && headers.get('dd_application_key') === 'app-key'
      ? null
      : new Response(null, { status: 403 })
  const page = await at('/catalogue/datadog')
  await page.getByLabel('With a token').check()
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.waitForURL(`${app.origin}/connections/datadog/connect`)
  expect(outcome(await agent.call('datadog', 'search'))).toBe('invalid')
  await page.getByLabel('Datadog API key').fill('api-key')
  await page.getByLabel('Datadog application key').fill('wrong')
  await page.getByRole('button', { name: 'Continue' }).click()
  expect(await shown(page.getByRole('alert'))).toContain('Nothing was kept. The server refused')
  await page.getByLabel('Datadog API key').fill('api-key')
  await page.getByLabel('Datadog application key').fill('app-key')
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.waitForURL(`${app.origin}/connections/datadog`)
  await app.setPolicy('datadog', 'search', 'allow')
  expect(text(await agent.call('datadog', 'search'))).toBe('done')
})

test('what this version cannot connect says so, and has no form', async () => {
  const page = await at('/catalogue/gmail')
  expect(await shown(page.locator('main'))).toContain('This version cannot connect Gmail yet')
  expect(await page.locator('main form').count()).toBe(0)
})

test('a server is added by its URL; on this machine only when its owner says that it is', async () => {
  const page = await at('/catalogue/custom')
  await page.getByLabel('Address').fill(far.url)
  await page.getByLabel('Name').fill('My own')
  await page.getByLabel('Id').fill('my-own')
  await page.getByLabel('Without signing in').check()
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByRole('alert').waitFor()
  expect(await app.rooms.upstreams.find(app.userId, 'my-own')).toBeNull()
  expect(await page.getByLabel('Address').inputValue()).toBe(far.url)
  await page.getByRole('main').getByText('More', { exact: true }).click()
  await page.getByLabel('It is on this machine or a private network.').check()
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.waitForURL(`${app.origin}/connections/my-own`)
  expect(outcome(await agent.call('my-own', 'search'))).toBe('approval_required')
})

test.each([
  ['an id that is taken', { slug: 'my-own' }, 'There is already a connection called my-own.'],
  ['an id that is none', { slug: 'My Own!' }, 'A connection id has 1 to 64 lower-case letters'],
  ['no name', { name: ' ' }, 'Give it a name of 1 to 80 characters.'],
  ['no way to sign in', { method: '' }, 'Choose how to sign in.'],
  ['no address', { url: 'mcp.example.com' }, 'The URL must be absolute'],
  ['a token over plain http', { url: 'http://example.com/mcp', method: 'token' }, 'A token is only sent over https.'],
  ['a format without the token', { method: 'token', format: 'Bearer' }, 'The format must contain {token}'],
  ['a header that is the protocol’s own', { method: 'token', header: 'Host' }, 'cannot be used as a header'],
])('%s is refused in words, and nothing is added', async (_, over, words) => {
  const person = await app.person()
  const before = await app.rooms.upstreams.connections(app.userId)
  const form = { url: 'https://example.com/mcp', slug: 'fresh', name: 'Fresh', method: 'none', ...over }
  const answer = await person.post('/catalogue/custom', form)
  expect(answer.status).toBeGreaterThanOrEqual(400)
  expect(answer.status).toBeLessThan(500)
  expect(await answer.text()).toContain(words)
  expect(await app.rooms.upstreams.connections(app.userId)).toEqual(before)
})
