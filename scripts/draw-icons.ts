// The icon as pictures, for where a drawing is not taken: bun scripts/draw-icons.ts, after icon.svg was changed.

import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { CHROMIUM_FLAGS, chromiumPath } from '../test/harness/chromium.ts'

const assets = join(import.meta.dir, '../views/assets')
const drawing = await Bun.file(join(assets, 'icon.svg')).text()
/** To the edges, since the system cuts its own shape; and within the circle that is left of any. */
const full = drawing.replace(/ rx="8"/, '').replace('viewBox="0 0 32 32"', 'viewBox="-5 -5 42 42"')
const ground = '<rect x="-5" y="-5" width="42" height="42" fill="#3949c6"/>'
const maskable = full.replace('<rect', `${ground}<rect`)

const browser = await chromium.launch({ executablePath: chromiumPath(), args: CHROMIUM_FLAGS })
for (const [name, svg, size] of [
  ['icon-192.png', drawing, 192],
  ['icon-512.png', drawing, 512],
  ['icon-maskable.png', maskable, 512],
  ['icon-touch.png', maskable.replace('-5 -5 42 42', '-2 -2 36 36'), 180],
] as const) {
  const page = await browser.newPage({ viewport: { width: size, height: size } })
  await page.setContent(`<style>body{margin:0}svg{display:block;width:100vw;height:100vh}</style>${svg}`)
  await page.screenshot({ path: join(assets, name), omitBackground: true })
  await page.close()
}
await browser.close()
