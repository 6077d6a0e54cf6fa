import { Database } from 'bun:sqlite'
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import type { CallFilter, CallPlace } from '../../src/approvals/approvals.ts'
import { searchCalls } from '../../src/approvals/searching.ts'
import { requestId } from '../harness/agent.ts'
import { type Scene, type Stage, startStage } from '../harness/stage.ts'

let stage: Stage
let scene: Scene

beforeAll(async () => {
  stage = await startStage()
  scene = await stage.scene()
})
afterAll(() => stage.strike())

const search = (text: string, filter: CallFilter = {}, before: CallPlace | null = null) =>
  stage.app.rooms.approvals.history.search(stage.app.userId, filter, text, before)
const found = async (text: string, filter: CallFilter = {}) => (await search(text, filter)).calls.map(({ id }) => id)
/** Calls of one millisecond have no order. */
const next = () => stage.clock.advance(1)

test('a text is found wherever an agent, a server or a person wrote it, but for the result', async () => {
  const shop = await stage.scene([{ name: 'order_tulips' }])
  shop.far.act = () => ({ content: [{ type: 'text', text: 'narcissus' }] })
  const ordered = await shop.ask({ colour: 'crimson' }, 'For the wedding')
  await next()
  const denied = await shop.ask({ colour: 'blue' })
  await stage.person.decide(denied, 'deny', 'Blue tulips do not exist')
  for (const text of ['crimson', 'wedding', '"colour":"crimson"'])
    expect([text, await found(text)]).toEqual([text, [ordered]])
  expect(await found('do not exist')).toEqual([denied])
  for (const text of ['order_tulips', shop.slug, 'agent 2'])
    expect([text, await found(text)]).toEqual([text, [denied, ordered]])
  await stage.person.decide(ordered, 'once')
  await shop.await(ordered)
  expect(await found('narcissus')).toEqual([])
  const refused = requestId(await shop.agent.call(shop.slug, 'order_tulips', { colour: 'green' }))
  expect(await found('green')).toEqual([refused])
})

test('each note of a repeated call is searched', async () => {
  const id = await scene.ask({ n: 'noted' }, 'the first reason')
  await scene.call({ n: 'noted' }, 'another reason')
  expect(await found('first reason')).toEqual([id])
  expect(await found('another REASON')).toEqual([id])
})

test.each([
  ['wildcards of SQLite', '100%_of\\it', ['100% of it', '100 xof it', '100%aof\\it']],
  ['a per cent sign alone', '%done%', ['undone', 'done']],
  ['markup', '<script>alert(1)</script>', ['script alert(1)']],
  ['quotes and a backslash, as a person reads them', 'say "hi\\there"', ['say hi there']],
  ['a line break and a tab', 'first\n\tsecond', ['first second']],
  ['characters that nobody sees', 'pay\u200bpal', ['paypal', 'pay pal']],
  ['characters that turn the text around', '\u202egnp.exe', ['gnp.exe']],
  ['letters beyond ASCII', 'ZÜRICH', ['ZURICH']],
  ['a smiley', '🙂🙂', ['🙃🙂']],
  ['a zero character', 'zero\u0000one', ['zero', 'zeroone']],
  ['an apostrophe', "it's'; drop table requests; --", ['its drop table requests']],
])('%s stand for themselves', async (_, text, others) => {
  const id = await scene.ask({ text: `before ${text} after` })
  for (const other of others) await scene.ask({ text: other, beside: text.length })
  expect(await found(text)).toEqual([id])
  for (const other of await stage.app.rooms.approvals.waiting(stage.app.userId))
    await stage.app.rooms.approvals.decide(stage.app.userId, other.id, { mode: 'deny', reason: null })
})

test('upper and lower case are one', async () => {
  const id = await scene.ask({ to: 'MÜNCHEN', by: 'Train' })
  for (const text of ['münchen', 'MÜNCHEN', 'tRAIN']) expect([text, await found(text)]).toEqual([text, [id]])
})

test('a filter narrows a search', async () => {
  const id = await scene.ask({ word: 'needle' })
  await next()
  const denied = await scene.ask({ word: 'needle', n: 2 })
  await stage.person.decide(denied, 'deny')
  expect(await found('needle')).toEqual([denied, id])
  expect(await found('needle', { ending: 'denied' })).toEqual([denied])
  expect(await found('needle', { connectionSlug: 'nowhere' })).toEqual([])
  expect(await found('needle', { toolName: 'run', decided: 'denied', principalId: scene.keyId })).toEqual([denied])
})

test('arguments that are not kept any more are not found, and their call still is by its other words', async () => {
  const other = await stage.scene([{ name: 'forgotten' }])
  const id = await other.ask({ word: 'ephemeral' })
  await stage.person.decide(id, 'deny')
  const { approvals } = stage.app.rooms
  const day = 24 * 60 * 60_000
  await approvals.setLimits(stage.app.userId, { pendingMs: 60_000, approvedMs: 60_000, keptMs: day })
  await stage.clock.advance(day + 1)
  await approvals.history.prune()
  expect(await found('ephemeral')).toEqual([])
  expect(await found('forgotten')).toEqual([id])
})

describe('a log without end', () => {
  /** Each call takes its time to be looked through; every so many has what is looked for. */
  function endless(costMs: number, every = Number.POSITIVE_INFINITY) {
    const steps: { size: number; ms: number }[] = []
    const look = (before: CallPlace | null, size: number) => {
      const began = performance.now()
      const from = before?.askedAt ?? 1_000_000_000
      while (performance.now() - began < size * costMs);
      steps.push({ size, ms: performance.now() - began })
      return Array.from({ length: size }, (_, i) => {
        const n = from - 1 - i
        return { askedAt: n, id: `id ${n}`, has: n % every === 0 }
      })
    }
    return { look, steps }
  }

  test.each([0.001, 0.02, 0.5, 5])(
    'is searched for a moment only, at %p ms a call, and goes on where it stopped',
    async (costMs) => {
      const { look, steps } = endless(costMs)
      const first = await searchCalls(look, null, 50)
      // A moment of 80 ms, and the step that was under way.
      const spent = steps.reduce((sum, { ms }) => sum + ms, 0)
      expect(spent).toBeLessThan(200)
      expect(first.looked).toBe(steps.reduce((sum, { size }) => sum + size, 0))
      expect(first.backTo).toBe(1_000_000_000 - first.looked)
      expect(first.older).toEqual({ askedAt: first.backTo ?? 0, id: `id ${first.backTo}` })
      const second = await searchCalls(look, first.older, 50)
      expect(second.backTo).toBe((first.backTo ?? 0) - second.looked)
    },
  )

  test('holds up nobody else for longer than a step, however long each call takes', async () => {
    const { look, steps } = endless(2)
    for (let page = 0; page < 2; page++) await searchCalls(look, null, 50)
    // The first step of a page cannot know; the next ones do.
    for (const { size } of steps) expect(size).toBeLessThanOrEqual(10)
    expect(steps.filter(({ size }) => size === 10)).toHaveLength(2)
  })

  test('stops at the fifty first that are found, and loses none of those behind', async () => {
    const { look } = endless(0, 7)
    const first = await searchCalls(look, null, 50)
    const second = await searchCalls(look, first.older, 50)
    const ids = [...first.ids, ...second.ids].map((id) => Number(id.slice(3)))
    expect(ids).toHaveLength(100)
    for (const [i, n] of ids.entries()) if (i > 0) expect(n).toBe((ids[i - 1] ?? 0) - 7)
  })
})

test('a long log is gone through whole, page by page, and all of it is found once', async () => {
  const bulk = await stage.scene([{ name: 'bulk' }])
  const rare = copies(await bulk.ask(), 100_000)
  const ids: string[] = []
  let looked = 0
  let before: CallPlace | null = null
  do {
    const page = await search('needle-in-a-haystack', { toolName: 'bulk' }, before)
    ids.push(...page.calls.map(({ id }) => id))
    looked += page.looked
    before = page.older
  } while (before)
  expect(ids.toSorted()).toEqual(rare.toSorted())
  expect(looked).toBe(100_001)
}, 60_000)

test('a page holds fifty, and the next begins behind the last of them', async () => {
  const made = copies(await scene.ask({ page: 'original' }), 120, 'every-one-of-them')
  const first = await search('every-one-of-them')
  expect(first.calls).toHaveLength(50)
  const second = await search('every-one-of-them', {}, first.older)
  const third = await search('every-one-of-them', {}, second.older)
  const ids = [first, second, third].flatMap(({ calls }) => calls.map(({ id }) => id))
  expect(ids.toSorted()).toEqual(made.toSorted())
})

test.each([
  ['arguments as long as they may be', 'not in there', 150],
  ['and written to be nearly what is looked for, at every place,', `${'x'.repeat(250)}é`, 1_000],
])(
  '%s hold nobody up for longer',
  async (_, text, most) => {
    const long = JSON.stringify({ text: 'x'.repeat(255 * 1024) })
    const wordy = await stage.scene([{ name: 'wordy' }])
    const id = await wordy.ask({ long: true })
    const sqlite = writable()
    sqlite.run('UPDATE requests SET arguments = ? WHERE id = ?', [long, id])
    sqlite.close()
    copies(id, 1_000)
    let longest = 0
    let last = performance.now()
    const look = () => {
      const now = performance.now()
      longest = Math.max(longest, now - last)
      last = now
    }
    const watch = setInterval(look, 1)
    await search(text, { principalId: wordy.keyId })
    clearInterval(watch)
    // Where nobody was served from its beginning to its end.
    look()
    expect(longest).toBeLessThan(most)
  },
  30_000,
)

const writable = () => new Database(join(stage.app.dataDir, 'agentport.db'), { strict: true })

/** Copies of a call, each older than the one before; every so many of them, or each where it is given, holds a text. Ids of those. */
function copies(id: string, count: number, text: string | null = null): string[] {
  const sqlite = writable()
  const columns = (sqlite.query('PRAGMA table_info(requests)').all() as { name: string }[]).map(({ name }) => name)
  const row = sqlite.query('SELECT * FROM requests WHERE id = ?').get(id) as { [column: string]: string | number }
  const insert = sqlite.query(`INSERT INTO requests (${columns}) VALUES (${columns.map(() => '?')})`)
  const withText: string[] = []
  sqlite.run('BEGIN')
  for (let n = 1; n <= count; n++) {
    const has = text !== null || n % 40_000 === 0
    const copy = { ...row, id: `${id.slice(0, 14)}${String(n).padStart(12, '0')}`, asked_at: Number(row.asked_at) - n }
    if (has) {
      withText.push(copy.id)
      Object.assign(copy, { arguments: JSON.stringify({ n, text: text ?? 'needle-in-a-haystack' }) })
    }
    insert.run(...columns.map((name) => (copy as { [column: string]: string | number })[name] ?? null))
  }
  sqlite.run('COMMIT')
  sqlite.close()
  return withText
}
