import { expect, test } from 'bun:test'
import { readdirSync } from 'node:fs'
import { STYLESHEETS } from '../../views/stylesheets.ts'

const folder = new URL('../../views/assets/', import.meta.url).pathname

test('every style sheet on disk is linked by the pages, and none is missing', () => {
  const onDisk = readdirSync(folder).filter((name) => name.endsWith('.css'))
  const linked: string[] = [...STYLESHEETS]
  expect(linked.sort()).toEqual(onDisk.sort())
})

test('no style sheet fetches anything, from us or elsewhere', async () => {
  for (const name of STYLESHEETS) expect(await Bun.file(folder + name).text()).not.toMatch(/url\(|@import|@font-face/)
})
