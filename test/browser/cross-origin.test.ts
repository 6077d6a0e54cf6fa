import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { type Agent, requestId } from '../harness/agent.ts'
import { type App, EMAIL, PASSWORD, startApp } from '../harness/app.ts'
import { openBrowser, signedIn, signIn } from '../harness/browser.ts'
import { until } from '../harness/everything.ts'
import { FarEnd } from '../harness/far-end.ts'
import { ForeignSite } from '../harness/foreign-site.ts'
import { allRows } from '../harness/tables.ts'

let browser: Browser
let app: App
let agent: Agent
let asked: string
let definition: string
let inBulk: { [name: string]: string }
let open: Awaited<ReturnType<typeof signedIn>>
let page: Page
let context: BrowserContext
const site = new ForeignSite()
const far = new FarEnd([{ name: 'pay' }])

beforeAll(async () => {
  far.start()
  browser = await openBrowser()
  app = await startApp()
  const { id: bank } = await app.install('bank', far.url)
  definition = (await app.rooms.upstreams.tools(bank))[0]?.definitionHash ?? ''
  agent = await app.agent()
  asked = requestId(await agent.call('bank', 'pay', { amount: 1 }))
  const row = (await app.rooms.approvals.find(app.userId, asked))?.request
  inBulk = { agent: row?.principalId ?? '', decision: 'once', ticked: `${asked}.${row?.argumentsHash}` }
  open = await signedIn(browser, app)
})
beforeEach(async () => {
  ;({ page, context } = await open())
})
afterEach(async () => {
  await context.close()
})
afterAll(async () => {
  await agent.close()
  await browser.close()
  await app.stop()
  await site.stop()
  await far.stop()
})

const NEIGHBOURS: [name: string, origin: () => string][] = [
  ['another host', () => site.crossSiteOrigin],
  ['another port of localhost', () => site.sameSiteOrigin],
]

function autoPost(action: string, fields: { [name: string]: string }): string {
  const inputs = Object.entries(fields).map(([name, value]) => `<input name="${name}" value="${value}">`)
  return `<!doctype html><form method="post" action="${action}">${inputs.join('')}</form><script>document.forms[0].submit()</script>`
}

describe.each(NEIGHBOURS)('a page of %s', (_, origin) => {
  test('cannot show a page of ours in a frame, to lead a click astray', async () => {
    site.pages.set(
      '/frame',
      `<!doctype html><iframe src="${app.origin}/approve/${asked}" width="900" height="900"></iframe>`,
    )
    const refusals: string[] = []
    page.on('console', (message) => refusals.push(message.text()))
    await page.goto(`${origin()}/frame`)
    await until(() => refusals.some((text) => /frame-ancestors|X-Frame-Options/i.test(text)))
    const frame = page.frames()[1]
    expect(await frame?.getByRole('button', { name: 'Approve once' }).count()).toBe(0)
    expect(frame?.url()).not.toStartWith(app.origin)
  })

  test('that sends a form here by itself changes nothing, whichever form it is', async () => {
    const before = allRows(app.dataDir)
    const forms: [string, { [name: string]: string }][] = [
      [`/approve/${asked}/decision`, { decision: 'once' }],
      ['/waiting/decisions', inBulk],
      ['/playground', { do: 'run', connection: 'bank', tool: 'pay', definition, as: 'json', json: '{"amount":1}' }],
      [`/approve/${asked}/run`, {}],
      ['/connections/bank/policies', { tool: 'pay', mode: 'allow', definition }],
      ['/connections/bank/bulk', { allow: definition }],
      ['/connections/bank/remove', {}],
      ['/agents', { name: 'for the thief', reach: 'all' }],
      ['/settings', { pending_minutes: '5', approved_minutes: '5', kept_days: '1' }],
      ['/settings/browsers/end-others', {}],
      ['/settings/password', { password: PASSWORD, new_password: 'of a thief', new_password_again: 'of a thief' }],
      ['/settings/appearance', { appearance: 'dark' }],
      ['/settings/tokens', { name: 'for the thief', scope: 'tighten', lifetime: '365', password: PASSWORD }],
      ['/sign-out', {}],
      // Signing a victim in under the attacker's account is a change too.
      ['/sign-in', { email: EMAIL, password: PASSWORD, return_to: '/' }],
    ]
    for (const [path, fields] of forms) {
      site.pages.set('/post', autoPost(app.origin + path, fields))
      await page.goto(`${origin()}/post`)
      await page.waitForURL(app.origin + path)
      expect([path, await page.getByRole('heading', { level: 1 }).textContent()]).toEqual([path, 'Not from this site'])
    }
    expect(allRows(app.dataDir)).toEqual(before)
  })

  test('that posts by script, with the cookie, changes nothing and reads nothing', async () => {
    const before = allRows(app.dataDir)
    await page.goto(origin())
    const attempts = `Promise.all(['cors', 'no-cors'].map((mode) =>
      fetch('${app.origin}/approve/${asked}/decision', {
        method: 'POST', mode, credentials: 'include',
        headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'decision=once' })
        .then((answer) => answer.type + answer.status, (error) => error.name)))`
    expect(await page.evaluate(attempts)).toEqual(['TypeError', 'TypeError'])
    const read = `fetch('${app.origin}/', { credentials: 'include' }).then((answer) => answer.text(), (error) => error.name)`
    expect(await page.evaluate(read)).toBe('TypeError')
    expect(allRows(app.dataDir)).toEqual(before)
  })

  test('that opens a page of ours in a window cannot reach into it', async () => {
    await page.goto(origin())
    const [popup] = await Promise.all([
      page.waitForEvent('popup'),
      page.evaluate(`window.theirs = window.open('${app.origin}/approve/${asked}')`),
    ])
    await popup.getByRole('button', { name: 'Approve once', exact: true }).waitFor()
    expect(await page.evaluate('theirs.closed')).toBe(true)
    expect(await popup.evaluate('window.opener')).toBeNull()
  })
})

test('a link from elsewhere, as from a chat, still leads a signed-in person straight to the request', async () => {
  site.pages.set('/chat', `<!doctype html><a href="${app.origin}/approve/${asked}">the agent asks</a>`)
  await page.goto(`${site.crossSiteOrigin}/chat`)
  await page.getByRole('link').click()
  await page.getByRole('button', { name: 'Approve once', exact: true }).waitFor()
})

test('a page opened at 127.0.0.1 leads to the public origin, where the session is', async () => {
  await page.goto(`http://127.0.0.1:${new URL(app.origin).port}/approve/${asked}`)
  expect(page.url()).toBe(`${app.origin}/approve/${asked}`)
  await page.getByRole('button', { name: 'Approve once', exact: true }).waitFor()
})

test('after signing in by a link, the way leads to a page of ours only', async () => {
  for (const evil of ['//127.0.0.1:9/', '/\\127.0.0.1:9/', 'http://127.0.0.1:9/', 'javascript:alert(1)']) {
    await context.clearCookies()
    await page.goto(`${app.origin}/sign-in?return_to=${encodeURIComponent(evil)}`)
    await page.getByLabel('Email').fill(EMAIL)
    await page.getByLabel('Password').fill(PASSWORD)
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await page.waitForURL(`${app.origin}/`)
  }
  await signIn(page, app, '/agents')
})
