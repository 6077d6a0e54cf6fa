import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { type Agent, requestId } from '../harness/agent.ts'
import { type App, startApp } from '../harness/app.ts'
import { openBrowser, overflows, shown, signedIn } from '../harness/browser.ts'
import { until } from '../harness/everything.ts'
import { FarEnd } from '../harness/far-end.ts'

let browser: Browser
let app: App
let agent: Agent
let open: Awaited<ReturnType<typeof signedIn>>
const far = new FarEnd([{ name: 'pay' }, { name: 'look' }, { name: 'breaks' }])

beforeAll(async () => {
  far.start()
  far.act = (call) =>
    call.name === 'breaks' ? new Response(null, { status: 403 }) : { content: [{ type: 'text', text: 'done' }] }
  browser = await openBrowser()
  app = await startApp()
  await app.install('bank', far.url)
  for (const tool of ['look', 'breaks']) await app.setPolicy('bank', tool, 'allow')
  agent = await app.agent('v2-2026', (await app.newKey('the agent')).key)
  open = await signedIn(browser, app)
})
afterEach(async () => {
  for (const context of browser.contexts()) await context.close()
  for (const { id } of await app.rooms.approvals.waiting(app.userId)) await deny(id)
})
afterAll(async () => {
  await agent.close()
  await browser.close()
  await app.stop()
  await far.stop()
})

let amount = 0
const ask = async (as = agent) => requestId(await as.call('bank', 'pay', { amount: ++amount }))
const deny = (id: string) => app.rooms.approvals.decide(app.userId, id, { mode: 'deny', reason: null })
const waits = (page: Page, count: number) =>
  until(
    async () =>
      (await page.locator('[data-waiting-count]').last().getAttribute('data-waiting-count')) === String(count),
  )

/** The stream is open once the first refetch after connecting has come. */
async function openHome(
  options: BrowserContextOptions = {},
  before: (page: Page) => Promise<unknown> = async () => {},
) {
  const { page, watch } = await open(options)
  await before(page)
  const fetched = page.waitForResponse((response) => response.url().endsWith('/home/waiting'))
  await page.goto(app.origin)
  await fetched
  return { page, watch }
}

/** Notes each tone that starts, and whether the browser lets any sound. */
const hearTones = (page: Page) =>
  page.addInitScript(`window.tones = 0
    const start = OscillatorNode.prototype.start
    OscillatorNode.prototype.start = function (...rest) { window.tones++; return start.apply(this, rest) }`)
const tones = (page: Page) => page.evaluate('window.tones') as Promise<number>
const sound = (page: Page) => page.getByRole('button', { name: 'Sound when something waits' })

describe('the sound', () => {
  test('is off until it is turned on, plays when more waits, and not when less does', async () => {
    const { page, watch } = await openHome({}, hearTones)
    expect(await sound(page).getAttribute('aria-pressed')).toBe('false')
    const first = await ask()
    await waits(page, 1)
    expect(await tones(page)).toBe(0)

    await sound(page).click()
    await until(async () => (await tones(page)) === 2)
    expect(await sound(page).getAttribute('aria-pressed')).toBe('true')
    const second = await ask()
    await until(async () => (await tones(page)) === 4)
    for (const id of [first, second]) await deny(id)
    await waits(page, 0)
    expect(await tones(page)).toBe(4)

    await sound(page).click()
    await ask()
    await waits(page, 1)
    expect(await tones(page)).toBe(4)
    expect(watch).toEqual({ errors: [], origins: [app.origin] })
  })

  test('stays on over a reload, and says that the browser waits for a click', async () => {
    const { page } = await openHome({}, hearTones)
    await sound(page).click()
    const fetched = page.waitForResponse((response) => response.url().endsWith('/home/waiting'))
    await page.reload()
    await fetched
    expect(await sound(page).getAttribute('aria-pressed')).toBe('true')
    const asleep = page.getByText('once you have clicked on this page')
    expect(await asleep.isVisible()).toBe(true)
    await page.getByRole('heading', { name: 'Lately' }).click()
    await asleep.waitFor({ state: 'hidden' })
    expect(await tones(page)).toBe(0)
    await ask()
    await until(async () => (await tones(page)) === 2)
  })

  test('turned off in one tab is off in another', async () => {
    const { page } = await openHome({}, hearTones)
    await sound(page).click()
    const other = await page.context().newPage()
    await other.goto(app.origin)
    expect(await sound(other).getAttribute('aria-pressed')).toBe('true')
    await sound(other).click()
    await until(async () => (await sound(page).getAttribute('aria-pressed')) === 'false')
  })

  test('is not offered without JavaScript', async () => {
    const { page } = await open({ javaScriptEnabled: false })
    await page.goto(app.origin)
    expect(await sound(page).count()).toBe(0)
    expect(await shown(page.getByRole('main'))).not.toContain('Sound')
  })
})

describe('the browser’s icon', () => {
  const icon = (page: Page) => page.locator('link[rel="icon"]').getAttribute('href')

  test('gets a dot while something waits, and loses it, by itself', async () => {
    const { page } = await openHome()
    expect(await icon(page)).toStartWith('/assets/icon.svg?')
    const id = await ask()
    await until(async () => (await icon(page))?.startsWith('/assets/icon-waiting.svg?'))
    expect(await page.title()).toBe('(1) Home · AgentPort')
    const drawn = await fetch(app.origin + (await icon(page)))
    expect([drawn.status, drawn.headers.get('content-type')]).toEqual([200, 'image/svg+xml'])
    await deny(id)
    await until(async () => (await icon(page))?.startsWith('/assets/icon.svg?'))
  })

  test.each(['/', '/log', '/settings'])(
    'has it from the first paint on, also on %s and without JavaScript',
    async (path) => {
      const id = await ask()
      const { page } = await open({ javaScriptEnabled: false })
      await page.goto(app.origin + path)
      expect(await icon(page)).toStartWith('/assets/icon-waiting.svg?')
      await deny(id)
      await page.reload()
      expect(await icon(page)).toStartWith('/assets/icon.svg?')
    },
  )
})

test('a storm of allowed calls is fetched a few times a second, and its end is shown', async () => {
  const { page } = await openHome()
  const fetched = new Map<string, number>()
  page.on('request', (request) => {
    const { pathname } = new URL(request.url())
    fetched.set(pathname, (fetched.get(pathname) ?? 0) + 1)
  })
  const began = performance.now()
  let calls = 0
  while (performance.now() - began < 4_000) {
    await Promise.all(Array.from({ length: 8 }, () => agent.call('bank', 'look', { n: calls++ })))
  }
  const last = requestId(await agent.call('bank', 'look', { last: true }))
  await page.locator(`#recent a[href="/approve/${last}"]`).waitFor()
  const seconds = (performance.now() - began) / 1_000
  expect(calls).toBeGreaterThan(200)
  const most = (everySeconds: number) => Math.ceil(seconds / everySeconds) + 1
  expect(fetched.get('/home/waiting')).toBeLessThanOrEqual(most(0.5))
  expect(fetched.get('/home/recent')).toBeLessThanOrEqual(most(2))
  expect(fetched.get('/home/numbers')).toBeLessThanOrEqual(most(5))
  expect(fetched.get('/home/to-do')).toBeLessThanOrEqual(most(5))
  const { all } = await app.rooms.approvals.history.numbers(app.userId, 0)
  await page
    .locator('#numbers')
    .getByRole('link', { name: `${all.toLocaleString('en')} calls` })
    .waitFor()
}, 30_000)

test('each number of the day leads to the calls that it counts', async () => {
  await agent.call('bank', 'breaks', {})
  const approved = await ask()
  await app.rooms.approvals.decide(app.userId, approved, { mode: 'once' })
  await deny(await ask())
  const { page } = await open()
  for (const link of [/by policy alone/, /you approved/, /you denied/, /did not run/]) {
    await page.goto(app.origin)
    const number = page.locator('#numbers').getByRole('link', { name: link })
    const count = Number((await shown(number)).replaceAll(',', '').match(/\d+/)?.[0])
    await number.click()
    await page.waitForURL(/\/log\?/)
    const listed = await page.locator('.calls > li:not(.day)').count()
    expect([link, listed]).toEqual([link, Math.min(count, 50)])
    expect(listed).toBeGreaterThan(0)
  }
})

describe('what waits', () => {
  test('of an agent that asks for several stands together, with the way to their own page', async () => {
    const other = await app.agent('v2-2026', (await app.newKey('one who asks once')).key)
    for (let n = 0; n < 7; n++) await ask()
    const single = await ask(other)
    const { page } = await openHome({ viewport: { width: 390, height: 844 } })
    const rows = page.locator('#waiting .rows > li')
    expect(await rows.count()).toBe(6)
    // First, not lost below the seven.
    expect(await rows.first().getByRole('link').getAttribute('href')).toBe(`/approve/${single}`)
    expect(await page.title()).toBe('(8) Home · AgentPort')
    expect(await shown(page.locator('.waiting-group h2'))).toBe('7 from the agent')
    expect(await shown(page.locator('.waiting-group > p'))).toBe('2 more from the agent')
    expect(await overflows(page)).toBe(false)
    await page.getByRole('link', { name: 'Decide on one page' }).click()
    await page.waitForURL(/\/waiting\?agent=/)
    expect(await page.getByRole('checkbox').count()).toBe(7)
    await other.close()
  })
})

test('a connection that stops working stands on the open page by itself', async () => {
  const failing = new FarEnd([{ name: 'run' }]).start()
  await app.installWithToken('shop', failing.url, 'a token')
  await app.setPolicy('shop', 'run', 'allow')
  const { page } = await openHome()
  expect(await page.getByRole('heading', { name: 'Needs your care' }).count()).toBe(0)
  failing.act = () => new Response(null, { status: 401 })
  await agent.call('shop', 'run', {})
  await page.getByRole('heading', { name: 'Needs your care' }).waitFor()
  expect(await page.locator('#to-do a').first().getAttribute('href')).toBe('/connections/shop/connect')
  await failing.stop()
})

test('who begins is led from step to step, until the first call has come', async () => {
  const fresh = await startApp()
  const openFresh = await signedIn(browser, fresh)
  const { page } = await openFresh()
  const steps = async () => {
    await page.goto(fresh.origin)
    return { done: await page.locator('.step-done').count(), links: await page.locator('.steps a').count() }
  }
  expect(await steps()).toEqual({ done: 0, links: 2 })
  await fresh.install('bank', far.url)
  expect(await steps()).toEqual({ done: 1, links: 1 })
  const first = await fresh.agent()
  expect(await steps()).toEqual({ done: 2, links: 0 })
  expect(await shown(page.locator('.steps'))).toContain('Let it ask for something')
  const fetched = page.waitForResponse((response) => response.url().endsWith('/home/to-do'))
  await page.reload()
  await fetched
  await first.call('bank', 'pay', {})
  await page.locator('.steps').waitFor({ state: 'detached' })
  await first.close()
  await fresh.stop()
})
