import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser, Page } from 'playwright-core'
import { type Agent, outcome, requestId } from '../harness/agent.ts'
import { type App, startApp } from '../harness/app.ts'
import { openBrowser, shown, signedIn } from '../harness/browser.ts'
import { until } from '../harness/everything.ts'
import { FarEnd } from '../harness/far-end.ts'

let browser: Browser
let app: App
let agent: Agent
let open: Awaited<ReturnType<typeof signedIn>>
const far = new FarEnd([
  { name: 'list_bills', description: 'Shows what is due' },
  { name: 'pay_bill', description: 'Pays' },
  { name: 'close_account', description: 'Ends it all' },
])

beforeAll(async () => {
  far.start()
  browser = await openBrowser()
  app = await startApp()
  await app.install('bank', far.url)
  agent = await app.agent()
  open = await signedIn(browser, app)
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

const row = (page: Page, tool: string) =>
  page.getByRole('listitem').filter({ has: page.getByRole('heading', { name: tool, exact: true }) })

describe('the page of a connection', () => {
  test('sets a tool to Allow, Ask or Deny with one click, keeping the place, and the next call obeys', async () => {
    const { page } = await open({ viewport: { width: 390, height: 500 } })
    await page.goto(`${app.origin}/connections/bank`)
    for (const [label, word] of [
      ['Allow', 'executed'],
      ['Deny', 'blocked'],
      ['Ask', 'approval_required'],
    ] as const) {
      const button = row(page, 'pay_bill').getByRole('button', { name: label, exact: true })
      await button.scrollIntoViewIfNeeded()
      const before = await page.evaluate('scrollY')
      await button.click()
      await row(page, 'pay_bill').getByRole('button', { name: label, exact: true, pressed: true }).waitFor()
      expect(await row(page, 'pay_bill').getByRole('button', { pressed: true }).count()).toBe(1)
      expect(await page.evaluate('scrollY')).toBe(before)
      expect([label, outcome(await agent.call('bank', 'pay_bill', { label }))]).toEqual([label, word])
    }
    expect(await row(page, 'list_bills').getByRole('button', { pressed: true }).textContent()).toBe('Ask')
  })

  test('finds tools by name or description while one types, and a click keeps what was found', async () => {
    const { page } = await open()
    await page.goto(`${app.origin}/connections/bank`)
    await page.getByLabel('Filter').pressSequentially('DUE')
    await page.getByText('1 tool matches').waitFor()
    expect(await page.locator('.tool').count()).toBe(1)
    await row(page, 'list_bills').getByRole('button', { name: 'Allow', exact: true }).click()
    await row(page, 'list_bills').getByRole('button', { name: 'Allow', exact: true, pressed: true }).waitFor()
    expect(await page.locator('.tool').count()).toBe(1)
    expect(outcome(await agent.call('bank', 'list_bills'))).toBe('executed')
    await page.getByRole('link', { name: 'Show all' }).click()
    await page.locator('.tool').nth(2).waitFor()
  })

  test('refreshing shows new tools and new words, and says so when the server is away', async () => {
    const { page } = await open()
    await page.goto(`${app.origin}/connections/bank`)
    far.tools = [...far.tools, { name: 'open_account', description: 'A new one' }]
    await page.getByRole('button', { name: 'Refresh tools' }).click()
    await row(page, 'open_account').waitFor()

    far.refuse = () => new Response(null, { status: 503 })
    await page.getByRole('button', { name: 'Refresh tools' }).click()
    await page.getByText('The server failed while handling the call (503)').first().waitFor()
    await page.goto(`${app.origin}/connections/bank`)
    expect(await shown(page.getByRole('main'))).toContain('It does not work as it should:')
    expect(await page.locator('.tool').count()).toBe(4)
  })

  test('an allowed tool that changed asks again, and the page says why', async () => {
    await app.setPolicy('bank', 'close_account', 'allow')
    far.tools = far.tools.map((tool) => (tool.name === 'close_account' ? { ...tool, description: 'And more' } : tool))
    const { page } = await open()
    await page.goto(`${app.origin}/connections/bank`)
    await page.getByRole('button', { name: 'Refresh tools' }).click()
    await row(page, 'close_account').getByText('Changed since you allowed it').waitFor()
    expect(outcome(await agent.call('bank', 'close_account'))).toBe('approval_required')
  })

  test('Allow means the definition that the page showed, not one that the server slipped in meanwhile', async () => {
    const { page } = await open()
    await page.goto(`${app.origin}/connections/bank`)
    far.tools = far.tools.map((tool) => (tool.name === 'pay_bill' ? { ...tool, description: 'Pays the thief' } : tool))
    const connection = await app.rooms.upstreams.find(app.userId, 'bank')
    await app.rooms.upstreams.refresh(connection?.id ?? '', 'system')
    await row(page, 'pay_bill').getByRole('button', { name: 'Allow', exact: true }).click()
    await page.getByText('Pays the thief').waitFor()
    expect(outcome(await agent.call('bank', 'pay_bill', { slipped: true }))).toBe('approval_required')
  })

  test('removing it takes two steps, voids what waits, and its id starts closed again', async () => {
    await app.install('short-lived', far.url)
    await app.setPolicy('short-lived', 'list_bills', 'allow')
    const asked = requestId(await agent.call('short-lived', 'pay_bill', { last: true }))
    const { page } = await open()
    await page.goto(`${app.origin}/connections/short-lived`)
    const remove = page.getByRole('button', { name: 'Remove connection' })
    expect(await remove.isVisible()).toBe(false)
    await page.locator('summary', { hasText: 'Remove connection' }).click()
    await remove.click()
    await page.waitForURL(`${app.origin}/connections`)
    expect(await shown(page.getByRole('main'))).not.toContain('short-lived')
    expect(outcome(await agent.await(asked))).toBe('expired')
    await app.install('short-lived', far.url)
    expect(outcome(await agent.call('short-lived', 'list_bills'))).toBe('approval_required')
  })
})

test('of many connections those that need care stand first, and one is found while one types its name', async () => {
  for (let n = 0; n < 12; n++) await app.install(`store-${n}`, far.url)
  await app.installWithToken('zoo', far.url, null)
  const { page, watch } = await open({ viewport: { width: 390, height: 844 } })
  await page.goto(`${app.origin}/connections`)
  expect(await shown(page.getByRole('region', { name: 'Needs your care' }))).toContain('zoo')
  const names = page.locator('.row-title')
  expect(await names.first().textContent()).toBe('zoo')
  await page.getByLabel('Search').pressSequentially('ORE-1')
  await names.nth(3).waitFor({ state: 'detached' })
  expect(await names.allTextContents()).toEqual(['store-1', 'store-10', 'store-11'])
  await page.getByLabel('Search').fill('nowhere')
  await page.getByText('No connection is like that.').waitFor()
  expect(watch.errors).toEqual([])
})

describe('the page where a token is entered', () => {
  const GOOD = 'tok_good'
  const connection = async () => app.rooms.upstreams.find(app.userId, 'vault')
  const onlyGood = (request: Request) =>
    request.headers.get('authorization') === `Bearer ${GOOD}` ? null : new Response(null, { status: 401 })

  beforeAll(async () => {
    await app.installWithToken('vault', far.url, null)
  })

  async function enter(token: string): Promise<Page> {
    far.refuse = onlyGood
    const { page } = await open()
    await page.goto(`${app.origin}/connections/vault/connect`)
    await page.getByLabel('Token', { exact: true }).fill(token)
    await page.getByRole('button', { name: 'Continue', exact: true }).click()
    return page
  }

  test('a refused token keeps nothing and says why, without repeating the token', async () => {
    const page = await enter('tok_wrong')
    await page.getByRole('alert').waitFor()
    expect(await shown(page.getByRole('alert'))).toBe(
      'Nothing was kept. The server refused the credential (401). Its owner must enter a new one.',
    )
    expect(await page.content()).not.toContain('tok_wrong')
    expect((await connection())?.connected).toBe(false)
    expect(outcome(await agent.call('vault', 'pay_bill'))).toBe('invalid')
  })

  test('a good token connects, and the tools are there', async () => {
    const page = await enter(GOOD)
    await page.waitForURL(`${app.origin}/connections/vault`)
    expect(await page.locator('.tool').count()).toBe(far.tools.length)
    expect((await connection())?.connected).toBe(true)
    await app.setPolicy('vault', 'list_bills', 'allow')
    expect(outcome(await agent.call('vault', 'list_bills'))).toBe('executed')
    expect(far.calls.at(-1)?.headers.get('authorization')).toBe(`Bearer ${GOOD}`)
  })

  test('a refused replacement leaves the token that works', async () => {
    const page = await enter('tok_mistyped')
    await page.getByRole('alert').waitFor()
    expect(outcome(await agent.call('vault', 'list_bills', { again: true }))).toBe('executed')
    await until(() => far.calls.at(-1)?.headers.get('authorization') === `Bearer ${GOOD}`)
  })
})
