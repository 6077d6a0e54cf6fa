import { afterEach, beforeEach, expect, test } from 'bun:test'
import { Desk } from '../harness/desk.ts'
import { startEverything } from '../harness/everything.ts'
import { FarEnd } from '../harness/far-end.ts'
import { ModernEnd } from '../harness/modern-end.ts'
import { operatorCommand } from '../harness/operator.ts'
import { allRows } from '../harness/tables.ts'
import { startOAuthStage } from '../upstreams-oauth/oauth-stage.ts'

let desk: Desk
let far: FarEnd
beforeEach(async () => {
  desk = await Desk.open()
  far = new FarEnd([{ name: 'pay' }, { name: 'refund' }]).start()
})
afterEach(async () => {
  await far.stop()
  desk.close()
})

const asStored = { added: 0, changed: 0, gone: 0 }

test('says of each connection whether it works, as what, how many tools it has and whether they are as stored', async () => {
  const everything = await startEverything()
  const modern = new ModernEnd().start()
  await desk.addOwn('bank', far.url)
  await desk.addOwn('everything', everything.url)
  await desk.addOwn('modern', modern.url)
  const before = allRows(desk.data)
  const all = JSON.parse(await desk.ok(['connection', 'test', '--json']))
  expect(all).toMatchObject([
    { id: 'bank', ok: true, protocol: '2025-11-25', tools: 2, definitions: asStored, error: null },
    { id: 'everything', ok: true, protocol: '2025-11-25', definitions: asStored },
    { id: 'modern', ok: true, protocol: '2026-07-28', tools: 1, definitions: asStored },
  ])
  expect(all[0].ms).toBeGreaterThan(0)
  far.tools = [{ name: 'pay', description: 'Pays twice' }, { name: 'lend' }, { name: 'borrow' }]
  expect(await desk.ok(['connection', 'test', 'bank'])).toMatch(
    /^ID +STATE +PROTOCOL +TOOLS +MS +DEFINITIONS\nbank +ok +2025-11-25 +3 +\d+ +2 added, 1 changed, 1 gone\n$/,
  )
  expect(allRows(desk.data)).toEqual(before)
  await modern.stop()
  await everything.stop()
}, 60_000)

test('says what to do about one that does not, ends with 1, and keeps nothing of that either', async () => {
  await desk.addOwn('bank', far.url)
  const add = ['integration', 'add', 'custom', '--as', 'keyed', '--url', far.url, '--allow-private-network']
  await desk.ok([...add, '--token-stdin'], { stdin: 'tok' })
  await desk.ok(['integration', 'add', 'linear', '--oauth'])
  far.refuse = (request) => (request.headers.has('authorization') ? new Response(null, { status: 401 }) : null)
  const before = allRows(desk.data)
  const { code, stdout, stderr } = await desk.admin(['connection', 'test'])
  expect([code, stderr]).toEqual([1, ''])
  expect(stdout).toMatch(/\nbank +ok +2025-11-25 +2 +\d+ +as stored\nkeyed +failed +- +- +\d+ +-\nlinear +failed /)
  expect(stdout).toEndWith(
    'keyed: The server refused the credential (401). Its owner must enter a new one.\nlinear: It needs a sign-in. Its owner enters it here: http://localhost:4747/connections/linear/connect\n',
  )
  await far.stop()
  const gone = await desk.admin(['connection', 'test', 'bank', '--json'])
  expect(gone.code).toBe(1)
  expect(JSON.parse(gone.stdout)).toMatchObject([
    {
      id: 'bank',
      ok: false,
      protocol: null,
      definitions: null,
      error: expect.stringContaining(' cannot be reached'),
    },
  ])
  expect(await desk.refused(['connection', 'test', 'bonk'])).toMatch(/^There is no connection "bonk"\./)
  expect(allRows(desk.data)).toEqual(before)
}, 60_000)

test('with no connection there is nothing to test', async () => {
  expect(await desk.ok(['connection', 'test'])).toBe('There is no connection to test.\n')
  expect(await desk.ok(['connection', 'test', '--json'])).toBe('[]\n')
})

test('uses the sign-in that is stored, beside the server that runs', async () => {
  const stage = await startOAuthStage()
  try {
    const slug = await stage.connected()
    const { stdout, code } = await operatorCommand(stage.app.dataDir, ['admin', 'connection', 'test', slug, '--json'])
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject([{ id: slug, ok: true, tools: 1, definitions: asStored }])
    await stage.call(slug)
    expect(stage.end.accounts).toHaveLength(1)
  } finally {
    await stage.strike()
  }
}, 60_000)

test('a server that hangs is given up, and holds up no other', async () => {
  await desk.addOwn('bank', far.url)
  const slow = new FarEnd().start()
  await desk.addOwn('slow', slow.url)
  slow.refuse = () => new Promise(() => {})
  const { code, stdout } = await desk.admin(['connection', 'test', '--json'])
  expect(code).toBe(1)
  expect(JSON.parse(stdout)).toMatchObject([
    { id: 'bank', ok: true },
    { id: 'slow', ok: false, error: 'The server did not answer in time.' },
  ])
  await slow.stop()
}, 60_000)
