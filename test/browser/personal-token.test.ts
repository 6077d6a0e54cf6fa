import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { Browser } from 'playwright-core'
import { type App, PASSWORD, startApp } from '../harness/app.ts'
import { openBrowser, openPage, signIn } from '../harness/browser.ts'
import { Script } from '../harness/script.ts'

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

test.each([
  ['with JavaScript', true],
  ['without JavaScript', false],
])('a person makes a token, uses it and revokes it, %s', async (how, javaScriptEnabled) => {
  const { context, page, watch } = await openPage(browser, { javaScriptEnabled })
  await signIn(page, app, '/settings')
  await page.getByText('Make a token').click()
  await page.getByLabel('Name', { exact: true }).fill(`script ${how}`)
  await page.getByLabel('Read and tighten').check()
  await page.getByLabel('For how long').selectOption('7')
  await page.getByLabel('Your password').fill('not it')
  await page.getByRole('button', { name: 'Make the token' }).click()
  await page.getByText('That was not the password').waitFor()
  if (javaScriptEnabled) {
    // Folded out again, with what was filled in.
    expect(await page.getByLabel('Name', { exact: true }).inputValue()).toBe(`script ${how}`)
    expect(await page.getByLabel('Read and tighten').isChecked()).toBe(true)
    await page.getByLabel('Your password').fill(PASSWORD)
    await page.getByRole('button', { name: 'Make the token' }).click()
  } else {
    // The password proves the click as well, and the guard has asked for it.
    await page.getByLabel('Password').fill(PASSWORD)
    await page.getByRole('button', { name: 'Confirm' }).click()
  }
  const token = (await page.locator('#new-token').textContent()) ?? ''
  const script = Script.withToken(app.origin, token)
  expect((await script.get('/api/human/me')).body.token).toMatchObject({ name: `script ${how}`, scope: 'tighten' })

  await page.getByRole('link', { name: 'I have copied it' }).click()
  await page.getByText(`script ${how}`).waitFor()
  await page.getByRole('button', { name: 'Revoke' }).click()
  if (!javaScriptEnabled) {
    await page.getByLabel('Password').fill(PASSWORD)
    await page.getByRole('button', { name: 'Confirm' }).click()
  }
  await page.waitForURL(`${app.origin}/settings`)
  expect(await page.getByText(`script ${how}`).count()).toBe(0)
  expect((await script.get('/api/human/me')).status).toBe(401)
  // A refused form is a refusal, which the browser notes.
  expect(watch.errors.filter((error) => !/status of 40[13]/.test(error))).toEqual([])
  await context.close()
})

test('the page of the API is read by anybody, links to its shapes, and asks nobody else for anything', async () => {
  const { context, page, watch } = await openPage(browser)
  await page.goto(`${app.origin}/api/docs`)
  await page.getByText('/api/tools/{integration_id}/call').click()
  await page.getByRole('link', { name: 'ApprovalRequired' }).first().click()
  expect(page.url()).toBe(`${app.origin}/api/docs#shape-ApprovalRequired`)
  expect(watch.errors).toEqual([])
  expect(watch.origins).toEqual([app.origin])
  await context.close()
})
