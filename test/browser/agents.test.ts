import { afterAll, afterEach, beforeAll, expect, test } from 'bun:test'
import type { Browser, Page } from 'playwright-core'
import { type Agent, outcome, requestId, text } from '../harness/agent.ts'
import { type App, startApp } from '../harness/app.ts'
import { openBrowser, shown, signedIn } from '../harness/browser.ts'
import { FarEnd } from '../harness/far-end.ts'
import { OAuthProgram } from '../harness/oauth-program.ts'

let browser: Browser
let app: App
let open: Awaited<ReturnType<typeof signedIn>>
let agent: Agent
let id: string
let key: string
const far = new FarEnd([{ name: 'pay' }])

beforeAll(async () => {
  far.start()
  browser = await openBrowser()
  app = await startApp()
  await app.install('bank', far.url)
  await app.install('shop', far.url)
  open = await signedIn(browser, app)
})
afterEach(async () => {
  for (const context of browser.contexts()) await context.close()
})
afterAll(async () => {
  await browser.close()
  await app.stop()
  await far.stop()
})

async function withNewKey(name: string): Promise<Page> {
  ;({ id, key } = await app.newKey(name))
  agent = await app.agent('v2-2026', key)
  const { page } = await open()
  await page.goto(`${app.origin}/agents`)
  return page
}

const stateOf = async (asked: string) => (await app.rooms.approvals.find(app.userId, asked))?.request.state

test('the list says of each agent what it is, what it calls itself, from where it called, and leads to its page', async () => {
  const page = await withNewKey('on my laptop')
  const program = new OAuthProgram(app.origin)
  await program.signIn(await app.person())
  const waits = requestId(await agent.call('bank', 'pay', { amount: 1 }))
  await page.reload()
  const row = page.getByRole('listitem').filter({ hasText: 'on my laptop' })
  expect(await shown(row)).toMatch(
    /Key\s+ap_[\w-]{6}….*used just now from\s+(::1|127\.0\.0\.1).*test-agent 2\.0.*In use/s,
  )
  expect(await shown(page.getByRole('listitem').filter({ hasText: 'Test program' }))).toMatch(
    /Signed in; its name is its own claim.*Never used/s,
  )
  await row.getByRole('link').click()
  await page.waitForURL(`${app.origin}/agents/${id}`)
  expect(await shown(page.locator('main'))).toContain('all connections, also those that you add later')
  expect(await page.locator('.rows-waiting a').getAttribute('href')).toBe(`/approve/${waits}`)
  await page.getByRole('link', { name: 'All its calls' }).click()
  expect(await shown(page.locator('main'))).toContain('pay')
  await agent.close()
})

test('what an agent asks and how it ends appears on its page at once', async () => {
  const page = await withNewKey('watched')
  await page.goto(`${app.origin}/agents/${id}`)
  const calls = page.locator('#agent-calls')
  expect(await shown(calls)).toContain('It has not called anything yet.')
  const asked = requestId(await agent.call('bank', 'pay', { watched: true }))
  await calls.getByText('Waiting for you').waitFor()
  await (await app.person()).decide(asked, 'deny')
  await calls.getByText('Denied').waitFor()
  expect(await shown(calls)).not.toContain('Waiting for you')
  await agent.close()
})

test('an agent gets another name, which is refused when it is none', async () => {
  const page = await withNewKey('old name')
  await page.goto(`${app.origin}/agents/${id}`)
  await page.getByText('Rename').first().click()
  await page.evaluate('for (const form of document.forms) form.noValidate = true')
  await page.getByLabel('Name').fill('  ')
  await page.getByRole('button', { name: 'Rename' }).click()
  await page.getByText('Give the agent a name of 1 to 80 characters.').waitFor()
  await page.getByText('Rename').first().click()
  await page.getByLabel('Name').fill('new name')
  await page.getByRole('button', { name: 'Rename' }).click()
  await page.getByRole('heading', { name: 'new name' }).waitFor()
  await agent.close()
})

test('limiting an agent voids what it asked beyond, hides the rest from it, and can be taken back', async () => {
  const page = await withNewKey('limited')
  const [bank, shop] = [await agent.call('bank', 'pay', { l: 1 }), await agent.call('shop', 'pay', { l: 1 })].map(
    requestId,
  )
  const waiting = agent.await(shop ?? '', 60)
  await page.goto(`${app.origin}/agents/${id}`)
  const limit = page.locator('details').filter({ hasText: 'Save the limit' })
  await limit.getByText('Limit', { exact: true }).click()
  await limit.getByLabel('Only these:').check()
  await limit.getByRole('button', { name: 'Save the limit' }).click()
  await page.getByText('Tick at least one connection, or choose all.').waitFor()
  await limit.getByText('Limit', { exact: true }).click()
  // What has to be mended does not come back wider than it was meant.
  expect(await limit.getByLabel('Only these:').isChecked()).toBe(true)
  await limit.getByLabel('bank').check()
  await limit.getByLabel('For how long').selectOption('7')
  await limit.getByRole('button', { name: 'Save the limit' }).click()
  await page.waitForURL(`${app.origin}/agents/${id}`)

  expect(text(await waiting)).toContain('may not use this connection any more')
  expect([await stateOf(bank ?? ''), await stateOf(shop ?? '')]).toEqual(['pending', 'expired'])
  expect(outcome(await agent.call('shop', 'pay', { l: 2 }))).toBe('invalid')
  const facts = page.locator('main .facts').first()
  expect(await shown(facts)).toMatch(/May use\s+bank.*Ends\s+\w/s)
  await page.goto(`${app.origin}/agents`)
  expect(await shown(page.getByRole('listitem').filter({ hasText: 'limited' }).first())).toMatch(
    /limited to 1 connection.*ends/s,
  )

  await page.goto(`${app.origin}/agents/${id}`)
  await limit.getByText('Limit', { exact: true }).click()
  expect(await limit.getByLabel('bank').isChecked()).toBe(true)
  expect(await limit.getByLabel('For how long').inputValue()).toBe('as_it_is')
  await limit.getByLabel('All, also those that you add later').check()
  await limit.getByLabel('For how long').selectOption('forever')
  await limit.getByRole('button', { name: 'Save the limit' }).click()
  await page.getByText('when you revoke it').waitFor()
  expect(outcome(await agent.call('shop', 'pay', { l: 3 }))).toBe('approval_required')
  await agent.close()
})

test('revoking takes two steps, shuts the agent out at once, ends its waits and voids what it asked', async () => {
  const other = await app.agent()
  const page = await withNewKey('to be revoked')
  const asked = requestId(await agent.call('bank', 'pay', { amount: 1 }))
  const waiting = agent.await(asked, 60)
  await page.goto(`${app.origin}/agents/${id}`)
  const revoke = page.getByRole('button', { name: 'Revoke', exact: true })
  expect(await revoke.isVisible()).toBe(false)
  await page.getByText('Revoke', { exact: true }).first().click()
  await revoke.click()
  await page.locator('.state', { hasText: 'Revoked' }).waitFor()
  expect(await page.getByText('Save the limit').count()).toBe(0)

  expect(text(await waiting)).toContain('The agent that asked was revoked.')
  await expect(agent.call('bank', 'pay', { amount: 1 })).rejects.toThrow()
  expect(await stateOf(asked)).toBe('expired')
  expect(outcome(await other.call('bank', 'pay', { amount: 2 }))).toBe('approval_required')
  await other.close()
})

test('a key is made for the chosen program, limited from the start, and says when it is used', async () => {
  const { page, context } = await open()
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: app.origin })
  await page.goto(`${app.origin}/connect`)
  await page.getByRole('link', { name: 'Codex' }).click()
  await page.evaluate('for (const form of document.forms) form.noValidate = true')
  await page.getByRole('button', { name: 'Create key' }).click()
  await page.getByText('Give the key a name of 1 to 80 characters.').waitFor()
  await page.getByLabel('Name').fill('codex at work')
  await page.getByLabel('Only these:').check()
  await page.getByLabel('shop').check()
  await page.getByLabel('For how long').selectOption('1')
  await page.getByRole('button', { name: 'Create key' }).click()
  const made = (await page.locator('#new-key').textContent()) ?? ''
  expect(await page.locator('#for-codex-0').textContent()).toBe(`export AGENTPORT_API_KEY=${made}`)
  await page.getByRole('button', { name: 'Copy key' }).click()
  await page.getByRole('button', { name: 'Copied' }).waitFor()
  expect(await page.evaluate<unknown>('navigator.clipboard.readText()')).toBe(made)

  const arrivals = page.locator('#arrivals')
  expect(await shown(arrivals)).toContain('Nobody has called yet.')
  const stranger = await app.agent()
  const codex = await app.agent('v1', made)
  await arrivals.getByText('Connected').waitFor()
  expect(await shown(arrivals)).toMatch(/^codex at work\s+says it is\s+test-agent 1\.0\s+Connected$/)
  expect(outcome(await codex.call('bank', 'pay', {}))).toBe('invalid')
  expect(outcome(await codex.call('shop', 'pay', {}))).toBe('approval_required')
  const [limited] = (await app.rooms.identity.agents.list(app.userId)).filter(({ name }) => name === 'codex at work')
  const hours = ((limited?.expiresAt ?? 0) - (limited?.createdAt ?? 0)) / (60 * 60_000)
  expect(hours).toBeCloseTo(24, 3)
  await Promise.all([stranger.close(), codex.close()])
})

test('a program that signs in shows as connected once it has called', async () => {
  const { page } = await open()
  await page.goto(`${app.origin}/connect`)
  const program = new OAuthProgram(app.origin)
  const { access_token } = await program.signIn(await app.person())
  const arrivals = page.locator('#arrivals')
  const call = () =>
    fetch(`${app.origin}/mcp`, { method: 'POST', headers: { authorization: `Bearer ${access_token}` }, body: '{}' })
  expect(await shown(arrivals)).toContain('Nobody has called yet.')
  await call()
  await arrivals.getByText('Connected').waitFor()
  expect(await shown(arrivals)).toContain('Test program')
})

test('without JavaScript the page of the ways in, its key and its limits work all the same', async () => {
  const { page } = await open({ javaScriptEnabled: false })
  await page.goto(`${app.origin}/connect?client=other`)
  await page.getByLabel('Name').fill('no script')
  await page.getByLabel('Password').fill('correct horse battery')
  await page.getByRole('button', { name: 'Create key' }).click()
  expect(await page.locator('#new-key').textContent()).toMatch(/^ap_[\w-]{43}$/)
})
