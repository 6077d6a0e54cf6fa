import { afterAll, afterEach, beforeAll, expect, test } from 'bun:test'
import type { Browser, Page } from 'playwright-core'
import type { JsonObject } from '../../src/lib/json.ts'
import { type Agent, outcome, requestId } from '../harness/agent.ts'
import { type App, startApp } from '../harness/app.ts'
import { openBrowser, overflows, shown, signedIn } from '../harness/browser.ts'
import { until } from '../harness/everything.ts'
import { FarEnd } from '../harness/far-end.ts'

const PHONE = { viewport: { width: 390, height: 844 } }
const far = new FarEnd([
  {
    name: 'send_letter',
    description: 'Sends a letter to a customer by post. It cannot be called back once it is on its way.',
    annotations: { title: 'Send a letter', destructiveHint: true, openWorldHint: true },
  },
])

let browser: Browser
let app: App
let agent: Agent
let open: Awaited<ReturnType<typeof signedIn>>

beforeAll(async () => {
  far.start()
  browser = await openBrowser()
  app = await startApp()
  await app.install('post', far.url)
  agent = await app.agent('v2-2026', (await app.newKey('Claude on my laptop')).key)
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

const SENTENCE = 'We are sorry that your order 1043 arrived broken, and have sent the whole amount back to your card. '
const LETTER = {
  customer: 'cus_Q1',
  subject: 'Your order 1043',
  copies: 2,
  body: SENTENCE.repeat(9).slice(0, 900).trim(),
}
const NOTE = 'Anna Berg wrote that her order arrived broken. You told me to answer her today.'

async function askAndOpen(args: JsonObject, note = NOTE) {
  const asked = requestId(await agent.call('post', 'send_letter', args, note))
  const { page } = await open(PHONE)
  await page.goto(`${app.origin}/approve/${asked}`)
  return { asked, page }
}

interface Box {
  what: string
  top: number
  bottom: number
}
const boxes = (page: Page, selector: string): Promise<Box[]> =>
  page.evaluate(`[...document.querySelectorAll(${JSON.stringify(selector)})].map((each) => {
    const { top, bottom } = each.getBoundingClientRect()
    return { what: each.textContent.slice(0, 40), top, bottom }
  })`)

test('a call of a kilobyte is all on one screen, above three buttons that can be pressed at once', async () => {
  expect(JSON.stringify(LETTER).length).toBeWithin(950, 1_001)
  const { page } = await askAndOpen(LETTER)
  const [bar] = await boxes(page, '.decide-bar')
  const buttons = await boxes(page, '.decide-bar button')
  expect(buttons.map(({ what }) => what)).toEqual(['Deny', 'Approve once', 'Always approve'])
  for (const { top, bottom } of [...buttons, bar as Box]) {
    expect(top).toBeGreaterThan(600)
    expect(bottom).toBeLessThanOrEqual(844)
    expect(bottom - top).toBeGreaterThanOrEqual(44)
  }
  const truth = await boxes(page, '.sentence, .sentence-claims, .facts-call dd, .tree dt, .tree dd, .note .exact')
  expect(truth.length).toBeGreaterThan(12)
  expect(truth.filter(({ top, bottom }) => top < 0 || bottom > (bar?.top ?? 0))).toEqual([])
  expect(await overflows(page)).toBe(false)
})

test('what is longer scrolls under the buttons, which stay, and its last line can be read above them', async () => {
  const { page } = await askAndOpen({ ...LETTER, body: `${SENTENCE.repeat(60)}the end` })
  const bar = async () => (await boxes(page, '.decide-bar'))[0]?.bottom
  expect(await bar()).toBeLessThanOrEqual(844)
  await page.evaluate('scrollTo(0, document.body.scrollHeight / 2)')
  expect(await bar()).toBeLessThanOrEqual(844)
  await page.evaluate('scrollTo(0, document.body.scrollHeight)')
  const [end] = await boxes(page, '.fine-print')
  const [atRest] = await boxes(page, '.decide-bar')
  expect(end?.bottom).toBeLessThanOrEqual(atRest?.top ?? 0)
})

test('is approved by keyboard alone, from the link to the answer', async () => {
  const { asked, page } = await askAndOpen({ ...LETTER, copies: 3 })
  const focused = () => page.evaluate('document.activeElement.textContent.trim()')
  const passed: unknown[] = []
  await until(async () => {
    await page.keyboard.press('Tab')
    passed.push(await focused())
    return passed.at(-1) === 'Approve once'
  })
  // Deny stands before it, and what is always comes last.
  expect(passed).toContain('Deny')
  expect(passed).not.toContain('Always approve')
  await page.keyboard.press('Enter')
  expect(outcome(await agent.await(asked))).toBe('executed')
  await page.getByText('It ran.').waitFor()
  await page.getByRole('heading', { name: 'What happened' }).waitFor()
  expect(await overflows(page)).toBe(false)
})

test('a reason is folded away until it is wanted, opened by keyboard, and told to the agent', async () => {
  const { asked, page } = await askAndOpen({ ...LETTER, copies: 4 })
  const reason = page.getByLabel('Reason (optional, told to the agent)')
  expect(await reason.isVisible()).toBe(false)
  await page.getByText('Give a reason for denying').focus()
  await page.keyboard.press('Enter')
  await page.keyboard.press('Tab')
  await page.keyboard.type('One is enough')
  await page.getByRole('button', { name: 'Deny', exact: true }).press('Enter')
  await page.getByText('Nothing ran.').waitFor()
  expect(await shown(page.getByRole('main'))).toContain('One is enough')
  expect(JSON.stringify(await agent.await(asked))).toContain('One is enough')
})

test('what is asked again is told beside how it was answered, and where it differs', async () => {
  const { page } = await askAndOpen({ ...LETTER, copies: 5 })
  expect(await shown(page.locator('.earlier summary'))).toMatch(
    /^This tool, with other arguments 2 times: approved 1, denied 1 One is enough$/,
  )
  expect(await shown(page.locator('.diff-short'))).toMatch(/copies\s+4 → 5/)
  await page.locator('.earlier summary').click()
  const links = page.locator('.earlier-list a')
  expect(await links.count()).toBe(2)
  await links.first().click()
  await page.getByText('Nothing ran.').waitFor()
})

test('on paper there is no button, nothing is folded away, and each time is exact', async () => {
  const { page } = await askAndOpen({ ...LETTER, copies: 6 })
  const json = page.locator('.fine-print .exact').first()
  expect(await json.isVisible()).toBe(false)
  await page.emulateMedia({ media: 'print' })
  for (const name of ['Deny', 'Approve once', 'Always approve'])
    expect(await page.getByRole('button', { name, exact: true }).isVisible()).toBe(false)
  for (const part of ['.nav', '.header .brand', '.decide-bar', '.reason'])
    expect([part, await page.locator(part).isVisible()]).toEqual([part, false])
  expect(await json.isVisible()).toBe(true)
  expect(
    await page.evaluate(`getComputedStyle(document.querySelector('.fine-print time'), '::after').content`),
  ).toMatch(/20\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC/)
})
