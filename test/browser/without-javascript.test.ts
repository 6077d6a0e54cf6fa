import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { Browser, Page } from 'playwright-core'
import { type Agent, outcome, requestId } from '../harness/agent.ts'
import { type App, PASSWORD, startApp } from '../harness/app.ts'
import { openBrowser, openPage, shown, signIn, type Watch } from '../harness/browser.ts'
import { FarEnd } from '../harness/far-end.ts'

let browser: Browser
let app: App
let agent: Agent
let page: Page
let watch: Watch
const far = new FarEnd([{ name: 'pay' }, { name: 'refund' }])

// One session throughout, as a person without JavaScript has it.
beforeAll(async () => {
  far.start()
  browser = await openBrowser()
  app = await startApp()
  await app.install('bank', far.url)
  agent = await app.agent()
  const opened = await openPage(browser, { javaScriptEnabled: false })
  page = opened.page
  watch = opened.watch
  await signIn(page, app)
})
afterAll(async () => {
  await agent.close()
  await browser.close()
  await app.stop()
  await far.stop()
})

const stateOf = async (id: string) => (await app.rooms.approvals.find(app.userId, id))?.request.state
const modeOf = async (tool: string) => {
  const lookup = await app.rooms.upstreams.tool(app.userId, 'bank', tool)
  if (lookup.found !== 'tool') throw new Error(lookup.found)
  const { connection, definitionHash } = lookup.handle
  return app.rooms.policy.decide({ userId: app.userId, connectionId: connection.id, toolName: tool, definitionHash })
    .mode
}

test('a link leads to sign-in and, signed in, straight to the request', async () => {
  const asked = requestId(await agent.call('bank', 'pay', { amount: 1 }))
  const stranger = await openPage(browser, { javaScriptEnabled: false })
  await stranger.page.goto(`${app.origin}/approve/${asked}`)
  await stranger.page.getByRole('heading', { name: 'Sign in' }).waitFor()
  await signIn(stranger.page, app, `/approve/${asked}`)
  expect(await stranger.page.getByRole('button', { name: 'Approve once', exact: true }).count()).toBe(1)
  await stranger.context.close()
})

test('a wrong password decides nothing and says so; the right one then approves', async () => {
  const asked = requestId(await agent.call('bank', 'pay', { amount: 2 }))
  await page.goto(`${app.origin}/approve/${asked}`)
  await page.getByLabel('Password').fill('not the password')
  await page.getByRole('button', { name: 'Approve once', exact: true }).click()
  await page.getByText('That was not the password').waitFor()
  expect(await stateOf(asked)).toBe('pending')

  // The page that says so asks again for the same act, in words.
  expect(await shown(page.getByRole('main'))).toContain('Approve this call once')
  await page.getByLabel('Password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Confirm' }).click()
  expect(outcome(await agent.await(asked))).toBe('executed')
})

test('the password in the form approves with one click', async () => {
  const asked = requestId(await agent.call('bank', 'pay', { amount: 3 }))
  await page.goto(`${app.origin}/approve/${asked}`)
  await page.getByLabel('Password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Approve once', exact: true }).click()
  await page.getByRole('heading', { name: 'Request', exact: true }).waitFor()
  expect(outcome(await agent.await(asked))).toBe('executed')
  await page.reload()
  expect(await shown(page.getByRole('main'))).toContain('It ran.')
})

test('a reason typed with the password reaches the agent, also through a mistyped password', async () => {
  const asked = requestId(await agent.call('bank', 'pay', { amount: 4 }))
  await page.goto(`${app.origin}/approve/${asked}`)
  await page.getByText('Give a reason for denying').click()
  await page.getByLabel('Reason (optional, told to the agent)').fill('too dear')
  await page.getByLabel('Password').fill('mistyped')
  await page.getByRole('button', { name: 'Deny', exact: true }).click()
  await page.getByText('That was not the password').waitFor()
  await page.getByLabel('Password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Confirm' }).click()
  const result = await agent.await(asked)
  expect(outcome(result)).toBe('denied')
  expect(JSON.stringify(result.content)).toContain('too dear')
})

test('a policy is set by way of the page that asks for the password', async () => {
  await page.goto(`${app.origin}/connections/bank`)
  const row = page.getByRole('listitem').filter({ has: page.getByRole('heading', { name: 'pay', exact: true }) })
  await row.getByRole('button', { name: 'Allow', exact: true }).click()
  await page.getByRole('heading', { name: 'Confirm with your password' }).waitFor()
  expect(await shown(page.getByRole('main'))).toContain('Allow: pay')
  expect(await modeOf('pay')).toBe('require_approval')

  await page.getByLabel('Password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Confirm' }).click()
  await page.waitForURL(`${app.origin}/connections/bank`)
  expect(await modeOf('pay')).toBe('allow')
  expect(await modeOf('refund')).toBe('require_approval')
  expect(await shown(row.getByRole('button', { pressed: true }))).toBe('Allow')
})

test('the log is filtered by its form, unfolded and sent', async () => {
  const asked = requestId(await agent.call('bank', 'refund', { amount: 9 }))
  await page.goto(`${app.origin}/log`)
  const calls = page.locator('main .calls > li:not(.day)')
  const all = await calls.count()
  expect(all).toBeGreaterThan(1)
  await page.getByText('Filter', { exact: true }).click()
  await page.getByLabel('Connection').selectOption('bank')
  await page.getByLabel('State').selectOption('Waiting for you')
  await page.getByLabel('Tool').fill('refund')
  await page.getByLabel('From (UTC)').fill('2020-01-01T00:00')
  await page.getByLabel('Until (UTC)').fill('2199-12-31T23:59')
  await page.getByRole('button', { name: 'Show', exact: true }).click()
  await page.waitForURL(/ending=pending/)
  expect(await calls.count()).toBe(1)
  await page.getByText('Filter', { exact: true }).click()
  expect(await page.getByLabel('From (UTC)').inputValue()).toBe('2020-01-01T00:00')
  await calls.getByRole('link').click()
  await page.waitForURL(`${app.origin}/approve/${asked}`)
  await page.goBack()
  await page.getByRole('link', { name: 'Show all' }).click()
  await page.waitForURL(`${app.origin}/log`)
  expect(await calls.count()).toBe(all)
})

test('signing out takes the password and ends the session on the server', async () => {
  const cookies = await page.context().cookies()
  await page.goto(app.origin)
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByLabel('Password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Confirm' }).click()
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
  const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join('; ')
  const replay = await fetch(`${app.origin}/`, { headers: { cookie }, redirect: 'manual' })
  expect(replay.headers.get('location')).toStartWith('/sign-in')
  expect(watch.origins).toEqual([app.origin])
})
