import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'bun:test'
import type { Browser, Page } from 'playwright-core'
import { type Agent, outcome, requestId } from '../harness/agent.ts'
import { type App, PASSWORD, startApp } from '../harness/app.ts'
import { openBrowser, openPage, overflows, shown, signedIn, signIn } from '../harness/browser.ts'
import { until } from '../harness/everything.ts'
import { FarEnd } from '../harness/far-end.ts'
import { TestClock } from '../harness/test-clock.ts'

const PHONE = { viewport: { width: 390, height: 844 } }
const clock = new TestClock()
const far = new FarEnd([{ name: 'pay', annotations: { title: 'Pay somebody', destructiveHint: true } }])

let browser: Browser
let app: App
let agent: Agent
let keyId: string
let open: Awaited<ReturnType<typeof signedIn>>

beforeAll(async () => {
  far.start()
  browser = await openBrowser()
  app = await startApp({ clock })
  await app.install('bank', far.url)
  open = await signedIn(browser, app)
})
beforeEach(async () => {
  const key = await app.newKey('Claude on my laptop')
  keyId = key.id
  agent = await app.agent('v2-2026', key.key)
})
afterEach(async () => {
  await agent.close()
  for (const context of browser.contexts()) await context.close()
  for (const { id } of await app.rooms.approvals.waiting(app.userId)) {
    await app.rooms.approvals.decide(app.userId, id, { mode: 'deny', reason: null })
  }
})
afterAll(async () => {
  await browser.close()
  await app.stop()
  await far.stop()
})

const ask = async (to: string) => requestId(await agent.call('bank', 'pay', { to, amount: 42 }, `For ${to}.`))
const state = async (id: string) => (await app.rooms.approvals.find(app.userId, id))?.request.state
const decide = (id: string, mode: 'once' | 'always') => app.rooms.approvals.decide(app.userId, id, { mode })
const ticks = (page: Page) => page.getByRole('checkbox')
const tickOf = (page: Page, id: string) => page.locator(`#tick-${id}`)
const button = (page: Page, name: string) => page.getByRole('main').getByRole('button', { name, exact: true })

/** The stream is open once the first refetch after connecting has come. */
async function openLive(options = {}) {
  const opened = await open(options)
  const fetched = opened.page.waitForResponse((response) => response.url().includes('/waiting/news'))
  await opened.page.goto(`${app.origin}/waiting?agent=${keyId}`)
  await fetched
  return opened
}

test('several are reached from the page of one, ticked on a phone, and approved with one click', async () => {
  const ids = [await ask('Anna'), await ask('Berta'), await ask('Carla')]
  const { page, watch } = await open(PHONE)
  await page.goto(`${app.origin}/approve/${ids[0]}`)
  await page.getByRole('link', { name: '2 more wait' }).click()
  await page.getByRole('heading', { name: 'May these run?' }).waitFor()
  expect(await overflows(page)).toBe(false)
  expect(await ticks(page).count()).toBe(3)
  for (const words of ['Anna', 'Berta', 'Carla', 'can change or destroy things', 'For Anna.'])
    expect(await shown(page.getByRole('main'))).toContain(words)
  const bar = await page.locator('.decide-bar').boundingBox()
  expect((bar?.y ?? 0) + (bar?.height ?? 0)).toBeLessThanOrEqual(844)
  // By its sentence, as a thumb does it.
  await page.locator(`label[for="tick-${ids[0]}"]`).click()
  await page.locator(`label[for="tick-${ids[2]}"]`).click()
  await button(page, 'Approve once').click()
  await page.getByText('Approved once by').first().waitFor()
  expect(await Promise.all(ids.map(state))).toEqual(['approved', 'pending', 'approved'])
  expect(outcome(await agent.await(ids[0] ?? ''))).toBe('executed')
  // What runs by and by is told by and by.
  await page.getByText('It ran.').waitFor()
  expect(watch).toEqual({ errors: [], origins: [app.origin] })
})

test('by keyboard alone', async () => {
  const [one, two] = [await ask('Anna'), await ask('Berta')]
  const { page } = await openLive()
  const focusOn = (id: string) =>
    until(async () => {
      await page.keyboard.press('Tab')
      return (await page.evaluate('document.activeElement.id')) === id
    })
  await focusOn(`tick-${two}`)
  await page.keyboard.press('Space')
  await until(async () => {
    await page.keyboard.press('Tab')
    return (await page.evaluate('document.activeElement.textContent.trim()')) === 'Deny'
  })
  await page.keyboard.press('Enter')
  await page.getByText('Nothing ran.').waitFor()
  expect([await state(one), await state(two)]).toEqual(['pending', 'denied'])
})

test('nothing ticked is said plainly, and what was typed is still there', async () => {
  const asked = await ask('Anna')
  const { page } = await openLive()
  await page.getByText('Give a reason for denying').click()
  await page.getByLabel('Reason (optional, told to the agent)').fill('not today')
  await button(page, 'Deny').click()
  await page.getByRole('alert').getByText('Nothing was ticked').waitFor()
  expect(await page.getByLabel('Reason (optional, told to the agent)').inputValue()).toBe('not today')
  expect(await state(asked)).toBe('pending')
  await tickOf(page, asked).check()
  await button(page, 'Deny').click()
  await page.getByText('Nothing ran.').waitFor()
  expect(JSON.stringify(await agent.await(asked))).toContain('not today')
})

test('one decided elsewhere loses its tick by itself; the others keep theirs, and nothing moves under the thumb', async () => {
  const [one, two, three] = [await ask('Anna'), await ask('Berta'), await ask('Carla')]
  const { page } = await openLive(PHONE)
  await tickOf(page, one).check()
  await tickOf(page, three).check()
  await tickOf(page, three).focus()
  const place = async () => (await tickOf(page, three).boundingBox())?.y ?? Number.NaN
  const before = await place()
  await decide(two, 'once')
  await page.locator(`#ask-${two}`).getByText('Approved once by').waitFor()
  expect(await tickOf(page, two).count()).toBe(0)
  expect([await tickOf(page, one).isChecked(), await tickOf(page, three).isChecked()]).toEqual([true, true])
  expect(await page.evaluate('document.activeElement.id')).toBe(`tick-${three}`)
  expect(Math.abs((await place()) - before)).toBeLessThan(2)
  expect(await page.title()).toStartWith('(2)')

  // A new one does not push its way in.
  const fourth = await ask('Dora')
  await page.getByText('1 more has come meanwhile.').waitFor()
  expect(await tickOf(page, fourth).count()).toBe(0)
  expect(await tickOf(page, one).isChecked()).toBe(true)

  await clock.advance(61 * 60_000)
  await page.locator(`#ask-${one}`).getByText('Nobody decided in time.').waitFor()
  expect(await ticks(page).count()).toBe(0)
})

test('the same from two tabs is one decision, and the later one is told so', async () => {
  const [one, two] = [await ask('Anna'), await ask('Berta')]
  const { page: first } = await openLive()
  const second = await first.context().newPage()
  // It hears of nothing any more.
  await second.route('**/events', (route) => route.abort())
  await second.goto(`${app.origin}/waiting?agent=${keyId}`)
  for (const page of [first, second]) {
    await tickOf(page, one).check()
    await tickOf(page, two).check()
  }
  await button(first, 'Deny').click()
  await first.getByText('Nothing ran.').first().waitFor()
  await button(second, 'Approve once').click()
  await second.getByText('Your click came too late for this one:').nth(1).waitFor()
  expect([await state(one), await state(two)]).toEqual(['denied', 'denied'])
  expect(outcome(await agent.await(one))).toBe('denied')
})

test('without JavaScript it takes the password, in the form or on the page that asks for it', async () => {
  const [one, two] = [await ask('Anna'), await ask('Berta')]
  const { page } = await openPage(browser, { javaScriptEnabled: false })
  await signIn(page, app, `/waiting?agent=${keyId}`)
  await tickOf(page, one).check()
  await tickOf(page, two).check()
  await page.getByLabel('Password').fill('mistyped')
  await button(page, 'Approve once').click()
  await page.getByText('That was not the password').waitFor()
  expect([await state(one), await state(two)]).toEqual(['pending', 'pending'])
  await page.getByLabel('Password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Confirm' }).click()
  await page.getByText('Approved once by').first().waitFor()
  expect([await state(one), await state(two)]).toEqual(['approved', 'approved'])
})
