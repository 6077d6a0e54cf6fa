import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser } from 'playwright-core'
import type { App } from '../harness/app.ts'
import { openBrowser, openPage, overflows, signedIn, unfold } from '../harness/browser.ts'
import { type EveryPage, stageEveryPage } from '../harness/every-page.ts'

const SIZES = [
  { width: 1280, height: 900 },
  { width: 768, height: 1024 },
  { width: 390, height: 844 },
]
const SCHEMES = ['light', 'dark'] as const

let browser: Browser
let staged: EveryPage
let app: App
let open: Awaited<ReturnType<typeof signedIn>>

beforeAll(async () => {
  browser = await openBrowser()
  staged = await stageEveryPage()
  app = staged.app
  open = await signedIn(browser, app)
})
afterAll(async () => {
  await browser.close()
  await staged.stop()
})

describe.each(SIZES)('at $width px', (viewport) => {
  describe.each([...SCHEMES])('%s', (colorScheme) => {
    test('no page of a signed-in person breaks the policy, leaves the origin, logs an error or scrolls sideways', async () => {
      const { page, context, watch } = await open({ viewport, colorScheme })
      const wide: string[] = []
      for (const [name, path] of Object.entries(staged.paths)) {
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

    test('without JavaScript nothing of it is missing, dead or too wide', async () => {
      const { page, context, watch } = await open({ viewport, colorScheme, javaScriptEnabled: false })
      const wrong: string[] = []
      for (const [name, path] of Object.entries(staged.paths)) {
        await page.goto(app.origin + path)
        if (await overflows(page)) wrong.push(`${name} is too wide`)
        if (!(await page.locator('h1').first().isVisible())) wrong.push(`${name} has no heading`)
        // A button that only a script would answer has no place on a page without one.
        const dead = page.locator('button:not([type="submit"]):visible')
        if ((await dead.count()) > 0) wrong.push(`${name} has a dead button: ${await dead.first().textContent()}`)
      }
      await context.close()
      expect(wrong).toEqual([])
      expect(watch).toEqual({ errors: [], origins: [app.origin] })
    }, 30_000)

    test('nor does a page for strangers', async () => {
      const { page, context, watch } = await openPage(browser, { viewport, colorScheme })
      for (const path of staged.strangersPaths) {
        await page.goto(app.origin + path)
        expect([path, await overflows(page)]).toEqual([path, false])
      }
      await context.close()
      expect(watch.origins).toEqual([app.origin])
      expect(watch.errors.filter((error) => !/status of 4(04|10)/.test(error))).toEqual([])
    })
  })
})

test('dark is dark and light is light, whichever the browser or the owner asks for', async () => {
  const brightness = async (colorScheme: (typeof SCHEMES)[number], path = '/sign-in') => {
    const { page, context } = await open({ colorScheme })
    await page.goto(app.origin + path)
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
  for (const chosen of SCHEMES) {
    const session = { user: { id: app.userId, email: '', appearance: chosen }, tokenHash: '', originProofHash: null }
    await app.rooms.identity.humans.setAppearance(session, chosen)
    for (const asked of SCHEMES) expect((await brightness(asked, '/settings')) < 200).toBe(chosen === 'dark')
    await app.rooms.identity.humans.setAppearance(session, 'system')
  }
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
