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

test('a filter stays in the form and in the links', async () => {
  const page = await open(`/log?agent=${scene.keyId}&connection=${scene.slug}&tool=+run+&ending=executed`)
  expect(page.calls).toHaveLength(50)
  expect(page.older).toStartWith(`/log?agent=${scene.keyId}&connection=${scene.slug}&tool=run&ending=executed&before=`)
  expect(page.html).toMatch(new RegExp(`<option value="${scene.keyId}" selected[^>]*>agent 1</option>`))
  expect(page.html).toMatch(/<option value="executed" selected[^>]*>Done<\/option>/)
  expect(page.html).toMatch(/name="tool" [^>]*value="run"/)
  expect(page.html).toMatch(/<details class="more" open/)
  expect((await open(page.older ?? '')).calls).toHaveLength(10)
  expect((await open('/log')).html).toMatch(/<details class="more">/)
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
    'id,asked_at,agent,integration_id,integration_name,tool_name,definition_sha256,state,outcome,is_error,decision_mode,decided_by,decided_at,reason,settled_at,duration_ms',
  )
  expect(rows.length).toBeGreaterThan(60)
  const lines = (await (await stage.person.get('/log/export?format=jsonl&ending=denied')).text()).trimEnd().split('\n')
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { id: first, state: 'denied', decision_mode: 'deny', agent: 'agent 1', tool_name: 'run' },
  ])
  expect(await (await stage.person.get('/log/export?format=jsonl&tool=nothing')).text()).toBe('')
  expect((await stage.person.get('/log/export?format=xlsx')).status).toBe(400)
  expect((await open('/log?tool=run')).html).toContain('href="/log/export?tool=run&format=csv"')
})

test('a spreadsheet takes nothing for a formula that an agent chose, and a row stays a row', async () => {
  const name = '=HYPERLINK("http://evil.example","x"),\n"y"'
  await stage.app.rooms.identity.agents.rename(stage.app.userId, scene.keyId, name, 'operator')
  await scene.call({ formula: true })
  const text = await (await stage.person.get(`/log/export?format=csv&agent=${scene.keyId}`)).text()
  expect(text).toContain(`,"'=HYPERLINK(""http://evil.example"",""x""),\n""y""",`)
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
