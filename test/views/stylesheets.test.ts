import { expect, test } from 'bun:test'
import { readdirSync } from 'node:fs'
import { serveAsset } from '../../src/web/assets.ts'

const folder = new URL('../../views/assets/', import.meta.url).pathname
const sheets = readdirSync(folder).filter((name) => name.endsWith('.css'))

test('the pages get one style sheet, and it holds every one that is on disk', async () => {
  const served = (await serveAsset('agentport.css')?.text()) ?? ''
  const missing: string[] = []
  for (const name of sheets) if (!served.includes(await Bun.file(folder + name).text())) missing.push(name)
  expect(missing).toEqual([])
  expect(sheets.length).toBeGreaterThan(5)
})

test('no style sheet fetches anything, from us or elsewhere', async () => {
  for (const name of sheets) expect(await Bun.file(folder + name).text()).not.toMatch(/url\(|@import|@font-face/)
})
