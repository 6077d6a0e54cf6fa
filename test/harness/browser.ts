import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Locator,
  type Page,
} from 'playwright-core'
import { type App, EMAIL, PASSWORD } from './app.ts'
import { CHROMIUM_FLAGS, chromiumPath } from './chromium.ts'

/** Far above what a page on loopback takes, far below the limit of a test. */
export const PATIENCE_MS = 8_000

export const openBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath: chromiumPath(), args: CHROMIUM_FLAGS })

/** What a page did that no page of ours may do: an error on the console, or a request to anybody else. */
export interface Watch {
  readonly errors: string[]
  /** Every origin that was asked for anything, each once. */
  readonly origins: string[]
}

/** A browser profile of its own, with one page in it. */
export async function openPage(
  browser: Browser,
  options: BrowserContextOptions = {},
): Promise<{ context: BrowserContext; page: Page; watch: Watch }> {
  const context = await browser.newContext(options)
  context.setDefaultTimeout(PATIENCE_MS)
  const page = await context.newPage()
  return { context, page, watch: watchPage(page) }
}

export function watchPage(page: Page): Watch {
  const watch: Watch = { errors: [], origins: [] }
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') watch.errors.push(message.text())
  })
  page.on('pageerror', (error) => watch.errors.push(String(error)))
  page.on('request', (request) => {
    const { protocol, origin } = new URL(request.url())
    if (protocol !== 'data:' && !watch.origins.includes(origin)) watch.origins.push(origin)
  })
  return watch
}

/** Signs in by the form, as a person does, and ends at `path`. */
export async function signIn(page: Page, { origin }: Pick<App, 'origin'>, path = '/', password = PASSWORD) {
  await page.goto(`${origin}/sign-in?return_to=${encodeURIComponent(path)}`)
  await fillSignIn(page, EMAIL, password)
  await page.waitForURL(origin + path)
}

/** Where a page has led to sign in. */
export async function fillSignIn(page: Page, email = EMAIL, password = PASSWORD) {
  await page.getByLabel('Email').fill(email)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
}

/** Opens pages of one signed-in session, each in a profile of its own, without typing the password each time. */
export async function signedIn(browser: Browser, app: Pick<App, 'origin'>) {
  const { context, page } = await openPage(browser)
  await signIn(page, app)
  const { cookies, origins } = await context.storageState()
  await context.close()
  const kept = origins.find(({ origin }) => origin === app.origin)?.localStorage ?? []
  const restore = `if (location.origin === ${JSON.stringify(app.origin)})
    for (const { name, value } of ${JSON.stringify(kept)}) localStorage.setItem(name, value)`
  return async (options: BrowserContextOptions = {}) => {
    const opened = await openPage(browser, options)
    await opened.context.addCookies(cookies)
    // Playwright's own way of restoring storage opens a page first, which takes most of a second.
    if (options.javaScriptEnabled !== false) await opened.context.addInitScript(restore)
    return opened
  }
}

/** Whether anything on the page reaches beyond its right edge. */
export const overflows = (page: Page): Promise<boolean> =>
  page.evaluate('document.documentElement.scrollWidth > document.documentElement.clientWidth')

/** Opens whatever can be folded out. */
export const unfold = (page: Page): Promise<void> =>
  page.evaluate("for (const part of document.querySelectorAll('details')) part.open = true")

/** The text as it is laid out for a person, not as it stands in the markup. */
// biome-ignore lint/performance/useDomNodeTextContent: hidden text is not what is asked for here.
export const shown = (place: Locator): Promise<string> => place.innerText()
