import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { Browser } from 'playwright-core'
import { silentLogger } from '../../src/lib/logger.ts'
import { readConfig, type Serving, serve } from '../../src/server/server.ts'
import { connectAgent, outcome, requestId, text } from '../harness/agent.ts'
import { openBrowser, openPage, shown } from '../harness/browser.ts'
import { FarEnd } from '../harness/far-end.ts'
import { tempDir } from '../harness/temp-dir.ts'

let browser: Browser
let serving: Serving
const data = tempDir()
const far = new FarEnd([{ name: 'pay', description: 'Pays a bill', inputSchema: { type: 'object' } }])

beforeAll(async () => {
  far.start()
  browser = await openBrowser()
  serving = await serve({
    config: readConfig({ data: data.path, port: '0' }, {}),
    masterKey: null,
    logger: silentLogger,
  })
})
afterAll(async () => {
  await browser.close()
  await serving.stop()
  await far.stop()
  data.remove()
})

test('from the setup link to the result of an approved call, in one evening', async () => {
  const { origin } = serving
  const owner = await openPage(browser)
  const { page } = owner

  // The account.
  await page.goto(serving.setupLink ?? '')
  await page.getByLabel('Email', { exact: true }).fill('me@example.org')
  await page.getByLabel('Password', { exact: true }).fill('a good long password')
  await page.getByLabel('Password again', { exact: true }).fill('a good long password')
  await page.getByRole('button', { name: 'Create account', exact: true }).click()
  await page.getByRole('heading', { name: 'Waiting for you' }).waitFor()
  expect(page.url()).toBe(`${origin}/`)

  // The key, shown once with the ways in.
  await page.getByRole('link', { name: 'Connect an agent' }).click()
  await page.getByRole('link', { name: 'Cursor' }).click()
  await page.getByLabel('Name').fill('laptop agent')
  await page.getByRole('button', { name: 'Create key' }).click()
  const key = await shown(page.locator('#new-key'))
  expect(key).toMatch(/^ap_[A-Za-z0-9_-]{43}$/)
  expect(JSON.parse(await shown(page.locator('#for-cursor-0')))).toEqual({
    mcpServers: { agentport: { url: `${origin}/mcp`, headers: { 'X-API-Key': key } } },
  })
  await page.getByText('Another program').click()
  const curl = await Bun.$`sh -c ${await shown(page.locator('#for-other-1'))}`.quiet()
  expect(curl.stdout.toString()).toContain('"serverInfo"')
  await page.locator('#arrivals').getByText('Connected').waitFor()
  await page.getByRole('link', { name: 'I have copied it' }).click()
  await page.locator('.state', { hasText: 'In use' }).waitFor()
  expect(await page.content()).not.toContain(key)

  // The agent asks.
  const [user] = await serving.rooms.identity.humans.users()
  await serving.rooms.upstreams.add({
    userId: user?.id ?? '',
    slug: 'bank',
    integrationId: 'custom',
    name: 'bank',
    url: far.url,
    auth: { method: 'none' },
    allowPrivateNetwork: true,
    actor: 'operator',
  })
  const agent = await connectAgent(origin, key)
  const asked = await agent.call('bank', 'pay', { amount: 12 }, 'the electricity bill')
  const link = /(\S+\/approve\/\S+)/.exec(text(asked))?.[1] ?? ''
  expect(link).toBe(`${origin}/approve/${requestId(asked)}`)
  const answer = agent.await(requestId(asked))

  // Somebody opens the link in a browser that is not signed in.
  const phone = await openPage(browser, { viewport: { width: 390, height: 844 } })
  await phone.page.goto(link)
  expect(new URL(phone.page.url()).pathname).toBe('/sign-in')
  await phone.page.getByLabel('Email', { exact: true }).fill('me@example.org')
  await phone.page.getByLabel('Password', { exact: true }).fill('a good long password')
  await phone.page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await phone.page.waitForURL(link)
  expect(await shown(phone.page.getByRole('main'))).toContain('the electricity bill')
  expect(far.calls).toHaveLength(0)
  await phone.page.getByRole('button', { name: 'Approve once', exact: true }).click()

  const result = await answer
  expect(outcome(result)).toBe('executed')
  expect(text(result)).toBe('done')
  expect(far.calls.map((call) => call.arguments)).toEqual([{ amount: 12 }])
  // The page learns of the result by itself.
  await phone.page.getByText('It ran.').waitFor()
  await phone.page.getByRole('heading', { name: 'Answer' }).waitFor()
  expect(await phone.page.getByRole('button', { name: 'Approve once' }).count()).toBe(0)

  expect(owner.watch).toEqual({ errors: [], origins: [origin] })
  expect(phone.watch).toEqual({ errors: [], origins: [origin] })
  await agent.close()
}, 30_000)
