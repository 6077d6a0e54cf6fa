import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import axe from 'axe-core'
import type { Browser, Page } from 'playwright-core'
import { openBrowser, openPage, signedIn, unfold } from '../harness/browser.ts'
import { type EveryPage, stageEveryPage } from '../harness/every-page.ts'

const SIZES = [
  { width: 1280, height: 900 },
  { width: 768, height: 1024 },
  { width: 390, height: 844 },
]
const SCHEMES = ['light', 'dark'] as const

let browser: Browser
let staged: EveryPage
let open: Awaited<ReturnType<typeof signedIn>>

beforeAll(async () => {
  browser = await openBrowser()
  staged = await stageEveryPage()
  open = await signedIn(browser, staged.app)
})
afterAll(async () => {
  await browser.close()
  await staged.stop()
})

/** What axe holds to be of serious or critical impact, or of moderate: rule and place. */
async function breaches(page: Page): Promise<string[]> {
  await page.evaluate(axe.source)
  return page.evaluate(`axe.run({ resultTypes: ['violations'] }).then(({ violations }) => violations
    .filter(({ impact }) => impact !== 'minor')
    .flatMap(({ id, nodes }) => nodes.map((node) => id + ': ' + node.target.join(' '))))`)
}

describe.each(SIZES)('at $width px', (viewport) => {
  describe.each([...SCHEMES])('%s', (colorScheme) => {
    test('axe finds nothing of moderate impact or worse on any page of a signed-in person', async () => {
      const { page, context } = await open({ viewport, colorScheme })
      const found: string[] = []
      for (const [name, path] of Object.entries(staged.paths)) {
        await page.goto(staged.app.origin + path)
        await unfold(page)
        found.push(...(await breaches(page)).map((breach) => `${name}: ${breach}`))
      }
      await context.close()
      expect(found).toEqual([])
    }, 60_000)

    test('nor on a page for strangers', async () => {
      const { page, context } = await openPage(browser, { viewport, colorScheme })
      const found: string[] = []
      for (const path of staged.strangersPaths) {
        await page.goto(staged.app.origin + path)
        found.push(...(await breaches(page)).map((breach) => `${path}: ${breach}`))
      }
      await context.close()
      expect(found).toEqual([])
    })
  })
})

test('axe does find what is wrong: a picture without words, and grey on grey', async () => {
  const { page, context } = await openPage(browser)
  await page.setContent(
    '<html lang="en"><title>t</title><main><h1>t</h1><img src="data:,"><p style="color:#999;background:#aaa">hardly to be read</p>',
  )
  expect((await breaches(page)).map((breach) => breach.split(':')[0])).toEqual(['color-contrast', 'image-alt'])
  await context.close()
})
