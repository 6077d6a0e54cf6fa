import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { type Browser, chromium, type Page } from 'playwright-core'
import { type Agent, requestId } from '../harness/agent.ts'
import { type App, startApp } from '../harness/app.ts'
import { openBrowser, openPage, signedIn } from '../harness/browser.ts'
import { CHROMIUM_FLAGS, chromiumPath } from '../harness/chromium.ts'
import { until } from '../harness/everything.ts'
import { FarEnd } from '../harness/far-end.ts'
import { tempDir } from '../harness/temp-dir.ts'

const far = new FarEnd([{ name: 'pay' }, { name: 'read' }])
let browser: Browser
let app: App
let agent: Agent
let open: Awaited<ReturnType<typeof signedIn>>

beforeAll(async () => {
  far.start()
  browser = await openBrowser()
  app = await startApp()
  await app.install('bank', far.url)
  agent = await app.agent()
  open = await signedIn(browser, app)
})
afterAll(async () => {
  await agent.close()
  await browser.close()
  await app.stop()
  await far.stop()
})

async function at(path: string): Promise<Page> {
  const { page } = await open()
  await page.goto(app.origin + path)
  return page
}
const active = (page: Page, what: string) => page.evaluate(`document.activeElement.${what}`)
const sheetIsOpen = (page: Page) => page.locator('dialog#shortcuts').isVisible()

describe('keyboard shortcuts', () => {
  test.each([
    ['g h', '/'],
    ['g l', '/log'],
    ['g c', '/connections'],
    ['g p', '/playground'],
    ['g o', '/policies'],
    ['g a', '/agents'],
    ['g s', '/settings'],
  ])('%s leads to %s', async (keys, path) => {
    const page = await at(path === '/' ? '/log' : '/')
    for (const key of keys.split(' ')) await page.keyboard.press(key)
    await page.waitForURL(app.origin + path)
    await page.context().close()
  })

  test('j and k go through a list and Enter opens, / searches', async () => {
    const page = await at('/playground?connection=bank')
    await page.keyboard.press('j')
    await page.keyboard.press('j')
    expect(await active(page, 'textContent')).toContain('read')
    await page.keyboard.press('k')
    await page.keyboard.press('/')
    expect(await active(page, 'type')).toBe('search')
    await page.keyboard.type('gj?')
    expect(await page.getByRole('searchbox').inputValue()).toBe('gj?')
    await page.getByRole('searchbox').blur()
    await page.keyboard.press('j')
    await page.keyboard.press('Enter')
    await page.waitForURL(/tool=pay/)
    await page.context().close()
  })

  test('? opens the sheet, as does the foot of the page, and Escape closes it', async () => {
    const page = await at('/')
    await page.keyboard.press('?')
    expect(await sheetIsOpen(page)).toBe(true)
    await page.keyboard.press('g')
    await page.keyboard.press('l')
    expect(page.url()).toBe(`${app.origin}/`)
    await page.keyboard.press('Escape')
    expect(await sheetIsOpen(page)).toBe(false)
    await page.getByRole('button', { name: 'Keyboard shortcuts' }).click()
    expect(await sheetIsOpen(page)).toBe(true)
    await page.context().close()
  })

  test('none fires in a field, with a modifier, or once they are turned off', async () => {
    const page = await at('/settings')
    await page.getByLabel('The password you have').focus()
    for (const key of ['?', 'g', 'l']) await page.keyboard.press(key)
    await page.locator('body').click({ position: { x: 5, y: 5 } })
    for (const modifier of ['Control', 'Alt', 'Meta']) {
      await page.keyboard.press('g')
      await page.keyboard.press(`${modifier}+l`)
    }
    expect([page.url(), await sheetIsOpen(page)]).toEqual([`${app.origin}/settings`, false])
    await Bun.sleep(1_600)
    await page.keyboard.press('?')
    await page.getByLabel('On in this browser').uncheck()
    await page.getByRole('button', { name: 'Close' }).click()
    await page.reload()
    await page.keyboard.press('g')
    await page.keyboard.press('l')
    await Bun.sleep(300)
    expect(page.url()).toBe(`${app.origin}/settings`)
    await page.keyboard.press('?')
    expect(await page.getByLabel('On in this browser').isChecked()).toBe(false)
    await page.context().close()
  })

  test('no key and no two keys decide a request', async () => {
    const asked = requestId(await agent.call('bank', 'pay', { n: 1 }))
    const page = await at(`/approve/${asked}`)
    for (const first of 'abcdefghijklmnopqrstuvwxyz0123456789/') {
      await page.evaluate('document.activeElement.blur()')
      await page.keyboard.press(first)
      await page.keyboard.press('Enter')
      if (page.url() !== `${app.origin}/approve/${asked}`) await page.goto(`${app.origin}/approve/${asked}`)
    }
    expect((await app.rooms.approvals.find(app.userId, asked))?.request.state).toBe('pending')
    await page.context().close()
  })

  test('the foot of a page is not there without JavaScript', async () => {
    const { page, context } = await open({ javaScriptEnabled: false })
    await page.goto(app.origin)
    expect(await page.getByRole('button', { name: 'Keyboard shortcuts' }).isVisible()).toBe(false)
    await context.close()
  })
})

describe('what the server sends for a part of the page', () => {
  test('leaves the focus on the request it was on, also when another comes before it', async () => {
    const one = await app.agent()
    const first = requestId(await one.call('bank', 'pay', { n: 'first' }))
    const other = await app.agent()
    const { page, context } = await open()
    const live = page.waitForResponse((response) => response.url().endsWith('/home/waiting'))
    await page.goto(app.origin)
    await live
    await page.locator(`a[href="/approve/${first}"]`).focus()
    const second = requestId(await other.call('bank', 'pay', { n: 'second' }))
    await page.locator(`a[href="/approve/${second}"]`).waitFor()
    // Of two agents, in one list, the newest first.
    const order = await page
      .locator('#waiting a.row')
      .evaluateAll((rows) => rows.map((row) => row.getAttribute('href')))
    expect(order.indexOf(`/approve/${second}`)).toBeLessThan(order.indexOf(`/approve/${first}`))
    expect(await active(page, 'getAttribute("href")')).toBe(`/approve/${first}`)
    await one.close()
    await other.close()
    await context.close()
  })

  test('after a click on a row leaves the focus on its button, and the page where it was', async () => {
    const { page, context } = await open({ viewport: { width: 800, height: 300 } })
    await page.goto(`${app.origin}/connections/bank`)
    const deny = page.getByRole('group', { name: 'read' }).getByRole('button', { name: 'Deny' })
    await deny.scrollIntoViewIfNeeded()
    const before = await page.evaluate('scrollY')
    await deny.click()
    await until(async () => (await deny.getAttribute('aria-pressed')) === 'true')
    expect(await active(page, 'value')).toBe('deny')
    expect(await page.evaluate('scrollY')).toBe(before)
    await context.close()
  })
})

describe('a form that takes long', () => {
  /** Holds what is changed until it is let go, and counts. */
  function hold<Room extends object>(room: Room, act: keyof Room & string) {
    const original = room[act] as (...given: unknown[]) => Promise<unknown>
    const { promise, resolve } = Promise.withResolvers<void>()
    const held = { times: 0, letGo: resolve, restore: () => Object.assign(room, { [act]: original }) }
    Object.assign(room, {
      [act]: async (...given: unknown[]) => {
        held.times++
        await promise
        return original.apply(room, given)
      },
    })
    return held
  }

  test('says so after half a second, cannot be sent twice, and is itself again when the page comes back', async () => {
    const held = hold(app.rooms.approvals, 'setLimits')
    const page = await at('/settings')
    const said: string[] = []
    page.on('console', (message) => said.push(message.text()))
    await page.evaluate(`
      const button = document.querySelector('form[action="/settings"] button')
      const root = document.documentElement
      new MutationObserver(() => console.log([button.textContent, button.disabled, root.hasAttribute('data-working')].join()))
        .observe(button, { childList: true, attributes: true })
      setTimeout(() => { for (const _ of [1, 2, 3]) button.click() })
      setTimeout(() => button.form.requestSubmit(), 800)
    `)
    await until(() => said.includes('Working…,true,true'))
    await Bun.sleep(500)
    held.letGo()
    await page.waitForURL(/done=times/)
    held.restore()
    expect(held.times).toBe(1)
    await page.goBack()
    const save = page.getByRole('button', { name: 'Save' })
    await until(() => save.isEnabled())
    await page.context().close()
  })

  test('in a row that is swapped in place comes back to itself too', async () => {
    const held = hold(app.rooms.policy, 'set')
    const page = await at('/connections/bank')
    const allow = page.getByRole('group', { name: 'read' }).getByRole('button', { name: 'Allow' })
    await allow.click({ noWaitAfter: true })
    await until(() => allow.isDisabled())
    held.letGo()
    held.restore()
    await until(async () => (await allow.getAttribute('aria-pressed')) === 'true')
    await until(() => allow.isEnabled())
    expect(await page.evaluate('document.documentElement.hasAttribute("data-working")')).toBe(false)
    await page.context().close()
  })

  test('that is quick says nothing', async () => {
    const page = await at('/settings')
    await page.evaluate(`
      window.said = []
      new MutationObserver(() => said.push(document.body.innerText.includes('Working'))).observe(document.body, { subtree: true, childList: true })
    `)
    await page.getByRole('button', { name: 'Save' }).click()
    await page.waitForURL(/done=times/)
    expect(await page.evaluate('document.body.innerText.includes("Working")')).toBe(false)
    await page.context().close()
  })
})

describe('installed as a program', () => {
  test('Chromium finds nothing that speaks against it', async () => {
    const profile = tempDir()
    const context = await chromium.launchPersistentContext(profile.path, {
      executablePath: chromiumPath(),
      args: CHROMIUM_FLAGS,
    })
    const page = context.pages()[0] ?? (await context.newPage())
    const complaints: string[] = []
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
    })
    await page.goto(`${app.origin}/sign-in`)
    const devtools = await context.newCDPSession(page)
    const manifest = (await devtools.send('Page.getAppManifest')) as unknown as {
      url: string
      errors: unknown[]
      data: string
    }
    expect([manifest.url, manifest.errors]).toEqual([`${app.origin}/manifest.webmanifest`, []])
    const { installabilityErrors } = await devtools.send('Page.getInstallabilityErrors')
    expect(installabilityErrors).toEqual([])
    expect(complaints).toEqual([])
    await context.close()
    profile.remove()
  }, 30_000)

  test('its pictures are what the manifest says, and it says nothing of who is here', async () => {
    const answer = await fetch(`${app.origin}/manifest.webmanifest`)
    const text = await answer.text()
    const { icons } = JSON.parse(text) as { icons: { src: string; sizes: string; type: string }[] }
    const { page, context } = await openPage(browser)
    await page.goto(`${app.origin}/sign-in`)
    for (const { src, sizes, type } of icons) {
      expect((await fetch(app.origin + src)).headers.get('content-type')).toBe(type)
      if (sizes === 'any') continue
      const size = await page.evaluate(
        `(async () => { const image = new Image(); image.src = ${JSON.stringify(src)}; await image.decode(); return image.naturalWidth + 'x' + image.naturalHeight })()`,
      )
      expect([src, size]).toEqual([src, sizes])
    }
    await context.close()
  })
})
