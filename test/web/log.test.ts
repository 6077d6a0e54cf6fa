import { afterAll, beforeAll, expect, test } from 'bun:test'
import { requestId } from '../harness/agent.ts'
import { MINUTE_MS, type Scene, type Stage, startStage } from '../harness/stage.ts'

let stage: Stage
let scene: Scene
let first: string

beforeAll(async () => {
  stage = await startStage()
  scene = await stage.scene()
  first = await scene.ask({ n: 0 })
  await stage.person.decide(first, 'deny')
  await stage.clock.advance(MINUTE_MS)
  await scene.policy('allow')
  for (let n = 0; n < 60; n++) await scene.call({ n })
})
afterAll(() => stage.strike())

async function open(path: string) {
  const answer = await stage.person.get(path)
  const html = (await answer.text()).replaceAll('&amp;', '&')
  const link = (label: string) => new RegExp(`<a class="button" href="([^"]+)">${label}</a>`).exec(html)?.[1] ?? null
  return {
    status: answer.status,
    html,
    calls: [...html.matchAll(/href="\/approve\/([0-9a-z]+)"/g)].map(([, id]) => id),
    older: link('Older'),
    newest: link('Newest'),
    newer: link('Newer'),
    onward: link('Search on'),
    chips: [...html.matchAll(/<a class="chip" href="([^"]+)">(.*?)<\/a>/g)].map(([, href, label = '']) => ({
      href,
      label: label.replace(/<[^>]*>/g, ''),
    })),
  }
}
const minute = (at: number) => new Date(at).toISOString().slice(0, 16)

test('the newest fifty come first, and Older and Newest lead through the rest and back', async () => {
  const page = await open('/log')
  expect(page.calls).toHaveLength(50)
  expect(page.newest).toBeNull()
  const last = await open(page.older ?? '')
  expect(last.calls).toHaveLength(11)
  expect(last.calls.at(-1)).toBe(first)
  expect([last.older, last.newest]).toEqual([null, '/log'])
})

test('Newer leads back page by page, and the newest has none', async () => {
  const second = await open((await open('/log')).older ?? '')
  const back = await open(second.newer ?? '')
  expect(back.calls).toEqual((await open('/log')).calls)
  expect([back.newer, back.newest]).toEqual([null, null])
  expect((await open(back.older ?? '')).calls).toEqual(second.calls)
})

test('a filter stays in the form and in the links', async () => {
  const page = await open(`/log?agent=${scene.keyId}&connection=${scene.slug}&tool=+run+&ending=executed`)
  expect(page.calls).toHaveLength(50)
  expect(page.older).toStartWith(`/log?agent=${scene.keyId}&connection=${scene.slug}&tool=run&ending=executed&before=`)
  expect(page.html).toMatch(new RegExp(`<option value="${scene.keyId}" selected[^>]*>agent 1</option>`))
  expect(page.html).toMatch(/<option value="executed" selected[^>]*>Done<\/option>/)
  expect(page.html).toMatch(/name="tool" [^>]*value="run"/)
  expect((await open(page.older ?? '')).calls).toHaveLength(10)
})

test('what was chosen stands as chips, and each takes away itself alone', async () => {
  const path = `/log?q=n&agent=${scene.keyId}&tool=run&ending=executed&decided=policy&from=2020-01-01T00%3A00`
  const { chips } = await open(path)
  expect(chips.map(({ label }) => label)).toEqual([
    'Without With n',
    'Without By agent 1',
    'Without Tool run',
    'Without Done',
    'Without By policy alone',
    'Without From 2020-01-01 00:00 UTC',
  ])
  for (const [i, name] of ['q', 'agent', 'tool', 'ending', 'decided', 'from'].entries()) {
    const left = new URL(path, 'http://x').searchParams
    left.delete(name)
    expect(chips[i]?.href).toBe(`/log?${left}`)
  }
  expect((await open('/log')).chips).toEqual([])
})

test('today, yesterday and a week are a link away, keep the filter, and say which is shown', async () => {
  const day = (ago: number) =>
    `${new Date(stage.clock.now() - ago * 24 * 60 * MINUTE_MS).toISOString().slice(0, 10)}T00%3A00`
  const ranges = [
    `<a href="/log?tool=run" aria-current="true">All</a>`,
    `<a href="/log?tool=run&from=${day(0)}"`,
    `<a href="/log?tool=run&from=${day(1)}&until=${day(0)}"`,
    `<a href="/log?tool=run&from=${day(6)}"`,
  ]
  const { html } = await open('/log?tool=run')
  for (const range of ranges) expect(html).toContain(range)
  const today = (await open(`/log?tool=run&from=${day(0)}`)).html
  expect(today).toMatch(/aria-current="true"[^>]*>Today<\/a>/)
  expect(today).not.toContain('aria-current="true">All')
})

test('who decided is a filter too', async () => {
  expect((await open('/log?decided=denied')).calls).toEqual([first])
  expect((await open('/log?decided=approved')).calls).toEqual([])
  expect((await open('/log?decided=policy')).calls).toHaveLength(50)
})

test('a text is searched for, and the page says in what and how far', async () => {
  const { calls, html } = await open('/log?q=%22n%22%3A59')
  expect(calls).toHaveLength(1)
  expect(html).toContain('name="q" type="search" value="&quot;n&quot;:59"')
  const text = html.replace(/<[^>]*>/g, '')
  expect(text).toMatch(/Looked through 6\d calls, to the oldest\. In each: tool, connection, agent, arguments/)
  const nothing = await open('/log?q=nowhere-to-be-found')
  expect(nothing.calls).toEqual([])
  expect(nothing.html).toContain('No call has that in it.')
  expect(nothing.onward).toBeNull()
  const page = await open('/log?q=run&tool=run')
  expect(page.calls).toHaveLength(50)
  expect((await open(page.onward ?? '')).calls.length).toBeGreaterThan(9)
})

test('a text of an agent’s choosing is shown as such in the chip, with its hidden characters marked', async () => {
  const { html } = await open(`/log?q=${encodeURIComponent('<b>pay\u200bpal\u202e')}`)
  const chip = /<a class="chip".*?<\/a>/.exec(html)?.[0] ?? ''
  expect(chip).toContain('&lt;b>pay')
  for (const mark of ['U+200B', 'U+202E']) expect(chip).toContain(mark)
  expect(html.replace(/value="[^"]*"|href="[^"]*"/g, '')).not.toMatch(/[\u200b\u202e]/)
})

test('connections that an agent made up are no list without end, hide nothing, and leave those that are there', async () => {
  const liar = await stage.scene()
  for (const slug of ['0\u202eknab', '0pay\u200bpal']) await liar.agent.call(slug, 'run', {})
  for (let n = 0; n < 300; n++) await liar.agent.call(`a${n}`, 'run', {})
  const { html } = await open('/log?connection=%E2%80%AEelsewhere')
  const options = /name="connection">(.*?)<\/select>/s.exec(html)?.[1] ?? ''
  expect(options.match(/<option/g)?.length).toBeLessThan(250)
  for (const slug of [scene.slug, liar.slug]) expect(options).toContain(`>${slug}</option>`)
  for (const marked of ['0[U+202E]knab', '0pay[U+200B]pal', '[U+202E]elsewhere'])
    expect(options).toContain(`>${marked}</option>`)
})

test('how many calls came since is told on the newest page, for the filter that is shown', async () => {
  const { html } = await open('/log?tool=run')
  const news = /hx-get="(\/log\/news[^"]+)"/.exec(html)?.[1] ?? ''
  const told = async () => (await (await stage.person.get(news)).text()).replace(/<[^>]*>/g, '')
  expect(await told()).toBe('')
  const other = await stage.scene([{ name: 'walk' }])
  await stage.clock.advance(1)
  await other.ask({ n: 1 })
  expect(await told()).toBe('')
  await scene.call({ news: 1 })
  expect(await told()).toBe('1 new call')
  for (let n = 0; n < 101; n++) await scene.call({ news: n })
  expect(await told()).toBe('99+ new calls')
  expect((await stage.person.get('/log/news')).status).toBe(400)
  expect((await open((await open('/log')).older ?? '')).html).not.toContain('/log/news')
  expect((await open('/log?q=run')).html).not.toContain('/log/news')
})

test('times are taken as a browser writes them, and as UTC', async () => {
  const { askedAt } = await stage.row(first)
  const [from, next] = [minute(askedAt), minute(askedAt + MINUTE_MS)]
  expect((await open(`/log?ending=denied&from=${from}&until=${next}`)).calls).toEqual([first])
  expect((await open(`/log?ending=denied&from=${next}`)).calls).toEqual([])
  expect((await open(`/log?ending=denied&until=${from}:00`)).calls).toEqual([])
})

test('what nobody could mean is refused in words', async () => {
  for (const query of [
    'ending=gone',
    'from=yesterday',
    'until=2026-13-40T00:00',
    'before=x',
    'before=1.X',
    'before=',
    'after=x',
    'after=',
    'decided=perhaps',
  ]) {
    const page = await open(`/log?${query}`)
    expect([query, page.status]).toEqual([query, 400])
    expect(page.calls).toEqual([])
  }
})

test('a filter that nothing fits says so, and shows what it was', async () => {
  const page = await open('/log?agent=somebody-gone&tool=nothing')
  expect(page.html).toContain('No call is like that.')
  expect(page.html).toMatch(/<option value="somebody-gone" selected[^>]*>somebody-gone<\/option>/)
})

test('it is for people: an agent’s key opens nothing, and a stranger is led to sign in', async () => {
  const byKey = await fetch(`${stage.app.origin}/log`, { headers: { 'x-api-key': scene.key }, redirect: 'manual' })
  expect([byKey.status, byKey.headers.get('location')]).toEqual([303, '/sign-in?return_to=%2Flog'])
})

test('the page of a call is one click away', async () => {
  await stage.clock.advance(1)
  const id = requestId(await scene.call({ last: true }))
  expect((await open('/log')).calls[0]).toBe(id)
  expect((await stage.page(id)).text).toContain('last')
})

test('what a filter finds comes as a file too, all of it, in both formats', async () => {
  const csv = await stage.person.get(`/log/export?format=csv&tool=run`)
  expect(csv.headers.get('content-disposition')).toBe('attachment; filename="agentport-log.csv"')
  const rows = (await csv.text()).trimEnd().split('\r\n')
  expect(rows[0]).toBe(
    'id,asked_at,agent,integration_id,integration_name,tool_name,definition_sha256,state,outcome,is_error,decision_mode,decided_by,decided_at,reason,settled_at,duration_ms,agent_kind',
  )
  expect(rows.length).toBeGreaterThan(60)
  const lines = (await (await stage.person.get('/log/export?format=jsonl&ending=denied')).text()).trimEnd().split('\n')
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { id: first, state: 'denied', decision_mode: 'deny', agent: 'agent 1', tool_name: 'run' },
  ])
  expect(await (await stage.person.get('/log/export?format=jsonl&tool=nothing')).text()).toBe('')
  expect((await stage.person.get('/log/export?format=xlsx')).status).toBe(400)
  const searched = await stage.person.get('/log/export?format=jsonl&q=%22n%22%3A59')
  expect((await searched.text()).trimEnd().split('\n')).toHaveLength(1)
  expect(await (await stage.person.get('/log/export?format=csv&q=nowhere-to-be-found')).text()).toBe(`${rows[0]}\r\n`)
  expect((await open('/log?q=n&tool=run')).html).toContain('href="/log/export?q=n&tool=run&format=csv"')
  expect((await open('/log?tool=run')).html).toContain('href="/log/export?tool=run&format=csv"')
})

test('a spreadsheet takes nothing for a formula that an agent chose, and a row stays a row', async () => {
  const name = '=HYPERLINK("http://evil.example","x"),\n"y"'
  await stage.app.rooms.identity.agents.rename(stage.app.userId, scene.keyId, name, 'operator')
  await scene.call({ formula: true })
  const text = await (await stage.person.get(`/log/export?format=csv&agent=${scene.keyId}`)).text()
  expect(text).toContain(`,"'=HYPERLINK(""http://evil.example"",""x""),\n""y""",`)
  // Where a comma is for decimals, a cell begins at a semicolon.
  for (const slug of ['a;=1+1;b', 'a;\n@SUM(1)', '＝1+1']) await scene.agent.call(slug, 'run', {})
  const there = await (await stage.person.get(`/log/export?format=csv&agent=${scene.keyId}`)).text()
  for (const safe of ["a;'=1+1;b", "a;\n'@SUM(1)", "'＝1+1"]) expect(there).toContain(safe)
  expect(there).not.toMatch(/[;\n][=@＝]/)
  const lines = (await (await stage.person.get(`/log/export?format=jsonl&agent=${scene.keyId}`)).text()).trimEnd()
  expect(lines.split('\n').map((line) => JSON.parse(line).agent)).toContain(name)
})

test('an agent’s key gets no log as a file', async () => {
  const byKey = await fetch(`${stage.app.origin}/log/export?format=csv`, {
    headers: { 'x-api-key': scene.key },
    redirect: 'manual',
  })
  expect(byKey.status).toBe(303)
})
