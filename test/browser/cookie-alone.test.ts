import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { Browser, Page } from 'playwright-core'
import { type Agent, requestId } from '../harness/agent.ts'
import { type App, startApp } from '../harness/app.ts'
import { openBrowser, openPage, signIn } from '../harness/browser.ts'
import { FarEnd } from '../harness/far-end.ts'
import { ForeignSite } from '../harness/foreign-site.ts'
import { OAuthProgram } from '../harness/oauth-program.ts'
import { allRows } from '../harness/tables.ts'

// Chromium sends a localhost cookie to every port of localhost, so any development server that an agent runs gets it.

let browser: Browser
let app: App
let agent: Agent
let page: Page
let cookie: string
let asked: string
let inBulk: { [field: string]: string }
let keyId: string
let tokenId: string
let program: OAuthProgram
const devServer = new ForeignSite()
const far = new FarEnd([{ name: 'pay' }, { name: 'gone' }])
let definition: string

beforeAll(async () => {
  far.start()
  browser = await openBrowser()
  app = await startApp()
  const { id: bank } = await app.install('bank', far.url)
  await app.setPolicy('bank', 'gone', 'deny')
  far.tools = [{ name: 'pay', description: 'Changed' }]
  await app.rooms.upstreams.refresh(bank, 'operator')
  definition = (await app.rooms.upstreams.tools(bank))[0]?.definitionHash ?? ''
  await app.installWithToken('needs-token', far.url, null)
  const { id, key } = await app.newKey()
  keyId = id
  const { personalTokens } = app.rooms.identity
  const made = await personalTokens.create(app.userId, { name: 'mine', scope: 'read', lifetimeMs: 3_600_000 })
  tokenId = made.id
  agent = await app.agent('v2-2026', key)
  asked = requestId(await agent.call('bank', 'pay', { amount: 1 }))
  const row = (await app.rooms.approvals.find(app.userId, asked))?.request
  inBulk = { agent: keyId, decision: 'once', ticked: `${asked}.${row?.argumentsHash}` }
  program = new OAuthProgram(app.origin)
  await program.register()
  ;({ page } = await openPage(browser))
  await signIn(page, app)
})
afterAll(async () => {
  await agent.close()
  await browser.close()
  await app.stop()
  await devServer.stop()
  await far.stop()
})

/** A form that does something at each of a person's routes; a new route has to be added here. */
const FORMS = (): { [route: string]: { path: string; form: { [field: string]: string } } } => ({
  '/approve/:id/decision': { path: `/approve/${asked}/decision`, form: { decision: 'once' } },
  '/approve/:id/run': { path: `/approve/${asked}/run`, form: {} },
  '/playground': {
    path: '/playground',
    form: { do: 'run', connection: 'bank', tool: 'pay', definition, as: 'json', json: '{"amount":1}' },
  },
  '/waiting/decisions': { path: '/waiting/decisions', form: inBulk },
  '/connections/:slug/policies': {
    path: '/connections/bank/policies',
    form: { tool: 'pay', mode: 'allow', definition },
  },
  '/connections/:slug/bulk': { path: '/connections/bank/bulk', form: { allow: definition } },
  '/connections/:slug/seen': { path: '/connections/bank/seen', form: { tool: 'pay', definition } },
  '/connections/:slug/forget': { path: '/connections/bank/forget', form: { tool: 'gone' } },
  '/connections/:slug/refresh': { path: '/connections/bank/refresh', form: {} },
  '/connections/:slug/remove': { path: '/connections/bank/remove', form: {} },
  '/connections/:slug/connect': { path: '/connections/needs-token/connect', form: { token: 'stolen' } },
  '/catalogue/custom': {
    path: '/catalogue/custom',
    form: { url: far.url, slug: 'trap', name: 'trap', method: 'none', private_network: 'yes' },
  },
  '/catalogue/:id': { path: '/catalogue/apify', form: { slug: 'trap', name: 'trap', method: 'token' } },
  '/agents': { path: '/agents', form: { name: 'for the thief', reach: 'all' } },
  '/agents/:id/name': { path: `/agents/${keyId}/name`, form: { name: 'trusted' } },
  '/agents/:id/reach': { path: `/agents/${keyId}/reach`, form: { reach: 'all', lifetime: 'forever' } },
  '/agents/:id/revoke': { path: `/agents/${keyId}/revoke`, form: {} },
  '/oauth/authorize': {
    path: '/oauth/authorize',
    form: { ...Object.fromEntries(program.request()), decision: 'allow', reach: 'all', lifetime: 'forever' },
  },
  '/settings': { path: '/settings', form: { pending_minutes: '10080', approved_minutes: '10080', kept_days: '1' } },
  '/settings/appearance': { path: '/settings/appearance', form: { appearance: 'dark' } },
  '/settings/browsers/:id/end': { path: `/settings/browsers/${'0'.repeat(32)}/end`, form: {} },
  '/settings/browsers/end-others': { path: '/settings/browsers/end-others', form: {} },
  '/settings/password': {
    path: '/settings/password',
    form: { new_password: 'the password of a thief', new_password_again: 'the password of a thief' },
  },
  '/settings/tokens': { path: '/settings/tokens', form: { name: 'thief', scope: 'tighten', lifetime: '365' } },
  '/settings/tokens/:id/revoke': { path: `/settings/tokens/${tokenId}/revoke`, form: {} },
  '/sign-out': { path: '/sign-out', form: {} },
})
const FOR_STRANGERS = ['/sign-in', '/setup', '/oauth/register', '/oauth/token', '/oauth/revoke']

const humanPosts = () =>
  app.serving.routes
    // A cookie is nothing to the API.
    .filter(({ method, path }) => method === 'POST' && !path.startsWith('/api') && !FOR_STRANGERS.includes(path))
    .map(({ path }) => path)
    .toSorted()

const post = (path: string, form: { [field: string]: string }) =>
  fetch(app.origin + path, {
    method: 'POST',
    // Another program writes whatever headers it likes.
    headers: { cookie, 'sec-fetch-site': 'same-origin', origin: app.origin },
    body: new URLSearchParams(form),
    redirect: 'manual',
  })

test('a development server on another port of localhost really is handed the session cookie', async () => {
  await page.goto(devServer.sameSiteOrigin)
  cookie = devServer.seen.find(({ path }) => path === '/')?.headers.get('cookie') ?? ''
  expect(cookie).toMatch(/^agentport_\d+=\S+$/)
  // It is a real session: a page can be read with it.
  const home = await fetch(app.origin, { headers: { cookie } })
  expect(await home.text()).toContain('Waiting for you')
})

test('every form of a person is tried below', () => {
  expect(humanPosts()).toEqual(Object.keys(FORMS()).toSorted())
})

test('with the cookie alone every form changes nothing and asks for the password', async () => {
  const before = allRows(app.dataDir)
  for (const route of humanPosts()) {
    const { path, form } = FORMS()[route] ?? { path: route, form: {} }
    for (const origin_proof of [undefined, '', 'x'.repeat(43), cookie.split('=')[1] ?? '']) {
      const answer = await post(path, origin_proof === undefined ? form : { ...form, origin_proof })
      expect([route, answer.status]).toEqual([route, 403])
      expect(await answer.text()).toContain('Confirm with your password')
    }
  }
  expect(allRows(app.dataDir)).toEqual(before)
  expect(far.calls).toHaveLength(0)
})

test('nor does the hash of the secret, which the store knows, stand for it', async () => {
  const before = allRows(app.dataDir)
  const hash = (before.sessions?.[0] as { origin_proof_hash?: string } | undefined)?.origin_proof_hash ?? ''
  expect(hash).toHaveLength(64)
  expect((await post('/agents', { name: 'thief', reach: 'all', origin_proof: hash })).status).toBe(403)
  expect(allRows(app.dataDir)).toEqual(before)
})

test('a wrong password sent with the stolen cookie decides nothing either', async () => {
  const answer = await post(`/approve/${asked}/decision`, { decision: 'once', password: 'a guess' })
  expect(answer.status).toBe(401)
  expect((await app.rooms.approvals.find(app.userId, asked))?.request.state).toBe('pending')
})

test('no page that the cookie can read holds the secret', async () => {
  await page.goto(app.origin)
  const proof = String(await page.evaluate("localStorage.getItem('agentport.origin_proof')"))
  expect(proof).toMatch(/^[A-Za-z0-9_-]{43}$/)
  const gets = app.serving.routes.filter(({ method, path }) => method === 'GET' && !path.includes(':'))
  for (const { path } of gets.filter(({ path }) => path !== '/events')) {
    const answer = await fetch(app.origin + path, { headers: { cookie }, redirect: 'manual' })
    expect(await answer.text()).not.toContain(proof)
  }
})

test('the page itself still acts with one click', async () => {
  await page.goto(`${app.origin}/approve/${asked}`)
  await page.getByRole('button', { name: 'Approve once', exact: true }).click()
  await page.getByText('The agent has yet to pick it up').waitFor()
})
