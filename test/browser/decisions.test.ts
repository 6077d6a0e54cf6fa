import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser } from 'playwright-core'
import { type Agent, outcome, requestId, text } from '../harness/agent.ts'
import { type App, startApp } from '../harness/app.ts'
import { openBrowser, shown, signedIn } from '../harness/browser.ts'
import { until } from '../harness/everything.ts'
import { FarEnd } from '../harness/far-end.ts'

let browser: Browser
let app: App
let agent: Agent
let open: Awaited<ReturnType<typeof signedIn>>
const far = new FarEnd([{ name: 'pay' }, { name: 'refund' }])

beforeAll(async () => {
  far.start()
  browser = await openBrowser()
  app = await startApp()
  await app.install('bank', far.url)
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

let amount = 0
async function askAndOpen(tool = 'pay') {
  const asked = requestId(await agent.call('bank', tool, { amount: ++amount }))
  const { page } = await open()
  await page.goto(`${app.origin}/approve/${asked}`)
  return { asked, page, state: async () => (await app.rooms.approvals.find(app.userId, asked))?.request.state }
}

test('the three buttons have exactly their promised names, and no others decide', async () => {
  const { page } = await askAndOpen()
  const names = await page.getByRole('main').getByRole('button').allInnerTexts()
  expect(names.toSorted()).toEqual(['Always approve', 'Approve once', 'Deny'])
  for (const name of names) {
    const button = page.getByRole('button', { name, exact: true })
    expect(await button.count()).toBe(1)
    expect(await button.isEnabled()).toBe(true)
  }
})

test('Approve once is one click: this call runs, the next asks anew', async () => {
  const { asked, page } = await askAndOpen()
  await page.getByRole('button', { name: 'Approve once', exact: true }).click()
  expect(outcome(await agent.await(asked))).toBe('executed')
  await page.getByText('It ran.').waitFor()
  expect(outcome(await agent.call('bank', 'pay', { amount }))).toBe('approval_required')
})

test('Always approve is one click: the waiting call runs, the page says what it set, and the next runs unasked', async () => {
  const { asked, page } = await askAndOpen('refund')
  expect(await shown(page.locator('#always-means'))).toBe(
    'also sets refund on bank to allow, for every agent of yours from now on.',
  )
  const waiting = agent.await(asked)
  await page.getByRole('button', { name: 'Always approve', exact: true }).click()
  expect(outcome(await waiting)).toBe('executed')
  await page.getByText('Approved, and allowed from now on,').waitFor()

  const other = await app.agent()
  expect(outcome(await other.call('bank', 'refund', { amount: -1 }))).toBe('executed')
  await other.close()
})

test('Deny is one click, and the agent is told the reason', async () => {
  const before = far.calls.length
  const { asked, page } = await askAndOpen()
  await page.getByText('Give a reason for denying').click()
  await page.getByLabel('Reason (optional, told to the agent)').fill('not this month')
  await page.getByRole('button', { name: 'Deny', exact: true }).click()
  const result = await agent.await(asked)
  expect(outcome(result)).toBe('denied')
  expect(text(result)).toContain('not this month')
  await page.getByText('Nothing ran.').waitFor()
  expect(await shown(page.getByRole('main'))).toContain('not this month')
  expect(far.calls).toHaveLength(before)
})

describe('a key pressed by habit decides nothing', () => {
  test('Enter in the reason field breaks the line', async () => {
    const { page, state } = await askAndOpen()
    await page.getByText('Give a reason for denying').click()
    const reason = page.getByLabel('Reason (optional, told to the agent)')
    await reason.fill('no')
    for (const keys of ['Enter', 'Control+Enter', 'Shift+Enter', 'Meta+Enter']) await reason.press(keys)
    expect(await reason.inputValue()).toContain('no\n')
    expect(await state()).toBe('pending')
  })

  test('Enter and Space on a freshly opened page', async () => {
    const { page, state } = await askAndOpen()
    for (const key of ['Enter', 'Space', 'y', 'a', 'Escape']) await page.keyboard.press(key)
    await page.getByRole('button', { name: 'Approve once', exact: true }).waitFor()
    expect(await state()).toBe('pending')
  })

  test('a form sent by none of the buttons', async () => {
    const { page, state } = await askAndOpen()
    await page.evaluate("document.querySelector('form.decide').requestSubmit()")
    await page.getByText('Choose Approve once, Always approve or Deny.').waitFor()
    expect(await state()).toBe('pending')
  })
})

test('two impatient clicks on Approve once run the call once', async () => {
  const before = far.calls.length
  const { asked, page, state } = await askAndOpen()
  await page.getByRole('button', { name: 'Approve once', exact: true }).dblclick()
  expect(outcome(await agent.await(asked))).toBe('executed')
  expect(await state()).toBe('executed')
  expect(far.calls).toHaveLength(before + 1)
})

test('the buttons can be reached and pressed by keyboard alone', async () => {
  const { asked, page } = await askAndOpen()
  const focused = () => page.evaluate('document.activeElement.textContent.trim()')
  await until(async () => {
    await page.keyboard.press('Tab')
    return (await focused()) === 'Approve once'
  })
  await page.keyboard.press('Enter')
  expect(outcome(await agent.await(asked))).toBe('executed')
})
