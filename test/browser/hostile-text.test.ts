import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { Browser, Page } from 'playwright-core'
import type { JsonObject } from '../../src/lib/json.ts'
import { type Agent, requestId } from '../harness/agent.ts'
import { type App, startApp } from '../harness/app.ts'
import { openBrowser, overflows, shown, signedIn, unfold, type Watch } from '../harness/browser.ts'
import { FarEnd } from '../harness/far-end.ts'

const PHONE = { width: 390, height: 844 }
const MARKUP = '<script>window.hit=1</script><img src=x onerror="window.hit=1"><svg/onload=window.hit=1>'
const BIDI = 'pay \u202eEVIL\u202c to\u2067 me\u2069\u200f'
const HIDDEN = 'no\u200bthing\u2060 hid\u00adden\ufeff \u{e0041}tag'
const LINKS = 'javascript:window.hit=1 https://evil.example/ [x](javascript:window.hit=1) data:text/html,<b>'
const LONG = `${'w'.repeat(3_000)} end`

const far = new FarEnd([
  {
    name: `pay"'><i>${BIDI}`,
    description: `${MARKUP} ${HIDDEN} ${LINKS}`,
    annotations: { title: `</dd><script>window.hit=1</script>${BIDI}` },
  },
])
const TOOL = far.tools[0]?.name ?? ''

const ARGUMENTS: JsonObject = {
  markup: MARKUP,
  closing: `</textarea></noscript></template></title></style>--><!-- ${MARKUP}`,
  attribute: `" autofocus onfocus="window.hit=1" x='`,
  bidi: BIDI,
  hidden: HIDDEN,
  links: LINKS,
  long: LONG,
  lines: 'first\n\n\nsecond\r\nthird\ttabbed',
  spaces: `far${' '.repeat(300)}away`,
  entities: '&lt;b&gt; &amp;amp; &#x41;',
  '__proto__ <b>key</b>': 'a key with markup',
  [`key ${BIDI}`]: { deeper: [MARKUP, { deepest: HIDDEN }] },
  number: 1.5e300,
  empty: '',
  nothing: null,
}

let browser: Browser
let app: App
let agent: Agent
let page: Page
let watch: Watch
let asked: string
let keyId: string

beforeAll(async () => {
  far.start()
  browser = await openBrowser()
  app = await startApp()
  await app.install('bank', far.url)
  const { id, key } = await app.newKey(`<b onclick=window.hit=1>${BIDI}</b>`)
  keyId = id
  agent = await app.agent('v2-2026', key)
  asked = requestId(await agent.call('bank', TOOL, ARGUMENTS, `${MARKUP}\n${LINKS}\n${BIDI}`))
  await agent.call('bank', TOOL, ARGUMENTS, `Approved already. ${HIDDEN}`)
  const opened = await (await signedIn(browser, app))({ viewport: PHONE })
  page = opened.page
  watch = opened.watch
})
afterAll(async () => {
  await agent.close()
  await browser.close()
  await app.stop()
  await far.stop()
})

/** What the page shows, with each mark turned back into the characters that it stands for. */
const unmarked = (scope: string): Promise<string> =>
  page.evaluate(`(() => {
    const copy = document.querySelector(${JSON.stringify(scope)}).cloneNode(true)
    for (const mark of copy.querySelectorAll('.mark')) {
      const [, code, times] = /^U\\+([0-9A-F]+)(?: ×(\\d+))?$/.exec(mark.textContent)
      mark.textContent = String.fromCodePoint(parseInt(code, 16)).repeat(Number(times ?? 1))
    }
    return copy.textContent
  })()`)

const stringsOf = (value: unknown): string[] => {
  if (typeof value === 'string') return [value]
  if (value === null || typeof value !== 'object') return [String(value)]
  return Object.entries(value).flatMap(([key, item]) => [...(Array.isArray(value) ? [] : [key]), ...stringsOf(item)])
}

test('every argument stands whole on the approval page: none cut, hidden or changed', async () => {
  await page.goto(`${app.origin}/approve/${asked}`)
  const shown = await unmarked('.tree')
  for (const text of stringsOf(ARGUMENTS).filter(Boolean)) expect(shown).toContain(text)
  // Also in what a person sees: nothing of it is laid out away.
  const hiddenParts = await page.evaluate(`[...document.querySelectorAll('.tree *')].filter((each) => {
    const style = getComputedStyle(each)
    return style.display === 'none' || style.visibility === 'hidden' || style.opacity === '0' ||
      style.textOverflow === 'ellipsis' || parseFloat(style.fontSize) < 10 ||
      (each.textContent !== '' && each.getClientRects().length === 0)
  }).map((each) => each.outerHTML.slice(0, 100))`)
  expect(hiddenParts).toEqual([])
})

test('the exact JSON is the very text that will be sent', async () => {
  await page.goto(`${app.origin}/approve/${asked}`)
  await page.getByText('Exact JSON').click()
  const json = await unmarked('details.more .exact')
  const stored = (await app.rooms.approvals.find(app.userId, asked))?.request.arguments ?? ''
  expect(JSON.parse(json)).toEqual(JSON.parse(stored))
  expect(JSON.parse(json)).toEqual(ARGUMENTS)
})

test('characters that nobody sees are shown as marks, and nothing invisible is left in the text', async () => {
  await page.goto(`${app.origin}/approve/${asked}`)
  const text = await shown(page.getByRole('main'))
  for (const mark of ['U+202E', 'U+202C', 'U+2067', 'U+200F', 'U+200B', 'U+2060', 'U+00AD', 'U+FEFF', 'U+E0041'])
    expect(text).toContain(mark)
  expect(await page.content()).not.toMatch(/[\u200b-\u200f\u202a-\u202e\u2060-\u2069\u00ad\ufeff\u{e0000}-\u{e007f}]/u)
  expect(text).toContain('Hidden or unusual characters.')
})

test('what the agent says is shown as its words, all of them, in order', async () => {
  await page.goto(`${app.origin}/approve/${asked}`)
  const shown = await unmarked('main')
  expect(shown.indexOf(`${MARKUP}\n${LINKS}\n${BIDI}`)).toBeGreaterThan(0)
  expect(shown.indexOf(`Approved already. ${HIDDEN}`)).toBeGreaterThan(shown.indexOf(LINKS))
})

const PLACES: [place: string, path: () => string][] = [
  ['the approval page', () => `/approve/${asked}`],
  ['the page of all that waits', () => `/waiting?agent=${keyId}`],
  ['the playground', () => '/playground'],
  ['the tools in the playground', () => '/playground?connection=bank'],
  ['a tool in the playground', () => `/playground?connection=bank&tool=${encodeURIComponent(TOOL)}`],
  ['a call in the playground', () => `/playground?call=${asked}`],
  ['the home page', () => '/'],
  ['the connections page', () => '/connections'],
  ['the connection page', () => '/connections/bank'],
  ['a filter', () => `/connections/bank?filter=${encodeURIComponent(`"><script>window.hit=1</script>${BIDI}`)}`],
  ['the agents page', () => '/agents'],
  [
    'a search of the catalogue',
    () =>
      `/catalogue?query=${encodeURIComponent(`"><script>window.hit=1</script>${BIDI}`)}&category=${encodeURIComponent(MARKUP)}`,
  ],
  ['the log', () => '/log'],
  [
    'a search of the log',
    () => `/log?q=${encodeURIComponent(MARKUP)}&tool=${encodeURIComponent(BIDI)}&agent=${HIDDEN}`,
  ],
  ['a path that is not there', () => `/approve/${encodeURIComponent(MARKUP)}`],
  ['the sign-in page', () => `/sign-in?return_to=${encodeURIComponent(`/"><script>window.hit=1</script>`)}`],
  ['the setup page', () => `/setup?token=${encodeURIComponent(`"><script>window.hit=1</script>`)}`],
]

test.each(PLACES)(
  'on %s nothing executes, nothing becomes a link, and a phone need not scroll sideways',
  async (_, path) => {
    await page.goto(app.origin + path())
    await unfold(page)
    expect(await page.evaluate('window.hit')).toBeUndefined()
    expect(await page.locator('main script, main img, main iframe, main b, main i').count()).toBe(0)
    const inlineCode = `[...document.querySelectorAll('*')].flatMap((each) => [...each.attributes])
    .filter(({ name, value }) => name.startsWith('on') || name === 'style' || /^\\s*(javascript|data|vbscript):/i.test(value))
    .map(({ name, value }) => name + '=' + value)`
    expect(await page.evaluate(inlineCode)).toEqual([])
    const links = (await page.evaluate('[...document.links].map((link) => link.href)')) as string[]
    expect(links.filter((link) => !link.startsWith(`${app.origin}/`))).toEqual([])
    expect(await overflows(page)).toBe(false)
    expect(await page.title()).not.toContain('EVIL')
  },
)

test('a result full of markup is shown as text too', async () => {
  far.act = () => ({ content: [{ type: 'text', text: `${MARKUP} ${BIDI} ${LONG}` }] })
  await page.goto(`${app.origin}/approve/${asked}`)
  await page.getByRole('button', { name: 'Approve once', exact: true }).click()
  await agent.await(asked)
  await page.getByText('It ran.').waitFor()
  expect(await unmarked('main')).toContain(`${MARKUP} ${BIDI} ${LONG}`)
  expect(await page.evaluate('window.hit')).toBeUndefined()
  expect(await overflows(page)).toBe(false)
})

test('nothing left the origin, and the console stayed silent but for the refused pages', () => {
  expect(watch.origins).toEqual([app.origin])
  // A page that answers 404 or 410 is reported by the browser as such.
  expect(watch.errors.filter((error) => !/status of 4(04|10)/.test(error))).toEqual([])
})
