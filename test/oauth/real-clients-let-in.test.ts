import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser, Page } from 'playwright-core'
import { createOutbound, type OutboundFetch } from '../../src/lib/outbound.ts'
import { type Agent, GENERATIONS, outcome, requestId } from '../harness/agent.ts'
import { type App, PASSWORD, startApp } from '../harness/app.ts'
import { fillSignIn, openBrowser, openPage, shown, signedIn } from '../harness/browser.ts'
import { FarEnd } from '../harness/far-end.ts'
import { type Program, SdkProgram } from '../harness/sdk-program.ts'

// What else a person may say to a program, and what else a program may be.

const DOCUMENT = 'https://program.example/oauth/client.json'
const CURSOR = 'cursor://anysphere.cursor-mcp/oauth/callback'
const bank = new FarEnd([{ name: 'look' }])
const shop = new FarEnd([{ name: 'order' }])
let app: App
let browser: Browser
let open: Awaited<ReturnType<typeof signedIn>>

/** The one document that the outside world publishes here. A program learns its port only when it runs, so none is named. */
const outbound: OutboundFetch = async (url, init, limits) => {
  if (String(url) !== DOCUMENT) return createOutbound()(url, init, limits)
  return Response.json({
    client_id: DOCUMENT,
    client_name: 'Published program',
    redirect_uris: ['http://127.0.0.1/callback'],
    token_endpoint_auth_method: 'none',
  })
}

beforeAll(async () => {
  bank.start()
  shop.start()
  app = await startApp({ outbound })
  await app.install('bank', bank.url)
  await app.install('shop', shop.url)
  await app.setPolicy('bank', 'look', 'allow')
  browser = await openBrowser()
  open = await signedIn(browser, app)
})
afterEach(async () => {
  for (const context of browser.contexts()) await context.close()
  for (const end of ending.splice(0)) await end()
})
afterAll(async () => {
  await browser.close()
  await app.stop()
  await bank.stop()
  await shop.stop()
})

const ending: (() => Promise<unknown>)[] = []
function newProgram(generation: (typeof GENERATIONS)[number], program?: Program): SdkProgram {
  const made = new SdkProgram(`${app.origin}/mcp`, generation, program)
  ending.push(() => made.stop())
  return made
}
async function connected(agent: Promise<Agent>): Promise<Agent> {
  const made = await agent
  ending.unshift(() => made.close())
  return made
}
const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click()
const installed = async (agent: Agent) => {
  const { structuredContent } = await agent.use('agentport__list_installed_integrations')
  const { integrations } = structuredContent as { integrations: { integration_id: string }[] }
  return integrations.map((each) => each.integration_id)
}

describe.each([...GENERATIONS])('a program with a %s client', (generation) => {
  test('is told by a proper error that the person said no, and holds nothing', async () => {
    const program = newProgram(generation)
    const { page } = await open()
    await page.goto(await program.pageToOpen())
    await press(page, 'Deny')
    await page.getByRole('heading', { name: 'Back at the program' }).waitFor()
    const answer = await program.answer()
    expect(answer.get('error')).toBe('access_denied')
    expect(answer.get('code')).toBeNull()
    // The older client is handed the code alone, so there is nothing to hand it.
    if (generation !== 'v1') await expect(program.finish(answer)).rejects.toThrow('The person said no.')
    expect(program.tokens).toBeUndefined()
  })

  test('sees and calls the one connection it was let in to, and no other', async () => {
    const program = newProgram(generation)
    const { page } = await open()
    await page.goto(await program.pageToOpen())
    await page.getByLabel('Only these:').check()
    await page.getByLabel('bank').check()
    await press(page, 'Allow')
    const agent = await connected(program.finish(await program.answer()))
    expect(await installed(agent)).toEqual(['bank'])
    expect(outcome(await agent.call('bank', 'look'))).toBe('executed')
    expect(outcome(await agent.call('shop', 'order'))).toBe('invalid')
  })

  test('that is described at its own address registers nothing, and the page says who publishes it', async () => {
    const program = newProgram(generation, { documentUrl: DOCUMENT })
    const { page } = await open()
    await page.goto(await program.pageToOpen())
    expect(program.asked).not.toContain('POST /oauth/register')
    const asked = await shown(page.getByRole('main'))
    expect(asked).toContain('Published program')
    expect(asked).toContain('described at program.example')
    await press(page, 'Allow')
    const agent = await connected(program.finish(await program.answer()))
    expect(await installed(agent)).toEqual(['bank', 'shop'])
    await page.getByRole('heading', { name: 'Back at the program' }).waitFor()
    await page.goto(`${app.origin}/approve/${requestId(await agent.call('shop', 'order'))}`)
    expect(await shown(page.getByRole('main'))).toContain('its own claim, described at program.example')
  })

  test('registers itself anew at a server that has lost its data', async () => {
    const lost = await startApp()
    const program = new SdkProgram(`${lost.origin}/mcp`, generation)
    ending.push(() => program.stop())
    const { page } = await openPage(browser)
    await page.goto(await program.pageToOpen())
    await fillSignIn(page)
    await press(page, 'Allow')
    const before = await program.finish(await program.answer())
    await before.close()
    await lost.stop()
    const { client } = program

    const anew = await startApp({ port: Number(new URL(lost.origin).port) })
    ending.push(() => anew.stop())
    await page.goto(await program.pageToOpen())
    expect(program.client?.client_id).not.toBe(client?.client_id)
    await fillSignIn(page)
    await press(page, 'Allow')
    const agent = await connected(program.finish(await program.answer()))
    expect(await agent.listTools()).toHaveLength(11)
  })
})

describe('a program that opens links of its own scheme', () => {
  test.each([true, false])(
    'is led on to, and where nothing opens such links the person sees one to follow; JavaScript: %p',
    async (js) => {
      const program = newProgram('v2-2026', { redirectUri: CURSOR })
      const { page } = await openPage(browser, { javaScriptEnabled: js })
      await page.goto(await program.pageToOpen())
      await fillSignIn(page)
      await page.getByRole('heading', { name: 'Real client' }).waitFor()
      expect(await shown(page.getByRole('main'))).toContain('the program that opens cursor: links here')
      if (!js) await page.getByLabel('Password').fill(PASSWORD)
      const ledOn = page.waitForRequest((request) => request.url().startsWith(CURSOR))
      await press(page, 'Allow')
      const link = page.getByRole('link', { name: 'Continue to cursor' })
      const href = new URL((await link.getAttribute('href')) ?? '')
      expect((await ledOn).url()).toBe(href.href)
      expect([...href.searchParams.keys()].toSorted()).toEqual(['code', 'iss', 'state'])
      const agent = await connected(program.finish(href.searchParams))
      expect(await installed(agent)).toEqual(['bank', 'shop'])
    },
  )
})
