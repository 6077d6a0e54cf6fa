import { afterAll, beforeAll, expect, test } from 'bun:test'
import { type Browser, chromium } from 'playwright-core'
import { type App, startApp } from '../harness/app.ts'
import { openPage, signIn } from '../harness/browser.ts'
import { callByHand } from '../harness/by-hand.ts'
import { FAR_TEST_TLS } from '../harness/certificates.ts'
import { CHROMIUM_FLAGS, chromiumPath } from '../harness/chromium.ts'
import { until } from '../harness/everything.ts'
import { FarEnd } from '../harness/far-end.ts'
import { allRows } from '../harness/tables.ts'

// The usual home setup: one host name, AgentPort and another program on two of its https ports.

let browser: Browser
let app: App
let proxy: ReturnType<typeof Bun.serve>
let neighbor: ReturnType<typeof Bun.serve>
let cookie = ''
let asked: string
let definition: string
const far = new FarEnd([{ name: 'pay' }])

beforeAll(async () => {
  far.start()
  proxy = Bun.serve({
    port: 0,
    tls: FAR_TEST_TLS,
    fetch(request) {
      const { pathname, search } = new URL(request.url)
      // fetch decodes what it reads, so nothing is asked for encoded.
      const headers = new Headers(request.headers)
      headers.delete('accept-encoding')
      const { method, body } = request
      return fetch(`http://127.0.0.1:${app.serving.port}${pathname}${search}`, {
        method,
        headers,
        body,
        redirect: 'manual',
      })
    },
  })
  neighbor = Bun.serve({
    port: 0,
    tls: FAR_TEST_TLS,
    fetch(request) {
      cookie = request.headers.get('cookie') ?? cookie
      return new Response('<!doctype html><title>another program</title>', { headers: { 'content-type': 'text/html' } })
    },
  })
  app = await startApp({ url: `https://far.test:${proxy.port}` })
  const { id } = await app.install('bank', far.url)
  definition = (await app.rooms.upstreams.tools(id))[0]?.definitionHash ?? ''
  asked = await callByHand(app, 'bank', 'pay', { amount: 1 })
  browser = await chromium.launch({
    executablePath: chromiumPath(),
    args: [...CHROMIUM_FLAGS, '--host-resolver-rules=MAP far.test 127.0.0.1'],
  })
  const { page } = await openPage(browser, { ignoreHTTPSErrors: true })
  await signIn(page, app)
  await page.goto(`https://far.test:${neighbor.port}/`)
})
afterAll(async () => {
  await browser.close()
  await app.stop()
  await proxy.stop(true)
  await neighbor.stop(true)
  await far.stop()
})

const replay = (path: string, form: { [field: string]: string }) =>
  fetch(`http://127.0.0.1:${app.serving.port}${path}`, {
    method: 'POST',
    headers: { host: new URL(app.origin).host, cookie, 'sec-fetch-site': 'same-origin', origin: app.origin },
    body: new URLSearchParams(form),
    redirect: 'manual',
  })

test('on https the session cookie that another port received changes nothing outside the browser', async () => {
  expect(cookie).toMatch(/^__Host-agentport=\S+$/)
  const before = allRows(app.dataDir)
  const forms: [path: string, form: { [field: string]: string }][] = [
    [`/approve/${asked}/decision`, { decision: 'once' }],
    [`/approve/${asked}/decision`, { decision: 'always' }],
    [`/approve/${asked}/decision`, { decision: 'deny' }],
    ['/connections/bank/policies', { tool: 'pay', mode: 'allow', definition }],
    ['/connections/bank/bulk', { allow: definition }],
    ['/agents', { name: 'for the thief', reach: 'all' }],
    ['/settings', { pending_minutes: '10080', approved_minutes: '10080', kept_days: '1' }],
    ['/settings/browsers/end-others', {}],
    ['/sign-out', {}],
  ]
  for (const [path, form] of forms) {
    for (const origin_proof of ['', 'x'.repeat(43), cookie.split('=')[1] ?? '']) {
      const answer = await replay(path, { ...form, origin_proof })
      expect([path, answer.status]).toEqual([path, 403])
      expect(await answer.text()).toContain('Confirm with your password')
    }
  }
  expect(allRows(app.dataDir)).toEqual(before)
  expect(far.calls).toHaveLength(0)
})

test('on https the page itself approves with one click', async () => {
  const { page } = await openPage(browser, { ignoreHTTPSErrors: true })
  await signIn(page, app, `/approve/${asked}`)
  await page.getByRole('button', { name: 'Approve once', exact: true }).click()
  await until(async () => (await app.rooms.approvals.find(app.userId, asked))?.request.decisionMode === 'once')
})
