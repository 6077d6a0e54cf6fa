import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'bun:test'
import type { Browser, Page } from 'playwright-core'
import { type Agent, outcome, requestId } from '../harness/agent.ts'
import { type App, PASSWORD, startApp } from '../harness/app.ts'
import { openBrowser, shown, signedIn } from '../harness/browser.ts'
import { FarEnd } from '../harness/far-end.ts'

let browser: Browser
let app: App
let agent: Agent
let far: FarEnd
let open: Awaited<ReturnType<typeof signedIn>>
let nth = 0
let slug = ''
const PAY = { name: 'pay', description: 'Pays a bill.' }

beforeAll(async () => {
  browser = await openBrowser()
  app = await startApp()
  agent = await app.agent()
  open = await signedIn(browser, app)
})
/** Each test has a server of its own, with a tool that was allowed and then changed, and one that came. */
beforeEach(async () => {
  far = new FarEnd([PAY]).start()
  slug = `bank-${++nth}`
  const { id } = await app.install(slug, far.url)
  await app.setPolicy(slug, 'pay', 'allow')
  far.tools = [{ ...PAY, description: 'Pays a bill, twice.' }, { name: 'lend' }]
  await app.rooms.upstreams.refresh(id, 'operator')
})
afterEach(async () => {
  for (const context of browser.contexts()) await context.close()
  await far.stop()
})
afterAll(async () => {
  await agent.close()
  await browser.close()
  await app.stop()
})

const main = (page: Page) => page.getByRole('main')
const pay = async (n: number) => outcome(await agent.call(slug, 'pay', { n }))

test('from the page of the connection the owner sees what changed, and accepts it with one button', async () => {
  const { page, watch } = await open({ viewport: { width: 390, height: 844 } })
  await page.goto(`${app.origin}/connections/${slug}`)
  await page.getByRole('link', { name: 'See what changed' }).click()
  await page.getByRole('heading', { name: 'What changed since you allowed it' }).waitFor()
  expect(await shown(page.locator('.diff-now .differs'))).toContain('bill, twice.')
  expect(await pay(1)).toBe('approval_required')
  await page.getByRole('button', { name: 'Accept the change' }).click()
  await page.waitForURL(`${app.origin}/connections/${slug}`)
  expect(await shown(main(page))).not.toContain('Changed since')
  expect(await pay(2)).toBe('executed')
  expect(watch.errors).toEqual([])
})

test('without JavaScript the same takes the password, and without it nothing is accepted', async () => {
  const { page } = await open({ javaScriptEnabled: false })
  await page.goto(`${app.origin}/connections/${slug}/tool?name=pay`)
  await page.locator('main form').getByLabel('Password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Accept the change' }).click()
  await page.waitForURL(`${app.origin}/connections/${slug}`)
  expect(await pay(1)).toBe('executed')
})

test('what came and changed is marked until it is marked as seen, which allows nothing', async () => {
  const { page } = await open()
  await page.goto(`${app.origin}/connections/${slug}`)
  expect(await shown(main(page))).toContain('1 tool is new since you last looked.')
  await page.getByRole('button', { name: 'Mark all as seen' }).click()
  await page.getByText('new since you last looked').waitFor({ state: 'detached' })
  expect(await shown(main(page))).toContain('Changed since you allowed it – asks again.')
  expect(await pay(1)).toBe('approval_required')
})

test('on the page where a decision is made the change folds out, and Always approve accepts it', async () => {
  const id = requestId(await agent.call(slug, 'pay', { n: 1 }))
  const { page } = await open({ viewport: { width: 390, height: 844 } })
  await page.goto(`${app.origin}/approve/${id}`)
  expect(await page.locator('.diff').isVisible()).toBe(false)
  await page.getByText('What changed', { exact: true }).click()
  expect(await shown(page.locator('.diff-before'))).toContain('Pays a bill.')
  await page.getByRole('button', { name: 'Always approve' }).click()
  await page.getByText('allowed from now on').waitFor()
  expect(await pay(2)).toBe('executed')
})
