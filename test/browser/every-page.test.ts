import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser } from 'playwright-core'
import { type Agent, requestId } from '../harness/agent.ts'
import { type App, startApp } from '../harness/app.ts'
import { openBrowser, openPage, overflows, signedIn, unfold } from '../harness/browser.ts'
import { until } from '../harness/everything.ts'
import { FarEnd, hang } from '../harness/far-end.ts'

const SIZES = [
  { width: 1280, height: 900 },
  { width: 390, height: 844 },
]
const SCHEMES = ['light', 'dark'] as const

const far = new FarEnd([
  { name: 'list_invoices', description: 'Lists invoices', annotations: { readOnlyHint: true } },
  { name: 'create_refund', description: `Refunds a charge. ${'It explains itself at length. '.repeat(20)}` },
  { name: 'hangs', description: 'Never ends' },
  { name: 'fails' },
])

/** Its tools come, change and go. */
const drifting = new FarEnd([
  { name: 'sell', description: `Sells. ${'w'.repeat(300)}`, inputSchema: { type: 'object', properties: { to: {} } } },
  { name: 'buy', description: 'Buys' },
])

let browser: Browser
let app: App
let agent: Agent
let open: Awaited<ReturnType<typeof signedIn>>
const paths: { [page: string]: string } = {
  home: '/',
  connections: '/connections',
  connection: '/connections/bank',
  'filtered connection': '/connections/bank?filter=refund',
  'token entry': '/connections/needs-token/connect',
  catalogue: '/catalogue',
  'filtered catalogue': '/catalogue?query=data&category=Analytics',
  integration: '/catalogue/datadog',
  'integration that cannot be connected': '/catalogue/gmail',
  'custom server': '/catalogue/custom',
  connect: '/connect',
  log: '/log',
  'filtered log': '/log?tool=create_refund&ending=denied&from=2020-01-01T00:00',
  agents: '/agents',
  settings: '/settings',
}

beforeAll(async () => {
  far.start()
  far.act = (call) => {
    if (call.name === 'hangs') return hang(call).then(() => ({ content: [] }))
    if (call.name === 'fails') return new Response(null, { status: 403 })
    return { content: [{ type: 'text', text: 'ok '.repeat(200) }] }
  }
  browser = await openBrowser()
  app = await startApp()
  await app.install('bank', far.url)
  await app.installWithToken('needs-token', far.url, null)
  const revoked = await app.newKey('revoked')
  await app.rooms.identity.agents.revoke(app.userId, revoked.id, 'operator')
  agent = await app.agent()
  await requestsInEveryState()
  await driftedTools()
  open = await signedIn(browser, app)
})
afterAll(async () => {
  await agent.close()
  await browser.close()
  await app.stop()
  await far.stop()
  await drifting.stop()
})

async function driftedTools() {
  const { id } = await app.install('shop', drifting.start().url)
  for (const tool of ['sell', 'buy']) await app.setPolicy('shop', tool, 'allow')
  const schema = { type: 'object', properties: { [`to${'o'.repeat(300)}`]: { enum: ['x'.repeat(300), 1] }, to: true } }
  drifting.tools = [
    { name: 'sell', description: `Sells\u200b out. ${'v'.repeat(300)}`, inputSchema: schema, outputSchema: schema },
    { name: 'rent', description: 'Rents' },
  ]
  await app.rooms.upstreams.refresh(id, 'operator')
  paths['drifted connection'] = '/connections/shop'
  paths['a changed tool'] = '/connections/shop/tool?name=sell'
  paths['a new tool'] = '/connections/shop/tool?name=rent'
  paths['a tool that is gone'] = '/connections/shop/tool?name=buy'
  const asked = requestId(await agent.call('shop', 'sell', { to: 1 }))
  paths['request about a changed tool'] = `/approve/${asked}`
  paths['tool as it was asked for'] = `/approve/${asked}/tool`
}

async function requestsInEveryState() {
  const { approvals } = app.rooms
  const ask = async (tool: string, n: number) =>
    requestId(await agent.call('bank', tool, { n, memo: 'a plain argument' }, 'what the agent says'))
  const path = (id: string) => `/approve/${id}`
  const decide = (id: string, mode: 'once' | 'deny') => approvals.decide(app.userId, id, { mode, reason: 'because' })

  paths.pending = path(await ask('create_refund', 1))
  const approved = await ask('create_refund', 2)
  await decide(approved, 'once')
  paths.approved = path(approved)
  const denied = await ask('create_refund', 3)
  await decide(denied, 'deny')
  paths.denied = path(denied)
  for (const [state, tool] of [
    ['executed', 'list_invoices'],
    ['failed', 'fails'],
    ['executing', 'hangs'],
  ] as const) {
    const id = await ask(tool, 4)
    await decide(id, 'once')
    await agent.await(id, 1)
    await until(async () => (await approvals.find(app.userId, id))?.request.state === state)
    paths[state] = path(id)
  }
  await app.setPolicy('bank', 'fails', 'deny')
  paths.refused = path(requestId(await agent.call('bank', 'fails', {})))
}

describe.each(SIZES)('at $width px', (viewport) => {
  describe.each([...SCHEMES])('%s', (colorScheme) => {
    test('no page of a signed-in person breaks the policy, leaves the origin, logs an error or scrolls sideways', async () => {
      const { page, context, watch } = await open({ viewport, colorScheme })
      const wide: string[] = []
      for (const [name, path] of Object.entries(paths)) {
        const answer = await page.goto(app.origin + path)
        expect([name, answer?.status()]).toEqual([name, 200])
        if (await overflows(page)) wide.push(name)
        await unfold(page)
        if (await overflows(page)) wide.push(`${name}, unfolded`)
      }
      await page.goto(`${app.origin}/connect?client=other`)
      await page.getByLabel('Name').fill('shown once')
      await page.getByRole('button', { name: 'Create key' }).click()
      await page.locator('#new-key').waitFor()
      if (await overflows(page)) wide.push('the new key')
      await context.close()
      expect(wide).toEqual([])
      expect(watch).toEqual({ errors: [], origins: [app.origin] })
    }, 30_000)

    test('nor does a page for strangers', async () => {
      const { page, context, watch } = await openPage(browser, { viewport, colorScheme })
      const token = await app.rooms.identity.humans.newSetupToken(app.userId)
      for (const path of ['/sign-in', `/setup?token=${token}`, '/setup?token=used', '/nowhere']) {
        await page.goto(app.origin + path)
        expect([path, await overflows(page)]).toEqual([path, false])
      }
      await context.close()
      expect(watch.origins).toEqual([app.origin])
      expect(watch.errors.filter((error) => !/status of 4(04|10)/.test(error))).toEqual([])
    })
  })
})

test('dark is dark and light is light', async () => {
  const brightness = async (colorScheme: (typeof SCHEMES)[number]) => {
    const { page, context } = await openPage(browser, { colorScheme })
    await page.goto(`${app.origin}/sign-in`)
    // A canvas tells the colour as red, green and blue, in whatever form the style sheet names it.
    const sum = await page.evaluate(`(() => {
      const canvas = document.createElement('canvas').getContext('2d')
      canvas.fillStyle = getComputedStyle(document.body).backgroundColor
      canvas.fillRect(0, 0, 1, 1)
      const [red, green, blue] = canvas.getImageData(0, 0, 1, 1).data
      return red + green + blue
    })()`)
    await context.close()
    return Number(sum)
  }
  expect(await brightness('light')).toBeGreaterThan(600)
  expect(await brightness('dark')).toBeLessThan(200)
})

test('an inline script that somebody smuggled into a page would not run, nor a style, nor a foreign script', async () => {
  const { page, watch, context } = await open()
  const body = await (await fetch(`${app.origin}/sign-in`)).text()
  await page.route('**/sign-in', async (route) => {
    const original = await route.fetch()
    const smuggled = `<script>window.hit=1</script><style>body{color:red}</style><script src="http://127.0.0.1:9/x.js"></script><base href="http://127.0.0.1:9/">`
    await route.fulfill({ response: original, body: body.replace('</head>', `${smuggled}</head>`) })
  })
  await page.goto(`${app.origin}/sign-in`)
  expect(await page.evaluate('window.hit')).toBeUndefined()
  expect(await page.evaluate('document.baseURI')).toStartWith(app.origin)
  expect(watch.errors.filter((error) => error.includes('Content Security Policy')).length).toBeGreaterThanOrEqual(3)
  await context.close()
})
