import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { Browser } from 'playwright-core'
import { type App, PASSWORD, startApp } from '../harness/app.ts'
import { openBrowser, openPage, overflows, shown, signedIn, signIn } from '../harness/browser.ts'
import { FarEnd } from '../harness/far-end.ts'

const far = new FarEnd([
  {
    name: 'refund',
    description: 'Gives money back',
    inputSchema: {
      type: 'object',
      required: ['amount'],
      properties: { amount: { type: 'integer' }, note: { type: 'string' }, currency: { enum: ['eur', 'usd'] } },
    },
  },
])
let browser: Browser
let app: App
let open: Awaited<ReturnType<typeof signedIn>>

beforeAll(async () => {
  far.start()
  far.act = ({ arguments: args }) => ({ content: [{ type: 'text', text: `refunded ${JSON.stringify(args)}` }] })
  browser = await openBrowser()
  app = await startApp()
  await app.install('bank', far.url)
  open = await signedIn(browser, app)
})
afterAll(async () => {
  await browser.close()
  await app.stop()
  await far.stop()
})

test('a tool is found, its form mended, its call approved and its answer seen, as an agent would see it', async () => {
  const { page, context, watch } = await open({ viewport: { width: 390, height: 844 } })
  await page.goto(`${app.origin}/playground`)
  await page.getByRole('link', { name: /bank/ }).click()
  await page.getByRole('link', { name: /refund/ }).click()
  await page.getByLabel(/^note/).fill('two\nlines')
  await page.getByLabel(/^currency/).selectOption('usd')
  await page.getByRole('button', { name: 'Run' }).click()
  await page.getByRole('alert').getByRole('link', { name: 'amount' }).click()
  expect(await page.evaluate('document.activeElement.id')).toBe(await page.getByLabel(/^amount/).getAttribute('id'))
  expect(await page.getByLabel(/^note/).inputValue()).toBe('two\nlines')
  expect(await overflows(page)).toBe(false)
  await page.getByLabel(/^amount/).fill('4200')
  await page.getByRole('button', { name: 'Run' }).click()
  await page.getByRole('heading', { name: 'May this run?' }).waitFor()
  expect(await shown(page.locator('main'))).toContain('You want to run')
  expect(far.calls).toHaveLength(0)
  await page.getByRole('button', { name: 'Approve once' }).click()
  // It runs by itself, and the page hears of it.
  await page.getByText('refunded {').first().waitFor()
  await page.getByRole('link', { name: 'try it in the playground' }).click()
  await page.getByRole('heading', { name: 'What an agent gets' }).waitFor()
  expect(await shown(page.locator('#answer'))).toContain('Outcome executed, isError false')
  expect(await page.getByLabel(/^amount/).inputValue()).toBe('4200')
  expect(far.calls.map((call) => call.arguments)).toEqual([{ amount: 4200, currency: 'usd', note: 'two\nlines' }])
  expect(watch.errors.filter((error) => !error.includes('status of 422'))).toEqual([])
  expect(watch.origins).toEqual([app.origin])
  await context.close()
})

test('clicked twice, it runs once', async () => {
  await app.setPolicy('bank', 'refund', 'allow')
  const { page, context } = await open()
  await page.goto(`${app.origin}/playground?connection=bank&tool=refund`)
  await page.getByLabel(/^amount/).fill('2')
  const before = far.calls.length
  await page.getByRole('button', { name: 'Run' }).dblclick()
  await page.getByRole('heading', { name: 'What an agent gets' }).waitFor()
  await page.reload()
  await page.getByText('refunded {').first().waitFor()
  expect(far.calls.length).toBe(before + 1)
  await context.close()
})

test('all of it works without JavaScript, with the password where plain http asks for it', async () => {
  await app.setPolicy('bank', 'refund', 'allow')
  const { page, context } = await openPage(browser, { javaScriptEnabled: false })
  await signIn(page, app, '/playground?connection=bank&tool=refund')
  await page.getByLabel(/^amount/).fill('7')
  await page.getByLabel('Password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Write it as JSON' }).click()
  expect(JSON.parse(await page.getByLabel('Arguments').inputValue())).toEqual({ amount: 7 })
  await page.getByLabel('Arguments').fill('{"amount": 7, "note": "by JSON"}')
  const before = far.calls.length
  await page.getByLabel('Password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Run' }).click()
  await page.getByRole('heading', { name: 'What an agent gets' }).waitFor()
  expect(far.calls.slice(before).map((call) => call.arguments)).toEqual([{ amount: 7, note: 'by JSON' }])
  expect(await page.getByLabel(/^note/).inputValue()).toBe('by JSON')
  await context.close()
})
