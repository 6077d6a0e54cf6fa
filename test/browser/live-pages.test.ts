import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser, Page } from 'playwright-core'
import { type Agent, requestId } from '../harness/agent.ts'
import { type App, startApp } from '../harness/app.ts'
import { openBrowser, shown, signedIn } from '../harness/browser.ts'
import { until } from '../harness/everything.ts'
import { FarEnd } from '../harness/far-end.ts'
import { TestClock } from '../harness/test-clock.ts'

let browser: Browser
let app: App
let agent: Agent
let open: Awaited<ReturnType<typeof signedIn>>
const clock = new TestClock()
const far = new FarEnd([{ name: 'pay' }])

beforeAll(async () => {
  far.start()
  browser = await openBrowser()
  app = await startApp({ clock })
  await app.install('bank', far.url)
  agent = await app.agent()
  open = await signedIn(browser, app)
})
afterEach(async () => {
  for (const context of browser.contexts()) await context.close()
  for (const { id } of await app.rooms.approvals.waiting(app.userId)) {
    await app.rooms.approvals.decide(app.userId, id, { mode: 'deny', reason: null })
  }
})
afterAll(async () => {
  await agent.close()
  await browser.close()
  await app.stop()
  await far.stop()
})

let amount = 0
const ask = async () => requestId(await agent.call('bank', 'pay', { amount: ++amount }))
const decide = (id: string, mode: 'once' | 'always') => app.rooms.approvals.decide(app.userId, id, { mode })
const titleIs = (page: Page, title: string) => until(async () => (await page.title()) === title)
/** Marks the page, so that a reload would be noticed. */
const mark = (page: Page) => page.evaluate("window.marked = 'yes'")
const isMarked = (page: Page) => page.evaluate("window.marked === 'yes'")

/** The stream is open once the first refetch after connecting has come. */
async function openLive(path: string): Promise<Page> {
  const { page } = await open()
  const fetched = page.waitForResponse((response) => /\/(home\/waiting|state)$/.test(response.url()))
  await page.goto(app.origin + path)
  await fetched
  await mark(page)
  return page
}

describe('the home page', () => {
  test('shows a new request by itself, counts it in the title, and forgets it once it is decided elsewhere', async () => {
    const page = await openLive('/')
    await titleIs(page, 'Home · AgentPort')
    expect(await page.locator('[data-waiting-badge]').isVisible()).toBe(false)

    const first = await ask()
    await page.locator(`a[href="/approve/${first}"]`, { hasText: 'Review' }).waitFor()
    await titleIs(page, '(1) Home · AgentPort')
    const second = await ask()
    await page.locator(`a[href="/approve/${second}"]`, { hasText: 'Review' }).waitFor()
    await titleIs(page, '(2) Home · AgentPort')
    expect(await shown(page.locator('[data-waiting-badge]'))).toBe('2')

    await decide(first, 'once')
    await page.locator('#waiting a', { hasText: 'Review' }).nth(1).waitFor({ state: 'detached' })
    await titleIs(page, '(1) Home · AgentPort')
    await page.locator(`#recent a[href="/approve/${first}"]`).waitFor()
    // What still waits is listed once.
    expect(await page.locator(`a[href="/approve/${second}"]`).count()).toBe(1)
    await decide(second, 'once')
    await page.getByText('Nothing waits.').waitFor()
    await titleIs(page, 'Home · AgentPort')
    expect(await isMarked(page)).toBe(true)
  })

  test('says nothing to another user about it', async () => {
    const { humans } = app.rooms.identity
    const other = await humans.addUser('other@example.org', 'another long password', 'operator')
    const token = await humans.signIn({
      email: other.email,
      password: 'another long password',
      originProof: null,
      address: null,
      program: null,
    })
    if (!token.ok) throw new Error('The other user could not sign in')
    const { page, context } = await open()
    const [cookie] = await context.cookies()
    await context.addCookies([{ name: cookie?.name ?? '', value: token.token, url: app.origin }])
    await page.goto(app.origin)
    const id = await ask()
    const mine = await openLive('/')
    await mine.locator(`a[href="/approve/${id}"]`).first().waitFor()
    expect(await page.content()).not.toContain(id)
    await page.goto(`${app.origin}/approve/${id}`)
    expect(await shown(page.getByRole('main'))).toContain('There is no such request')
    expect(await page.content()).not.toContain('"amount"')
  })

  test('leads to sign-in when the session has ended', async () => {
    const signingOut = await signedIn(browser, app)
    const { page, context } = await signingOut()
    await page.goto(app.origin)
    const [cookie] = await context.cookies()
    const session = await app.rooms.identity.humans.findSession(cookie?.value ?? '')
    if (session) await app.rooms.identity.humans.signOut(session)
    await ask()
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
  })
})

describe('an open approval page changes by itself and leaves no dead button', () => {
  const buttons = (page: Page) => page.getByRole('main').getByRole('button', { name: /Approve|Always|Deny/ })

  async function changes(act: (id: string, page: Page) => unknown, words: string) {
    const id = await ask()
    const page = await openLive(`/approve/${id}`)
    expect(await buttons(page).count()).toBe(3)
    await act(id, page)
    await page.getByRole('main').getByText(words).first().waitFor()
    expect(await buttons(page).count()).toBe(0)
    expect(await shown(page.getByRole('heading', { level: 1 }))).toBe('Request')
    expect(await isMarked(page)).toBe(true)
  }

  test('when it is approved elsewhere', () => changes((id) => decide(id, 'once'), 'The agent has yet to pick it up'))

  test('when it is decided in another tab of the same browser', () =>
    changes(async (id, page) => {
      const tab = await page.context().newPage()
      await tab.goto(`${app.origin}/approve/${id}`)
      await tab.getByRole('button', { name: 'Deny', exact: true }).click()
      await page.bringToFront()
    }, 'Nothing ran.'))

  test('when its time runs out', () => changes(() => clock.advance(61 * 60_000), 'Nobody decided in time.'))

  test('when the tool is set to deny', async () => {
    await changes(() => app.setPolicy('bank', 'pay', 'deny'), 'The tool was set to deny.')
    await app.setPolicy('bank', 'pay', 'require_approval')
  })

  test('when the key that asked is revoked', async () => {
    const { id: keyId, key } = await app.newKey('short-lived')
    const asker = await app.agent('v2-2026', key)
    const asked = requestId(await asker.call('bank', 'pay', { amount: ++amount }))
    const page = await openLive(`/approve/${asked}`)
    await app.rooms.identity.agents.revoke(app.userId, keyId, 'operator')
    await page.getByText('The agent that asked was revoked.').first().waitFor()
    expect(await buttons(page).count()).toBe(0)
    await asker.close()
  })

  test('and a click that comes too late is answered with what happened, not with an error', async () => {
    const id = await ask()
    const { page } = await open()
    // The page hears of nothing any more.
    await page.route('**/events', (route) => route.abort())
    await page.goto(`${app.origin}/approve/${id}`)
    await app.rooms.approvals.decide(app.userId, id, { mode: 'deny', reason: 'first come' })
    await page.getByRole('button', { name: 'Approve once', exact: true }).click()
    await page.getByText('first come').waitFor()
    expect(await buttons(page).count()).toBe(0)
    expect((await app.rooms.approvals.find(app.userId, id))?.request.state).toBe('denied')
  })
})
