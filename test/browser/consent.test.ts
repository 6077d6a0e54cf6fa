import { afterAll, afterEach, beforeAll, expect, test } from 'bun:test'
import type { Browser, Page } from 'playwright-core'
import { type App, startApp } from '../harness/app.ts'
import { openBrowser, overflows, shown, signedIn } from '../harness/browser.ts'
import { FarEnd } from '../harness/far-end.ts'
import { OAuthProgram } from '../harness/oauth-program.ts'

const SCHEME = 'com.example.a-program-with-a-rather-long-scheme-of-its-own:/callback'
const far = new FarEnd()
let app: App
let browser: Browser
let open: Awaited<ReturnType<typeof signedIn>>
let program: OAuthProgram

beforeAll(async () => {
  far.start()
  app = await startApp()
  await app.install('bank', far.url)
  await app.install('a-connection-whose-name-goes-on-for-longer-than-a-phone-is-wide', far.url)
  program = new OAuthProgram(app.origin)
  await program.register({ client_name: `The ${'very '.repeat(15)}best`, redirect_uris: [SCHEME] })
  browser = await openBrowser()
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

const consentUrl = () => app.origin + program.authorizePath({ redirect_uri: SCHEME })
const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click()
const agents = () => app.rooms.identity.agents.list(app.userId)

test.each([1280, 390])(
  'at %d px the page that asks and the one that leads on fit, log nothing and ask nobody',
  async (width) => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const { page, context, watch } = await open({ viewport: { width, height: 844 }, colorScheme })
      await page.goto(consentUrl())
      await page.getByLabel('Only these:').check()
      expect(await overflows(page)).toBe(false)
      await press(page, 'Deny')
      await page.getByRole('heading', { name: 'Kept out' }).waitFor()
      expect(await overflows(page)).toBe(false)
      expect(watch.errors).toEqual([])
      // Where the page leads on to has no origin.
      expect(watch.origins.filter((origin) => origin !== 'null')).toEqual([app.origin])
      await context.close()
    }
  },
)

test('connections are there to be ticked beside "only these" alone, with JavaScript and without', async () => {
  for (const javaScriptEnabled of [true, false]) {
    const { page } = await open({ javaScriptEnabled })
    await page.goto(consentUrl())
    expect(await page.getByLabel('bank').isVisible()).toBe(false)
    await page.getByLabel('Only these:').check()
    expect(await page.getByLabel('bank').isVisible()).toBe(true)
  }
})

test('an answer without a connection is refused and comes back as it was meant, not as a wider one', async () => {
  const { page } = await open()
  await page.goto(consentUrl())
  await page.getByLabel('Only these:').check()
  await page.getByLabel('For how long').selectOption('One day')
  await press(page, 'Allow')
  expect(await shown(page.getByRole('alert'))).toBe('Tick at least one connection, or choose all.')
  expect(await page.getByLabel('Only these:').isChecked()).toBe(true)
  expect(await page.getByLabel('For how long').inputValue()).toBe('1')
  await page.getByLabel('bank').check()
  await press(page, 'Allow')
  const href = await page.getByRole('link', { name: 'Continue to' }).getAttribute('href')
  await program.exchange(new URL(href ?? '').searchParams.get('code') ?? '', { redirect_uri: SCHEME })
  const [agent] = await agents()
  expect(agent?.connections).toHaveLength(1)
  expect((agent?.expiresAt ?? 0) - (agent?.createdAt ?? 0)).toBeWithin(86_000_000, 86_400_001)
})

test('nothing in the address ticks anything for the person', async () => {
  const { page } = await open()
  await page.goto(`${consentUrl()}&reach=chosen&lifetime=1&decision=allow`)
  expect(await page.getByLabel('All, also those').isChecked()).toBe(true)
  expect(await page.getByLabel('For how long').inputValue()).toBe('forever')
})

test('Enter lets nobody in', async () => {
  const before = await agents()
  const { page } = await open()
  await page.goto(consentUrl())
  await page.getByLabel('All, also those').press('Enter')
  await page.getByRole('heading', { name: 'Kept out' }).waitFor()
  expect(await agents()).toEqual(before)
})
