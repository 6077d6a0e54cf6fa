import { afterAll, afterEach, beforeAll, expect, test } from 'bun:test'
import type { Browser, Page } from 'playwright-core'
import { type Agent, requestId } from '../harness/agent.ts'
import { type App, startApp } from '../harness/app.ts'
import { openBrowser, signedIn } from '../harness/browser.ts'
import { FarEnd } from '../harness/far-end.ts'
import { tempDir } from '../harness/temp-dir.ts'

const data = tempDir()
const far = new FarEnd([{ name: 'pay' }])
let browser: Browser
let app: App
let agent: Agent
let open: Awaited<ReturnType<typeof signedIn>>

beforeAll(async () => {
  browser = await openBrowser()
  app = await startApp({ dataDir: data.path })
  await app.install('bank', far.start().url)
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
  data.remove()
})

let amount = 0
const ask = async () => requestId(await agent.call('bank', 'pay', { amount: ++amount }))
const isListed = (page: Page, id: string) =>
  page.locator(`#waiting a[href="/approve/${id}"]`).waitFor({ timeout: 3_000 })
const nextStream = (page: Page) => page.waitForResponse((response) => response.url() === `${app.origin}/events`)

async function restart() {
  const port = Number(new URL(app.origin).port)
  await agent.close()
  await app.stop()
  app = await startApp({ dataDir: data.path, port })
  agent = await app.agent()
}

async function openHome() {
  const opened = await open()
  const streaming = nextStream(opened.page)
  await opened.page.goto(app.origin)
  await streaming
  await opened.page.evaluate("window.marked = 'yes'")
  return opened
}

test('a machine that was offline for a while shows what it missed as soon as it is back', async () => {
  const { page, context } = await openHome()
  await context.setOffline(true)
  await restart()
  // By now it waits eight seconds before it tries again.
  await Bun.sleep(9_000)
  const missed = await ask()
  await context.setOffline(false)
  await isListed(page, missed)
  expect(await page.evaluate('window.marked')).toBe('yes')
}, 30_000)

test('a stream that has been silent for a minute is opened anew', async () => {
  const { page, context } = await open()
  await context.clock.install()
  const first = nextStream(page)
  await page.goto(app.origin)
  await first
  const second = nextStream(page)
  await context.clock.fastForward(60_000)
  await second
  await isListed(page, await ask())
})

test('a page outlives a restart of the server', async () => {
  const { page } = await openHome()
  await restart()
  await isListed(page, await ask())
  expect(await page.evaluate('window.marked')).toBe('yes')
}, 20_000)
