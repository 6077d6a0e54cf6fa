import { afterAll, afterEach, beforeAll, expect, test } from 'bun:test'
import type { Browser } from 'playwright-core'
import { requestId } from '../harness/agent.ts'
import { type App, EMAIL, startApp } from '../harness/app.ts'
import { openBrowser, openPage, shown, signedIn } from '../harness/browser.ts'
import { until } from '../harness/everything.ts'
import { FarEnd } from '../harness/far-end.ts'

let browser: Browser
let app: App
let open: Awaited<ReturnType<typeof signedIn>>
const far = new FarEnd([{ name: 'pay' }])

beforeAll(async () => {
  far.start()
  browser = await openBrowser()
  app = await startApp()
  await app.install('bank', far.url)
  open = await signedIn(browser, app)
})
afterEach(async () => {
  for (const context of browser.contexts()) await context.close()
})
afterAll(async () => {
  await browser.close()
  await app.stop()
  await far.stop()
})

test('settings are kept, shown again, and hold for the next request', async () => {
  const { page } = await open()
  await page.goto(`${app.origin}/settings`)
  expect(await page.getByLabel('Minutes a request waits for you').inputValue()).toBe('60')
  await page.getByLabel('Minutes a request waits for you').fill('1')
  await page.getByLabel('Minutes an approval waits for its agent').fill('10080')
  await page.getByRole('button', { name: 'Save' }).click()
  await until(async () => (await app.rooms.approvals.limits(app.userId)).pendingMs === 60_000)
  await page.goto(`${app.origin}/settings`)
  expect(await page.getByLabel('Minutes a request waits for you').inputValue()).toBe('1')
  expect(await page.getByLabel('Minutes an approval waits for its agent').inputValue()).toBe('10080')

  const agent = await app.agent()
  const id = requestId(await agent.call('bank', 'pay', { short: true }))
  const request = (await app.rooms.approvals.find(app.userId, id))?.request
  expect((request?.expiresAt ?? 0) - (request?.askedAt ?? 0)).toBe(60_000)
  await agent.close()
})

test('a setting out of bounds is refused in words by the server too, and the old one stays', async () => {
  const { page } = await open()
  const before = await app.rooms.approvals.limits(app.userId)
  for (const minutes of ['0', '10081', '-5', '1e9', '']) {
    await page.goto(`${app.origin}/settings`)
    await page.evaluate("document.querySelector('main form').noValidate = true")
    await page.getByLabel('Minutes a request waits for you').fill(minutes)
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Choose between 1 minute and 7 days').waitFor()
  }
  expect(await app.rooms.approvals.limits(app.userId)).toEqual(before)
})

test('signing out ends the session on the server, not only in the browser', async () => {
  const { page, context } = await (await signedIn(browser, app))()
  const [cookie] = await context.cookies()
  await page.goto(`${app.origin}/settings`)
  expect(await page.getByText(`Signed in as ${EMAIL}`).count()).toBe(1)
  await page.getByRole('banner').getByRole('button', { name: 'Sign out' }).click()
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
  expect(await context.cookies()).toEqual([])
  await context.addCookies(cookie ? [cookie] : [])
  await page.goto(`${app.origin}/settings`)
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
  expect(await app.rooms.identity.humans.findSession(cookie?.value ?? '')).toBeNull()
})

test('going back after signing out shows nothing of what was there', async () => {
  const { page } = await (await signedIn(browser, app))()
  await page.goto(`${app.origin}/agents`)
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
  await page.goBack()
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
})

test('a wrong sign-in says the same for an account that exists and one that does not, and keeps the email typed', async () => {
  for (const email of [EMAIL, 'nobody@example.org']) {
    const { page } = await openPage(browser)
    await page.goto(`${app.origin}/sign-in?return_to=/agents`)
    await page.getByLabel('Email').fill(email)
    await page.getByLabel('Password').fill('wrong password')
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await page.getByRole('alert').waitFor()
    expect(await shown(page.getByRole('alert'))).toBe('Email or password is wrong.')
    expect(await page.getByLabel('Email').inputValue()).toBe(email)
    expect(await page.getByLabel('Password').inputValue()).toBe('')
  }
})
