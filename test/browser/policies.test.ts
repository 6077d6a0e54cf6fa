import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser, Page } from 'playwright-core'
import { type Agent, outcome } from '../harness/agent.ts'
import { type App, PASSWORD, startApp } from '../harness/app.ts'
import { openBrowser, openPage, shown, signedIn, signIn } from '../harness/browser.ts'
import { FarEnd } from '../harness/far-end.ts'

const READS = Array.from({ length: 40 }, (_, n) => ({ name: `read_${n}`, annotations: { readOnlyHint: true } }))
const far = new FarEnd([...READS, { name: 'erase', annotations: { destructiveHint: true } }, { name: 'silent' }])

let browser: Browser
let app: App
let agent: Agent
let open: Awaited<ReturnType<typeof signedIn>>
let slug = ''
let nth = 0

beforeAll(async () => {
  far.start()
  browser = await openBrowser()
  app = await startApp()
  agent = await app.agent()
  open = await signedIn(browser, app)
})
afterEach(async () => {
  for (const context of browser.contexts()) await context.close()
})
afterAll(async () => {
  await agent.close()
  await browser.close()
  await app.stop()
  await far.stop()
})

/** Each test has a connection of its own. */
const install = async () => {
  slug = `shop-${++nth}`
  await app.install(slug, far.url)
}
const main = (page: Page) => page.getByRole('main')
const row = (page: Page, tool: string) =>
  page.locator('.tool').filter({ has: page.getByRole('heading', { name: tool, exact: true }) })
const button = (page: Page, tool: string, name: string) => row(page, tool).getByRole('button', { name, exact: true })
const call = async (tool: string) => outcome(await agent.call(slug, tool))

describe('the page of a connection with many tools', () => {
  test('has its groups folded; one that is opened fetches its tools, and then more of them', async () => {
    await install()
    const { page, watch } = await open({ viewport: { width: 390, height: 844 } })
    await page.goto(`${app.origin}/connections/${slug}`)
    expect(await page.locator('.tool').count()).toBe(0)
    const group = page.getByRole('region', { name: 'Only read' })
    await group.getByText('40 tools').click()
    await group.locator('.tool').nth(29).waitFor()
    await group.getByRole('link', { name: 'Show more' }).click()
    await group.locator('.tool').nth(39).waitFor()
    expect(await group.getByRole('link', { name: 'Show more' }).count()).toBe(0)
    expect(watch.errors).toEqual([])
  })

  test('a click on a policy keeps the focus and what is open, and the counts tell of it', async () => {
    await install()
    const { page } = await open()
    await page.goto(`${app.origin}/connections/${slug}`)
    await page.getByRole('region', { name: 'Only read' }).getByText('40 tools').click()
    await button(page, 'read_20', 'Allow').focus()
    await page.keyboard.press('Enter')
    await page.getByRole('region', { name: 'Only read' }).getByText('1 allowed').waitFor()
    expect(await button(page, 'read_20', 'Allow').getAttribute('aria-pressed')).toBe('true')
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Allow')
    expect(await page.locator('.tool').count()).toBe(30)
    expect(await call('read_20')).toBe('executed')
  })

  test('a tool that went away while somebody looked is told on a page of its own', async () => {
    await install()
    const { page } = await open()
    await page.goto(`${app.origin}/connections/${slug}?group=unsaid`)
    const connection = await app.rooms.upstreams.find(app.userId, slug)
    const before = far.tools
    far.tools = before.filter(({ name }) => name !== 'silent')
    await app.rooms.upstreams.refresh(connection?.id ?? '', 'system')
    far.tools = before
    await button(page, 'silent', 'Allow').click()
    await page.getByText('There is no such tool or policy. Reload the page.').waitFor()
  })

  test('all that only read are allowed on one page that names them, and with one button that is undone', async () => {
    await install()
    const { page, watch } = await open({ viewport: { width: 390, height: 844 } })
    await page.goto(`${app.origin}/connections/${slug}`)
    await page.getByRole('navigation', { name: 'Set all that only read' }).getByRole('link', { name: 'Allow' }).click()
    await page.getByRole('heading', { name: 'These 40 tools will run without asking' }).waitFor()
    await page.getByLabel('read_7 ').uncheck()
    expect(await call('read_1')).toBe('approval_required')
    await page.getByRole('button', { name: 'Allow: those with a tick' }).click()
    await page.getByRole('heading', { name: 'Set: 39 tools' }).waitFor()
    expect([await call('read_2'), await call('read_7'), await call('erase')]).toEqual([
      'executed',
      'approval_required',
      'approval_required',
    ])
    await page.getByRole('button', { name: 'Undo' }).click()
    await page.getByText('39 tools ask each time now').waitFor()
    expect(await call('read_2')).toBe('approval_required')
    expect(watch.errors).toEqual([])
  })
})

test('without JavaScript a group is opened by its link, and many are set with the password, once', async () => {
  await install()
  const { page } = await openPage(browser, { javaScriptEnabled: false })
  await signIn(page, app, `/connections/${slug}`)
  const group = page.getByRole('region', { name: 'Only read' })
  await group.getByText('40 tools').click()
  await group.getByRole('link', { name: 'Show them' }).click()
  expect(await page.locator('.tool').count()).toBe(30)
  await page.getByRole('link', { name: 'Show more' }).click()
  expect(await page.locator('.tool').count()).toBe(10)
  await page.getByRole('link', { name: 'Show all' }).click()
  await page.getByLabel('Claim').selectOption('Unsaid')
  await page.getByRole('button', { name: 'Filter' }).click()
  expect(await shown(main(page))).toContain('1 tool matches')
  await page.getByRole('link', { name: 'Show all' }).click()
  await page.getByRole('navigation', { name: 'Set all that only read' }).getByRole('link', { name: 'Deny' }).click()
  await page.locator('main form').getByLabel('Password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Deny: those with a tick' }).click()
  expect(await shown(main(page))).toContain('40 tools are denied now')
  expect([await call('read_39'), await call('erase')]).toEqual(['blocked', 'approval_required'])
  await page.getByRole('button', { name: 'Undo' }).click()
  expect(await call('read_39')).toBe('blocked')
  await page.getByLabel('Password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Confirm' }).click()
  expect(await shown(main(page))).toContain('40 tools ask each time now')
  expect(await call('read_39')).toBe('approval_required')
})

describe('the page of all policies', () => {
  test('opens a connection in place, and a click there changes the row and both sums', async () => {
    await install()
    await app.setPolicy(slug, 'erase', 'allow')
    const { page, watch } = await open({ viewport: { width: 390, height: 844 } })
    await page.goto(`${app.origin}/policies?show=unused`)
    await row(page, 'erase').getByText('Never called').waitFor()
    await page.getByRole('link', { name: 'By connection' }).click()
    const one = page.getByRole('listitem').filter({ has: page.locator(`#counts-of-${slug}`) })
    const sum = page.locator('#counts-of-all')
    const allowed = Number(/(\d+) allowed/.exec(await shown(sum))?.[1])
    await one.locator('summary').click()
    await button(page, 'read_3', 'Allow').click()
    await one.getByText('2 allowed').waitFor()
    expect(await shown(sum)).toContain(`${allowed + 1} allowed`)
    expect(await call('read_3')).toBe('executed')
    await page.getByRole('link', { name: 'Allowed, never called' }).click()
    await row(page, 'erase').waitFor()
    expect(await row(page, 'read_3').count()).toBe(0)
    expect(watch.errors).toEqual([])
  })
})
