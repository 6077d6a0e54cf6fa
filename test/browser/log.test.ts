import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { requestId } from '../harness/agent.ts'
import { openBrowser, overflows, shown, signedIn } from '../harness/browser.ts'
import { until } from '../harness/everything.ts'
import { HOUR_MS, type Scene, type Stage, startStage } from '../harness/stage.ts'

const TOKYO: BrowserContextOptions = { timezoneId: 'Asia/Tokyo' }
const PHONE: BrowserContextOptions = { viewport: { width: 390, height: 844 } }
const MARKUP = '<img src=x onerror="window.hit=1">'

let browser: Browser
let stage: Stage
let scene: Scene
let open: Awaited<ReturnType<typeof signedIn>>
/** The time that the pages are read at: noon in UTC, evening in Tokyo. */
let now: number
/** Calls so many hours before. */
const ids: { [hoursAgo: number]: string } = {}

beforeAll(async () => {
  browser = await openBrowser()
  stage = await startStage()
  scene = await stage.scene([{ name: 'send', annotations: { destructiveHint: true } }, { name: 'look' }])
  await stage.app.setPolicy(scene.slug, 'look', 'allow')
  const noon = Math.ceil(stage.clock.now() / (24 * HOUR_MS)) * 24 * HOUR_MS + 36 * HOUR_MS
  await stage.clock.advance(noon - 30 * HOUR_MS - stage.clock.now())
  now = noon
  for (const hoursAgo of [30, 20, 11, 2, 1]) {
    await stage.clock.advance(noon - hoursAgo * HOUR_MS - stage.clock.now())
    const id = requestId(
      await scene.agent.call(scene.slug, 'look', { hoursAgo, text: hoursAgo === 2 ? MARKUP : 'plain' }),
    )
    ids[hoursAgo] = id
  }
  await stage.clock.advance(HOUR_MS)
  open = await signedIn(browser, stage.app)
})
afterEach(async () => {
  for (const context of browser.contexts()) await context.close()
})
afterAll(async () => {
  await browser.close()
  await stage.strike()
})

/** A page that takes the time of the tests for the present. */
async function read(path: string, options: BrowserContextOptions = {}) {
  const { page, watch } = await open(options)
  await page.clock.setFixedTime(now)
  await page.goto(stage.app.origin + path)
  return { page, watch }
}
const rows = (page: Page) => page.locator('.calls > li:not(.day)')
const days = (page: Page) => page.locator('.day').allInnerTexts()
const query = (page: Page) => Object.fromEntries(new URL(page.url()).searchParams)
const utc = (at: number) => new Date(at).toISOString().slice(0, 16)

describe('days and times', () => {
  test('are those of the reader, with the exact UTC to point at', async () => {
    const { page } = await read('/log', TOKYO)
    // 21:00 in Tokyo: 20 hours before was 01:00 of today, and 30 hours before was 15:00 of yesterday.
    expect((await days(page)).map((day) => day.split(',')[0])).toEqual(['Today', 'Yesterday'])
    expect(await rows(page).locator('.call-time').allInnerTexts()).toEqual([
      '20:00:00',
      '19:00:00',
      '10:00:00',
      '01:00:00',
      '15:00:00',
    ])
    const title = await rows(page).first().locator('time').getAttribute('title')
    expect(title).toBe(`${new Date(now - HOUR_MS).toISOString().slice(0, 10)} 11:00:00 UTC`)
    expect(await shown(page.getByRole('main'))).not.toContain('UTC')
  })

  test('are UTC without JavaScript, and say so', async () => {
    const { page } = await open({ ...TOKYO, javaScriptEnabled: false })
    await page.goto(`${stage.app.origin}/log`)
    expect(await days(page)).toEqual([expect.stringContaining(', UTC'), expect.stringContaining(', UTC')])
    expect(await rows(page).locator('.call-time').allInnerTexts()).toEqual([
      '11:00:00',
      '10:00:00',
      '01:00:00',
      '16:00:00',
      '06:00:00',
    ])
    expect(await shown(page.getByRole('main'))).toContain('days of UTC')
    await page.getByText('Filter', { exact: true }).click()
    expect(await page.getByLabel('From (UTC)').count()).toBe(1)
  })

  test.each([
    ['Today', ['20:00:00', '19:00:00', '10:00:00', '01:00:00']],
    ['Yesterday', ['15:00:00']],
    ['7 days', ['20:00:00', '19:00:00', '10:00:00', '01:00:00', '15:00:00']],
  ])('%s is a span of the reader’s days', async (words, times) => {
    const { page } = await read('/log', TOKYO)
    const ranges = page.getByRole('navigation', { name: 'Time' })
    await ranges.getByRole('link', { name: words }).click()
    await page.waitForURL(/from=/)
    expect(await rows(page).locator('.call-time').allInnerTexts()).toEqual(times)
    expect(await shown(ranges.locator('[aria-current]'))).toBe(words)
    await ranges.getByRole('link', { name: 'All' }).click()
    expect(await rows(page).count()).toBe(5)
  })

  test('are typed in the reader’s time and stand in the address in UTC', async () => {
    const { page } = await read('/log', TOKYO)
    await page.getByText('Filter', { exact: true }).click()
    const day = new Date(now).toISOString().slice(0, 10)
    await page.getByLabel('From', { exact: true }).fill(`${day}T00:30`)
    await page.getByLabel('Until', { exact: true }).fill(`${day}T10:30`)
    await page.getByRole('button', { name: 'Show', exact: true }).click()
    await page.waitForURL(/from=/)
    // What was left open is not in it.
    expect(query(page)).toEqual({ from: utc(now - 20.5 * HOUR_MS), until: utc(now - 10.5 * HOUR_MS) })
    expect(await rows(page).locator('.call-time').allInnerTexts()).toEqual(['10:00:00', '01:00:00'])
    await page.getByText('Filter', { exact: true }).click()
    expect(await page.getByLabel('From', { exact: true }).inputValue()).toBe(`${day}T00:30`)
    expect(await shown(page.locator('.chips'))).toMatch(/12:30\sAM/)
  })
})

describe('a search', () => {
  test('finds a text and shows it as a chip, which takes it away again', async () => {
    const { page, watch } = await read('/log', PHONE)
    await page.getByRole('searchbox', { name: 'Search' }).fill(MARKUP)
    await page.getByRole('searchbox', { name: 'Search' }).press('Enter')
    await page.waitForURL(/q=/)
    expect(query(page)).toEqual({ q: MARKUP })
    expect(await rows(page).getByRole('link').getAttribute('href')).toBe(`/approve/${ids[2]}`)
    expect(await shown(page.getByRole('main'))).toContain('Looked through 5 calls, to the oldest.')
    expect(await page.evaluate('window.hit')).toBeUndefined()
    expect(await page.locator('main img').count()).toBe(0)
    expect(await overflows(page)).toBe(false)
    await page.getByRole('link', { name: 'Without With' }).click()
    await page.waitForURL(`${stage.app.origin}/log`)
    expect(await rows(page).count()).toBe(5)
    expect(watch).toEqual({ errors: [], origins: [stage.app.origin] })
  })

  test.each(['%', '_', 'pl%n', 'look_', 'pla\\in'])('takes %s for itself', async (text) => {
    const { page } = await read(`/log?q=${encodeURIComponent(text)}`)
    expect(await rows(page).count()).toBe(0)
    expect(await shown(page.getByRole('main'))).toContain('No call has that in it.')
  })

  test('goes together with a filter, and each is kept where the other changes', async () => {
    const { page } = await read('/log?q=plain')
    await page.getByText('Filter', { exact: true }).click()
    await page.getByLabel('Decided').selectOption('By policy alone')
    await page.getByRole('button', { name: 'Show', exact: true }).click()
    await page.waitForURL(/decided=/)
    expect(query(page)).toEqual({ q: 'plain', decided: 'policy' })
    expect(await rows(page).count()).toBe(4)
    await page.getByRole('link', { name: 'Without By policy alone' }).click()
    await page.waitForURL((url) => !url.search.includes('decided'))
    expect(query(page)).toEqual({ q: 'plain' })
  })
})

test('a call that a person approved, and a tool that may destroy, are told by a word each', async () => {
  const id = await scene.ask({ to: 'somebody' })
  await stage.person.decide(id, 'once')
  await scene.await(id)
  for (const options of [{}, PHONE]) {
    const { page } = await read('/log', options)
    const row = page.locator(`a[href="/approve/${id}"]`)
    expect(await shown(row)).toMatch(/destructive[\s\S]*you approved/)
    expect(await shown(page.locator(`a[href="/approve/${ids[1]}"]`))).not.toMatch(/destructive|you approved/)
    expect(await overflows(page)).toBe(false)
  }
})

test('how many calls came meanwhile is told by itself, and a click shows them', async () => {
  const { page } = await open()
  const fetched = page.waitForResponse((response) => response.url().includes('/log/news'))
  await page.goto(`${stage.app.origin}/log?tool=look`)
  await fetched
  const before = await rows(page).count()
  await stage.clock.advance(1)
  for (let n = 0; n < 3; n++) await scene.agent.call(scene.slug, 'look', { news: n })
  await page.getByRole('link', { name: '3 new calls' }).click()
  await until(async () => (await rows(page).count()) === before + 3)
  expect(await page.getByText('new call').count()).toBe(0)
})
