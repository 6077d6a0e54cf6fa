import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { readdirSync } from 'node:fs'
import type { Browser } from 'playwright-core'
import { silentLogger } from '../../src/lib/logger.ts'
import { readConfig, serve } from '../../src/server/server.ts'
import { SPECIMENS } from '../../views/pages/design.tsx'
import { EMAIL, PASSWORD } from '../harness/app.ts'
import { openBrowser, openPage, overflows, signIn } from '../harness/browser.ts'
import { Person } from '../harness/person.ts'
import { tempDir } from '../harness/temp-dir.ts'

const PARTS = readdirSync(new URL('../../views/parts/', import.meta.url).pathname)
  .filter((name) => name.endsWith('.tsx'))
  .map((name) => name.replace('.tsx', ''))

async function started(environment: { NODE_ENV?: string }) {
  const data = tempDir()
  const config = readConfig({ data: data.path, port: '0' }, environment)
  const serving = await serve({ config, masterKey: null, logger: silentLogger })
  await serving.rooms.identity.humans.addUser(EMAIL, PASSWORD, 'operator')
  return { ...serving, stop: () => serving.stop().finally(() => data.remove()) }
}

test('the page of every part shows every part, each in a state at least', () => {
  expect(SPECIMENS.flatMap(({ part }) => part ?? []).sort()).toEqual(PARTS.sort())
  expect(SPECIMENS.filter(({ states }) => states.length === 0)).toEqual([])
})

describe('in development', () => {
  let server: Awaited<ReturnType<typeof started>>
  let browser: Browser
  beforeAll(async () => {
    server = await started({ NODE_ENV: 'development' })
    browser = await openBrowser()
  })
  afterAll(async () => {
    await browser.close()
    await server.stop()
  })

  test.each([1280, 390])('it fits %i pixels and logs no error', async (width) => {
    const { page, context, watch } = await openPage(browser, { viewport: { width, height: 900 } })
    await signIn(page, server, '/design')
    expect(await page.getByRole('heading', { level: 2, name: 'state-badge' }).count()).toBe(1)
    expect(await overflows(page)).toBe(false)
    expect(watch).toEqual({ errors: [], origins: [server.origin] })
    await context.close()
  })
})

test.each(['production', undefined])('with NODE_ENV %p there is no such page', async (NODE_ENV) => {
  const server = await started(NODE_ENV === undefined ? {} : { NODE_ENV })
  const person = await new Person(server.origin, EMAIL, PASSWORD).signIn()
  expect((await person.get('/design')).status).toBe(404)
  await server.stop()
})
