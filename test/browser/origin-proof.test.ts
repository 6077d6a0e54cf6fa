import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { Browser } from 'playwright-core'
import { type App, EMAIL, PASSWORD, startApp } from '../harness/app.ts'
import { openBrowser, openPage, signIn } from '../harness/browser.ts'
import { until } from '../harness/everything.ts'

let browser: Browser
let app: App

beforeAll(async () => {
  browser = await openBrowser()
  app = await startApp()
})
afterAll(async () => {
  await browser.close()
  await app.stop()
})

const saved = async () => (await app.rooms.approvals.limits(app.userId)).pendingMs / 60_000

test('a failed sign-in in another tab leaves the session of this one able to act with one click', async () => {
  const { context, page } = await openPage(browser)
  await signIn(page, app, '/settings')

  const other = await context.newPage()
  await other.goto(`${app.origin}/sign-in`)
  await other.getByLabel('Email').fill(EMAIL)
  await other.getByLabel('Password').fill('not the password')
  await other.getByRole('button', { name: 'Sign in', exact: true }).click()
  await other.getByText('Email or password is wrong.').waitFor()
  await other.goto(`${app.origin}/`)

  await page.getByLabel('Minutes a request waits for you').fill('17')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.waitForURL(`${app.origin}/settings?done=times`)
  expect(await page.getByLabel('Minutes a request waits for you').inputValue()).toBe('17')
  expect(await saved()).toBe(17)
})

test('a second sign-in serves the tabs of the first', async () => {
  const { context, page } = await openPage(browser)
  await signIn(page, app, '/settings')
  await signIn(await context.newPage(), app)

  await page.getByLabel('Minutes a request waits for you').fill('19')
  await page.getByRole('button', { name: 'Save' }).click()
  await until(async () => (await saved()) === 19)
})

test('a page that lost its secret asks for the password and then does what was asked', async () => {
  const { page } = await openPage(browser)
  await signIn(page, app, '/settings')
  await page.evaluate('localStorage.clear()')
  await page.getByLabel('Minutes a request waits for you').fill('23')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('heading', { name: 'Confirm with your password' }).waitFor()
  expect(await saved()).not.toBe(23)

  await page.getByLabel('Password').fill('not the password')
  await page.getByRole('button', { name: 'Confirm' }).click()
  await page.getByText('That was not the password').waitFor()
  expect(await saved()).not.toBe(23)

  await page.getByLabel('Password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Confirm' }).click()
  await page.waitForURL(`${app.origin}/settings?done=times`)
  expect(await saved()).toBe(23)
})
